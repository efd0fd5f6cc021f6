/* See int8.h. Cutting a layer into tiles is layer.c's way; the plain kernels here are what others are tested against.
 */
#include "int8.h"

#include <math.h>
#include <string.h>

#include "mem.h"

enum { LINE = 64 };

#define RK_INT8(name) extern const rk_int8_kernels rk_int8_##name;
#include "int8.def"
#undef RK_INT8

const rk_int8_kernels *const rk_all_int8_kernels[] = {
#define RK_INT8(name) &rk_int8_##name,
#include "int8.def"
#undef RK_INT8
    NULL
};

const rk_int8_kernels *rk_int8_kernels_best(void)
{
    const rk_int8_kernels *best = NULL;

    for (const rk_int8_kernels *const *kernels = rk_all_int8_kernels; *kernels; kernels++)
        if ((*kernels)->supported())
            best = *kernels;
    return best;
}

/* ---- rows ---- */

static int64_t up(int64_t n, int64_t to)
{
    return (n + to - 1) / to * to;
}

size_t rk_int8_rows_bytes(int64_t rows, int64_t k)
{
    return (size_t)(rows * up(k, LINE) + 2 * up(rows * (int64_t)sizeof(float), LINE));
}

rk_int8_rows rk_int8_rows_in(void *memory, int64_t rows, int64_t k)
{
    uint8_t *q = memory, *scale = q + rows * up(k, LINE);

    return (rk_int8_rows){ q, up(k, LINE), (float *)(void *)scale,
                           (int32_t *)(void *)(scale + up(rows * (int64_t)sizeof(float), LINE)) };
}

float rk_int8_begin_row(rk_int8_rows *out, int64_t row, float least, float greatest)
{
    enum { STEPS = 255 };
    float range = greatest - least;

    out->zero[row] = 0;
    if (!(range > 1e-30F) || range == INFINITY) { /* its reciprocal would be no number */
        out->scale[row] = range == INFINITY ? NAN : 0;
        return 0;
    }
    float inverse = STEPS / range;
    out->scale[row] = range / STEPS;
    out->zero[row] = (int32_t)rintf(-least * inverse);
    return inverse;
}

/* ---- plain kernels ---- */

static bool always(void)
{
    return true;
}

static void quantize(rk_int8_rows *out, int64_t row, const float *x, int64_t n)
{
    float least = 0, greatest = 0;

    for (int64_t i = 0; i < n; i++) {
        least = x[i] < least ? x[i] : least;
        greatest = x[i] > greatest ? x[i] : greatest;
    }
    float inverse = rk_int8_begin_row(out, row, least, greatest), zero = (float)out->zero[row];
    for (int64_t i = 0; i < n; i++) {
        float q = rintf(x[i] * inverse) + zero;

        out->q[row * out->ld + i] = (uint8_t)(q > 0 ? q < 255 ? q : 255 : 0);
    }
}

static int32_t sum_of(const rk_int8_tile *t, int row, int64_t j)
{
    const uint8_t *q = t->x.q + row * t->x.ld;
    const int8_t *w = t->w + j / RK_PANEL * t->panel + j % RK_PANEL * RK_INT8_QUAD;
    int32_t sum = -t->x.zero[row] * t->column_sums[j];

    for (int64_t l = 0; l < t->quads * RK_INT8_QUAD; l++)
        sum += q[l] * w[l / RK_INT8_QUAD * LINE + l % RK_INT8_QUAD];
    return sum;
}

static void tile_run(const rk_int8_tile *t, int rows, int panels)
{
    const rk_norm *norm = &t->norm;

    for (int r = 0; r < rows; r++)
        for (int64_t j = 0; j < (int64_t)(panels - 1) * RK_PANEL + t->last; j++) {
            float v = fmaf((float)sum_of(t, r, j), t->x.scale[r] * t->scale[j], t->start[r * t->ld_start + j]);

            if (norm->center)
                v = fmaf(v - norm->center[j], norm->scale[j], norm->shift[j]);
            t->y[r * t->ldy + j] = norm->slope == 1 || v > 0 ? v : norm->slope * v;
        }
}

const rk_int8_kernels rk_int8_plain = {
    .name = "plain",
    .supported = always,
    .rows = 1,
    .few_panels = 1,
    .many_panels = 1,
    .quantize = quantize,
    .tile = tile_run,
};

/* ---- layers ---- */

static int64_t quads_of(int64_t k)
{
    return (k + RK_INT8_QUAD - 1) / RK_INT8_QUAD;
}

/* Rows [first, last) of the kernel. */
static bool pack(rk_int8_layer *layer, int part, const rk_int8_weights *from, int64_t first, int64_t last)
{
    int64_t columns = up(from->n, RK_PANEL), panel = quads_of(last - first) * LINE;
    int8_t *w = layer->w[part] = rk_alloc((size_t)(columns / RK_PANEL * panel), 1);
    int32_t *sums = layer->column_sums[part] = rk_alloc((size_t)columns, sizeof *sums);

    for (int64_t j = 0; w && sums && j < from->n; j++)
        for (int64_t l = first; from->scale[j] > 0 && l < last; l++) {
            int64_t at = (l - first) / RK_INT8_QUAD * LINE + j % RK_PANEL * RK_INT8_QUAD + (l - first) % RK_INT8_QUAD;
            float v = rintf(from->kernel[l * from->n + j] / from->scale[j]);

            w[j / RK_PANEL * panel + at] = (int8_t)v;
            sums[j] += (int32_t)v;
        }
    return w && sums;
}

bool rk_int8_layer_init(rk_int8_layer *layer, const rk_int8_weights *weights)
{
    *layer = (rk_int8_layer){ .k = weights->k,
                              .n = weights->n,
                              .n_first = weights->n_first,
                              .norm = { .slope = 1 },
                              .kernels = rk_int8_kernels_best() };
    layer->scale = rk_alloc((size_t)up(weights->n, RK_PANEL), sizeof *layer->scale);
    if (layer->scale)
        memcpy(layer->scale, weights->scale, (size_t)weights->n * sizeof *layer->scale);
    return layer->scale && pack(layer, 0, weights, 0, weights->n_first) &&
           pack(layer, 1, weights, weights->n_first, weights->k);
}

void rk_int8_layer_clear(rk_int8_layer *layer)
{
    for (int part = 0; part < 2; part++) {
        rk_free(layer->w[part]);
        rk_free(layer->column_sums[part]);
        layer->w[part] = NULL;
        layer->column_sums[part] = NULL;
    }
    rk_free(layer->scale);
    layer->scale = NULL;
}

/* One part of the columns of x for all of y. */
typedef struct portion {
    const rk_int8_layer *layer;
    int part;
    rk_block y;
    rk_int8_rows x;
    const float *start;
    int64_t ld_start;
    bool whole; /* norm and rectifier come after these columns */
} portion;

static void run_group(const portion *p, int64_t j, int panels)
{
    const rk_int8_layer *layer = p->layer;
    const rk_norm *norm = &layer->norm;
    int64_t k = p->part == 0 ? layer->n_first : layer->k - layer->n_first, left = layer->n - j;
    rk_int8_tile tile = { .y = p->y.data + j,
                          .ldy = p->y.ld,
                          .start = p->start + j,
                          .ld_start = p->ld_start,
                          .x = p->x,
                          .quads = quads_of(k),
                          .column_sums = layer->column_sums[p->part] + j,
                          .scale = layer->scale + j,
                          .norm = { .slope = 1 } };

    left -= (int64_t)(panels - 1) * RK_PANEL;
    tile.last = left < RK_PANEL ? left : RK_PANEL;
    tile.panel = tile.quads * LINE;
    tile.w = layer->w[p->part] + j / RK_PANEL * tile.panel;
    if (p->whole) {
        tile.norm.slope = norm->slope;
        if (norm->center)
            tile.norm = (rk_norm){
                .center = norm->center + j, .scale = norm->scale + j, .shift = norm->shift + j, .slope = norm->slope
            };
    }
    for (int64_t r = 0; r < p->y.rows;) {
        int64_t rows = p->y.rows - r < layer->kernels->rows ? p->y.rows - r : layer->kernels->rows;

        layer->kernels->tile(&tile, (int)rows, panels);
        r += rows;
        tile.y += rows * tile.ldy;
        tile.start += rows * tile.ld_start;
        tile.x.q += rows * tile.x.ld;
        tile.x.scale += rows;
        tile.x.zero += rows;
    }
}

static void run(const portion *p, rk_matrix x)
{
    const rk_int8_layer *layer = p->layer;
    int64_t first = p->part == 0 ? 0 : layer->n_first, last = p->part == 0 ? layer->n_first : layer->k;
    int64_t panels = (layer->n + RK_PANEL - 1) / RK_PANEL;
    int64_t most = p->y.rows <= 2 ? layer->kernels->many_panels : layer->kernels->few_panels;
    rk_int8_rows rows = p->x;

    for (int64_t r = 0; r < p->y.rows; r++)
        layer->kernels->quantize(&rows, r, x.data + r * x.ld + first, last - first);
    for (int64_t done = 0; done < panels; done += most)
        run_group(p, done * RK_PANEL, (int)(panels - done < most ? panels - done : most));
}

void rk_int8_layer_begin(const rk_int8_layer *layer, float *start, const float *x, rk_int8_rows room)
{
    run(&(portion){ .layer = layer, .y = { start, layer->n, 1, layer->n }, .x = room, .start = layer->bias },
        (rk_matrix){ x, layer->k, false });
}

void rk_int8_layer_finish(const rk_int8_layer *layer, rk_block y, rk_matrix x, const float *begun, rk_int8_rows room)
{
    portion p = { .layer = layer, .y = y, .x = room, .start = begun ? begun : layer->bias };

    if (!begun && layer->n_first > 0) {
        run(&p, x);
        p.start = y.data;
        p.ld_start = y.ld;
    }
    p.part = 1;
    p.whole = true;
    run(&p, x);
}
