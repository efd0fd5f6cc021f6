/* Products cut into tiles. Groups of panels are the outer loop, rows the inner one: the panels of b stay in the
 * first-level cache while a streams past them.
 *
 * Packed b needs no more. Otherwise k is cut into parts; each starts from what the last one wrote, which is the same
 * chain (see rk_product). Where b is transposed, its rows straddle cache lines, or a panel lacks columns, a part of it
 * is packed on the stack first.
 */
#include <assert.h>
#include <stdint.h>

#include "tile.h"

enum { PART_K = 128 };

#define RK_TILES(name) extern const rk_tiles rk_tiles_##name;
#include "tiles.def"
#undef RK_TILES

const rk_tiles *const rk_all_tiles[] = {
#define RK_TILES(name) &rk_tiles_##name,
#include "tiles.def"
#undef RK_TILES
    NULL
};

const rk_tiles *rk_tiles_best(int64_t columns)
{
    const rk_tiles *best = NULL;

    for (const rk_tiles *const *tiles = rk_all_tiles; *tiles; tiles++)
        if ((*tiles)->supported() && ((*tiles)->columns == 0 || columns <= (*tiles)->columns))
            best = *tiles;
    return best;
}

/* Some neighbouring panels of c. */
typedef struct group {
    const rk_product *product;
    const rk_tiles *tiles;
    int64_t column, cols; /* of c */
    int panels;
    bool direct;  /* whole panels of b are read where they are */
    rk_tile tile; /* of its first row, but for the number of rows */
} group;

static int64_t least(int64_t x, int64_t y)
{
    return x < y ? x : y;
}

/* The share of piece i when n things are dealt to `pieces` as evenly as they go. */
static int64_t dealt(int64_t n, int64_t pieces, int64_t i)
{
    return n * (i + 1) / pieces - n * i / pieces;
}

/* Rows of the tallest kernel of so many panels. */
static int tallest(const rk_tiles *tiles, int panels)
{
    int rows = RK_TILE_ROWS;

    while (rows > 0 && tiles->panels[rows - 1] < panels)
        rows--;
    return rows;
}

static void run_rows(const group *g)
{
    const rk_product *p = g->product;
    rk_tile tile = g->tile;
    int64_t m = p->c.rows, most = tallest(g->tiles, g->panels), n = (m + most - 1) / most;

    for (int64_t i = 0; i < n; i++) {
        int rows = (int)dealt(m, n, i);

        (p->a.transposed ? g->tiles->down : g->tiles->across)[rows - 1][g->panels - 1](&tile);
        tile.c += rows * tile.ldc;
        tile.start += rows * tile.ld_start;
        tile.a += rows * (p->a.transposed ? 1 : tile.lda);
    }
}

/* k in parts: so many rows of some panels fit the first-level cache or, where b may not be read where it is, a buffer.
 */
static void run_parts(group *g)
{
    const rk_product *p = g->product;
    _Alignas(64) float buffer[PART_K * RK_TILE_PANELS * RK_PANEL];
    int64_t a_step = p->a.transposed ? p->a.ld : 1, b_step = p->b.transposed ? 1 : p->b.ld;
    rk_matrix b = { p->b.data + g->column * (p->b.transposed ? p->b.ld : 1), p->b.ld, p->b.transposed };

    for (int64_t l = 0; l == 0 || l < p->k; l += PART_K, b.data += PART_K * b_step) {
        g->tile.k = least(PART_K, p->k - l);
        g->tile.rectify = p->rectify && l + g->tile.k == p->k;
        g->tile.b = b.data;
        if (!g->direct) {
            rk_pack(buffer, b, g->tile.k, g->cols);
            g->tile.b = buffer;
            g->tile.ldb = RK_PANEL;
            g->tile.panel = g->tile.k * RK_PANEL;
        }
        run_rows(g);
        g->tile.a += PART_K * a_step;
        g->tile.start = g->tile.c;
        g->tile.ld_start = g->tile.ldc;
    }
    g->tile.b = NULL; /* the buffer is gone */
}

static void run_group(group *g)
{
    static const float zeros[RK_TILE_PANELS * RK_PANEL];
    const rk_product *p = g->product;
    float *c = p->c.data + g->column;

    g->tile = (rk_tile){ .c = c,
                         .ldc = p->c.ld,
                         .last = g->cols - (int64_t)(g->panels - 1) * RK_PANEL,
                         .start = p->add     ? c
                                  : p->start ? p->start + g->column
                                             : zeros,
                         .ld_start = p->add ? p->c.ld : 0,
                         .a = p->a.data,
                         .lda = p->a.ld,
                         .b = p->packed ? p->packed + g->column * p->k : p->b.data + g->column,
                         .ldb = p->packed ? RK_PANEL : p->b.ld,
                         .panel = p->packed ? RK_PANEL * p->k : RK_PANEL,
                         .k = p->k,
                         .rectify = p->rectify,
                         .slope = p->slope,
                         .far = true };
    if (p->packed)
        run_rows(g);
    else
        run_parts(g);
}

/* How many groups n panels make, for so many rows. Kernels that fill as many registers with one panel more and fewer
 * rows save the narrow groups that would be left over, for which a is read as often as for full ones. */
static int64_t groups_of(const rk_tiles *tiles, int64_t rows, int64_t n)
{
    int most = tiles->panels[least(rows, tallest(tiles, 1)) - 1];
    bool wider = tallest(tiles, most + 1) * (most + 1) >= tallest(tiles, most) * most;
    int64_t groups = (n + most - 1) / most, fewest = (n + most) / (most + 1);

    return wider ? n / most > fewest ? n / most : fewest : groups;
}

/* Panels column / RK_PANEL on, n of them. */
static void run_panels(group *g, int64_t n)
{
    int64_t pieces = groups_of(g->tiles, g->product->c.rows, n);

    for (int64_t i = 0; i < pieces; i++) {
        g->panels = (int)dealt(n, pieces, i);
        g->cols = least((int64_t)g->panels * RK_PANEL, g->product->c.cols - g->column);
        run_group(g);
        g->column += g->cols;
    }
}

/* Whether panels of b may be read where they are. Rows that straddle cache lines cost two reads each time, and a last
 * panel that is not whole would be a narrow group of its own: with many rows of a, moving b once is cheaper. */
static bool reads_direct(const rk_product *p)
{
    enum { MANY = 64 };
    bool on_lines = p->b.ld % RK_PANEL == 0 && (uintptr_t)p->b.data % (RK_PANEL * sizeof(float)) == 0;
    bool whole = p->c.cols % RK_PANEL == 0;

    return !p->b.transposed && ((on_lines && whole) || p->c.rows < MANY);
}

void rk_product_tiled(const rk_product *product, const rk_tiles *tiles)
{
    int64_t n = product->c.cols;
    int64_t whole = n / RK_PANEL, all = (n + RK_PANEL - 1) / RK_PANEL;
    group g = { .product = product, .tiles = tiles };

    assert(!(product->add && product->start) && product->slope >= 0 && product->slope <= 1);
    if (product->c.rows == 0)
        return;
    if (product->packed || !reads_direct(product)) {
        run_panels(&g, all);
        return;
    }
    g.direct = true;
    run_panels(&g, whole);
    g.direct = false; /* kernels read whole panels */
    run_panels(&g, all - whole);
}
