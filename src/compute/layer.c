/* See layer.h. Groups of panels are the outer loop, rows the inner one, as in product.c.
 *
 * Which groups: those that take the fewest instructions. Every l costs a tile its multiply-adds and the loads of its
 * rows and panels, and processors that share their front end or read one register's worth a cycle are bound by the sum
 * of both. So six rows of four panels beat eight rows of two by a fifth, and a single row takes as many panels at a
 * time as there are registers.
 */
#include "layer.h"

#include <math.h>

#include "mem.h"

/* Columns [first, last) of x, and what happens to their sums. */
typedef struct portion {
    const rk_layer *layer;
    rk_block y;
    rk_matrix x;
    int64_t first, last;
    rk_layer_start start;
    bool whole; /* norm and rectifier come after these columns */
} portion;

/* ---- groups ---- */

/* Rows of the tallest kernel of so many panels. */
static int tallest(const rk_tiles *tiles, int panels)
{
    int rows = RK_TILE_ROWS;

    while (rows > 0 && tiles->panels[rows - 1] < panels)
        rows--;
    return rows;
}

/* Instructions for each l of so many rows; a tile of few takes as long as its chains wait for themselves. */
static int cost_of(const rk_tiles *tiles, int rows, int panels)
{
    enum { WAIT = 10 };
    int most = tallest(tiles, panels), n = (rows + most - 1) / most, all = rows * panels + rows + n * panels;

    return all > n * WAIT ? all : n * WAIT;
}

/* The number of groups that n panels are dealt to. */
static int64_t cheapest(const rk_tiles *tiles, int rows, int64_t n)
{
    int most = RK_TILE_PANELS;
    int64_t best = n, least = INT64_MAX;

    while (tallest(tiles, most) == 0)
        most--;
    for (int64_t groups = (n + most - 1) / most; groups <= n; groups++) {
        int narrow = (int)(n / groups);
        int64_t n_wide = n % groups, cost = (groups - n_wide) * cost_of(tiles, rows, narrow);

        cost += n_wide > 0 ? n_wide * cost_of(tiles, rows, narrow + 1) : 0;
        best = cost < least ? groups : best;
        least = cost < least ? cost : least;
    }
    return best;
}

void rk_layer_use(rk_layer *layer, const rk_tiles *tiles)
{
    enum { MANY = 48 };

    layer->tiles = tiles;
    for (int i = 0; tiles && i <= RK_TILE_ROWS; i++)
        layer->groups[i] = cheapest(tiles, i < RK_TILE_ROWS ? i + 1 : MANY, (layer->n + RK_PANEL - 1) / RK_PANEL);
}

bool rk_layer_init(rk_layer *layer, const float *kernel, int64_t k, int64_t n)
{
    *layer = (rk_layer){ .k = k, .n = n, .norm = { .slope = 1 } };
    rk_layer_use(layer, rk_tiles_best(n));
    layer->packed = rk_alloc(rk_packed_size(k, n), sizeof *layer->packed);
    if (layer->packed)
        rk_pack(layer->packed, (rk_matrix){ kernel, n, false }, k, n);
    return layer->packed;
}

void rk_layer_clear(rk_layer *layer)
{
    rk_free(layer->packed);
    layer->packed = NULL;
}

/* ---- plain loops ---- */

static float normed(const rk_layer *layer, int64_t j, float sum)
{
    const rk_norm *norm = &layer->norm;
    float v = norm->center ? fmaf(sum - norm->center[j], norm->scale[j], norm->shift[j]) : sum;

    return norm->slope == 1 || v > 0 ? v : norm->slope * v;
}

static void run_plain(const portion *p)
{
    for (int64_t r = 0; r < p->y.rows; r++)
        for (int64_t j = 0; j < p->layer->n; j++) {
            const float *column = p->layer->packed + j / RK_PANEL * RK_PANEL * p->layer->k + j % RK_PANEL;
            float sum = p->start.data[r * p->start.ld + j];

            for (int64_t i = r * p->start.n_added; i < (r + 1) * p->start.n_added; i++)
                sum += p->start.added[i][j];
            for (int64_t l = p->first; l < p->last; l++)
                sum = fmaf(p->x.data[r * p->x.ld + l], column[l * RK_PANEL], sum);
            p->y.data[r * p->y.ld + j] = p->whole ? normed(p->layer, j, sum) : sum;
        }
}

/* ---- tiles ---- */

/* `panels` panels from column j on. */
static void run_group(const portion *p, int64_t j, int panels)
{
    const rk_layer *layer = p->layer;
    const rk_norm *norm = &layer->norm;
    int64_t left = layer->n - j - (int64_t)(panels - 1) * RK_PANEL, most = tallest(layer->tiles, panels);
    int64_t pieces = (p->y.rows + most - 1) / most, rows = p->y.rows / pieces, taller = p->y.rows % pieces;
    rk_tile tile = { .c = p->y.data + j,
                     .ldc = p->y.ld,
                     .last = left < RK_PANEL ? left : RK_PANEL,
                     .start = p->start.data + j,
                     .ld_start = p->start.ld,
                     .added = p->start.added,
                     .n_added = p->start.n_added,
                     .column = j,
                     .a = p->x.data + p->first,
                     .lda = p->x.ld,
                     .b = layer->packed + j * layer->k + p->first * RK_PANEL,
                     .ldb = RK_PANEL,
                     .panel = RK_PANEL * layer->k,
                     .k = p->last - p->first };

    if (p->whole) {
        tile.rectify = norm->slope != 1;
        tile.slope = norm->slope;
        tile.center = norm->center ? norm->center + j : NULL;
        tile.scale = norm->scale ? norm->scale + (norm->center ? j : 0) : NULL;
        tile.shift = norm->shift ? norm->shift + (norm->center ? j : 0) : NULL;
    }
    for (int64_t i = 0; i < pieces; i++) {
        int64_t n = rows + (i < taller);

        layer->tiles->across[n - 1][panels - 1](&tile);
        tile.c += n * tile.ldc;
        tile.start += n * tile.ld_start;
        if (tile.n_added > 0)
            tile.added += n * tile.n_added;
        tile.a += n * tile.lda;
    }
}

static void run(const portion *p)
{
    int64_t panels = (p->layer->n + RK_PANEL - 1) / RK_PANEL;

    if (!p->layer->tiles) {
        run_plain(p);
        return;
    }
    if (p->y.rows == 0)
        return;
    int64_t groups = p->layer->groups[p->y.rows <= RK_TILE_ROWS ? p->y.rows - 1 : RK_TILE_ROWS], j = 0;

    for (int64_t i = 0; i < groups; i++) {
        int64_t n = panels / groups + (i < panels % groups);

        run_group(p, j * RK_PANEL, (int)n);
        j += n;
    }
}

void rk_layer_begin(const rk_layer *layer, rk_block y, rk_matrix x, int64_t last, rk_layer_start start)
{
    run(&(portion){ .layer = layer, .y = y, .x = x, .last = last, .start = start });
}

void rk_layer_finish(const rk_layer *layer, rk_block y, rk_matrix x, int64_t first, rk_layer_start start)
{
    run(&(portion){ .layer = layer, .y = y, .x = x, .first = first, .last = layer->k, .start = start, .whole = true });
}
