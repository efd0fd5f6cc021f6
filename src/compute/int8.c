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

/* ---- plain kernels ---- */

static bool always(void)
{
    return true;
}

static int32_t sum_of(const rk_int8_tile *t, int row, int64_t j)
{
    const uint8_t *q = t->x.data + row * t->x.ld;
    const int8_t *w = t->w + j / RK_PANEL * t->panel + j % RK_PANEL * RK_INT8_QUAD;
    uint32_t sum = (uint32_t)t->start[j]; /* of which only the end fits 32 bits for certain */

    for (int64_t l = 0; l < t->quads * RK_INT8_QUAD; l++)
        sum += (uint32_t)(q[l] * w[l / RK_INT8_QUAD * LINE + l % RK_INT8_QUAD]);
    return (int32_t)sum;
}

static void finish(const rk_int8_tile *t, int64_t row, int64_t j, int32_t sum)
{
    float v = fmaf((float)sum, t->scale[j], t->shift[j]);

    v = t->slope == 1 || v > 0 ? v : t->slope * v;
    if (t->result == RK_INT8_FLOATS) {
        t->y.floats[row * t->ldy + j] = v;
        return;
    }
    v = t->zero ? v + t->zero[j] : v;
    t->y.bytes[row * t->ldy + j] = (uint8_t)(v > 0 ? v < 255 ? rintf(v) : 255 : 0);
}

static void tile_run(const rk_int8_tile *t, int rows, int panels)
{
    for (int r = 0; r < rows; r++)
        for (int64_t j = 0; j < (int64_t)(panels - 1) * RK_PANEL + t->last; j++) {
            int32_t sum = sum_of(t, r, j);

            if (t->result == RK_INT8_SUMS)
                t->y.sums[j] = sum;
            else
                finish(t, r, j, sum);
        }
}

const rk_int8_kernels rk_int8_plain = {
    .name = "plain",
    .supported = always,
    .rows = { 1 },
    .row_panels = 1,
    .panels = 1,
    .tile = tile_run,
};

/* ---- layers ---- */

static int64_t up(int64_t n, int64_t to)
{
    return (n + to - 1) / to * to;
}

static int64_t panel_bytes(const rk_int8_layer *layer)
{
    return up(layer->k, RK_INT8_QUAD) / RK_INT8_QUAD * LINE;
}

static void pack(rk_int8_layer *layer, const rk_int8_weights *from)
{
    for (int64_t j = 0; j < from->n; j++) {
        int8_t *panel = layer->w + j / RK_PANEL * panel_bytes(layer) + j % RK_PANEL * RK_INT8_QUAD;
        uint32_t sum = 0;

        for (int64_t l = 0; l < from->k; l++) {
            int8_t w = from->w[l * from->n + j];

            panel[l / RK_INT8_QUAD * LINE + l % RK_INT8_QUAD] = w;
            sum -= (uint32_t)(from->zero[l] * w);
        }
        layer->start[j] = (int32_t)sum;
    }
}

bool rk_int8_layer_init(rk_int8_layer *layer, const rk_int8_weights *weights)
{
    size_t columns = (size_t)up(weights->n, RK_PANEL);

    *layer = (rk_int8_layer){ .k = weights->k, .n = weights->n, .slope = 1, .kernels = rk_int8_kernels_best() };
    layer->w = rk_alloc(columns / RK_PANEL * (size_t)panel_bytes(layer), 1);
    layer->start = rk_alloc(columns, sizeof *layer->start);
    layer->scale = rk_alloc(columns, sizeof *layer->scale);
    layer->shift = rk_alloc(columns, sizeof *layer->shift);
    layer->zero = rk_alloc(columns, sizeof *layer->zero);
    if (!layer->w || !layer->start || !layer->scale || !layer->shift || !layer->zero)
        return false;
    pack(layer, weights);
    return true;
}

void rk_int8_layer_clear(rk_int8_layer *layer)
{
    rk_free(layer->w);
    rk_free(layer->start);
    rk_free(layer->scale);
    rk_free(layer->shift);
    rk_free(layer->zero);
    *layer = (rk_int8_layer){ 0 };
}

/* Can no sum leave the integers of 32 bits on its way to a byte? */
static bool stays_small(const rk_int8_layer *layer)
{
    for (int64_t j = 0; j < layer->n; j++)
        if (!(fabsf(layer->scale[j]) <= 0.25F && fabsf(layer->shift[j]) <= 1 << 30))
            return false;
    return true;
}

/* Without a rectifier zero points are part of the shift; one of slope 0 is the bound of bytes where they are all 0. */
static void settle_zero(rk_int8_layer *layer)
{
    bool none = true;

    for (int64_t j = 0; j < layer->n && layer->slope == 1; j++) {
        layer->shift[j] += layer->zero[j];
        layer->zero[j] = 0;
    }
    for (int64_t j = 0; j < layer->n; j++)
        none = none && layer->zero[j] == 0;
    if (layer->slope == 0 && none)
        layer->slope = 1;
    layer->plain = layer->slope == 1 && stays_small(layer);
}

void rk_int8_layer_follow(rk_int8_layer *layer, const rk_int8_follow *follow)
{
    const rk_norm *norm = &follow->norm;

    layer->result = follow->y_scale ? RK_INT8_BYTES : RK_INT8_FLOATS;
    layer->slope = norm->slope;
    for (int64_t j = 0; j < layer->n; j++) {
        double scale = (double)follow->scale[j], shift = (double)follow->bias[j];

        if (norm->center) {
            scale *= (double)norm->scale[j];
            shift = (shift - (double)norm->center[j]) * (double)norm->scale[j] + (double)norm->shift[j];
        }
        double by = follow->y_scale ? 1 / (double)follow->y_scale[j] : 1;
        layer->scale[j] = (float)(scale * by);
        layer->shift[j] = (float)(shift * by);
        layer->zero[j] = follow->y_scale ? (float)follow->y_zero[j] : 0;
    }
    if (layer->result == RK_INT8_BYTES)
        settle_zero(layer);
}

/* ---- tiles ---- */

/* What tiles of a layer have in common; y is that of the first column. */
static rk_int8_tile tile_of(const rk_int8_layer *layer, int64_t first, int64_t last)
{
    return (rk_int8_tile){ .result = layer->result,
                           .w = layer->w + first / RK_INT8_QUAD * LINE,
                           .panel = panel_bytes(layer),
                           .quads = up(last - first, RK_INT8_QUAD) / RK_INT8_QUAD,
                           .start = layer->start,
                           .scale = layer->scale,
                           .shift = layer->shift,
                           .zero = layer->plain ? NULL : layer->zero,
                           .slope = layer->slope };
}

static size_t value_bytes(rk_int8_result result)
{
    return result == RK_INT8_BYTES ? 1 : sizeof(float);
}

/* y moved by so many values. */
static void move_y(rk_int8_tile *tile, int64_t by)
{
    tile->y.bytes += by * (int64_t)value_bytes(tile->result); /* whichever it is, it is the same address */
}

/* The share of piece i when n things are dealt to `pieces` as evenly as they go. */
static int dealt(int64_t n, int64_t pieces, int64_t i)
{
    return (int)(n * (i + 1) / pieces - n * i / pieces);
}

/* All rows of some panels. */
static void run_panels(const rk_int8_layer *layer, rk_int8_tile tile, int64_t n_rows, int panels)
{
    int64_t most = n_rows == 1 ? 1 : layer->kernels->rows[panels - 1], pieces = (n_rows + most - 1) / most;
    int64_t each = n_rows / pieces, taller = n_rows % pieces;

    for (int64_t i = 0; i < pieces; i++) {
        int rows = (int)(each + (i < taller));

        layer->kernels->tile(&tile, rows, panels);
        move_y(&tile, rows * tile.ldy);
        tile.x.data += rows * tile.x.ld;
    }
}

static void run(const rk_int8_layer *layer, rk_int8_tile tile, int64_t n_rows)
{
    int64_t panels = up(layer->n, RK_PANEL) / RK_PANEL;
    int64_t most = n_rows == 1 ? layer->kernels->row_panels : layer->kernels->panels;
    int64_t pieces = (panels + most - 1) / most, left = layer->n;

    for (int64_t i = 0; i < pieces; i++) {
        int some = dealt(panels, pieces, i);
        int64_t columns = some * (int64_t)RK_PANEL;

        tile.last = left >= columns ? RK_PANEL : left - columns + RK_PANEL;
        run_panels(layer, tile, n_rows, some);
        left -= columns;
        move_y(&tile, columns);
        tile.w += some * tile.panel;
        tile.start += columns;
        tile.scale += columns;
        tile.shift += columns;
        tile.zero = tile.zero ? tile.zero + columns : NULL; /* nothing is added to no pointer */
    }
}

void rk_int8_layer_begin(const rk_int8_layer *layer, int32_t *sums, const uint8_t *x, int64_t first)
{
    rk_int8_tile tile = tile_of(layer, 0, first);

    tile.result = RK_INT8_SUMS;
    tile.y.sums = sums;
    tile.x = (rk_bytes){ (uint8_t *)(uintptr_t)x, layer->k }; /* only read */
    run(layer, tile, 1);
}

void rk_int8_layer_finish(const rk_int8_layer *layer, const rk_int8_rows *rows, int64_t first, const int32_t *sums)
{
    rk_int8_tile tile = tile_of(layer, first, layer->k);

    if (layer->result == RK_INT8_BYTES)
        tile.y.bytes = rows->bytes;
    else
        tile.y.floats = rows->floats;
    tile.ldy = rows->ldy;
    tile.x = (rk_bytes){ rows->x.data + first, rows->x.ld };
    tile.start = sums ? sums : layer->start;
    if (rows->n > 0)
        run(layer, tile, rows->n);
}
