/* The kernel of a tile, written once for any vector: the including file has (best from vec_*.h)
 *
 *   vec, LANES                          a vector register and its floats
 *   VECS                                vectors of a panel: all of it, or its first columns where that is all there is
 *   vec_load(p), vec_all(p)             LANES values from p on; one value in every lane
 *   vec_load_some, vec_store_some       the first n of LANES values, all if n is more, none if it is less than 1
 *   vec_fma(x, y, sum)                  x * y + sum, rounded once
 *   vec_add(x, y), vec_sub(x, y)        x + y, x - y
 *   vec_rectify(v, slope)               v > 0 ? v : slope * v
 *   vec_max(x, y)                       the larger one, y where both are 0
 *
 * Rows, panels and direction are constants wherever tile_run is inlined, so that the loops over them unroll and acc
 * lives in registers; a kernel is one line, TILE(direction, rows, panels). What bounds it is the multiply-adds: per l
 * there are rows * panels * VECS of them and rows + panels * VECS loads.
 */
#include "tile.h"

enum { ACROSS, DOWN };

#define UNROLL(n) _Pragma(UNROLL_TEXT(GCC unroll n))
#define UNROLL_TEXT(text) #text

typedef vec tile_values[RK_TILE_ROWS][RK_TILE_PANELS * VECS];

/* How many of vector v's values are c's: of the last panel some may be missing. */
static inline int64_t tile_left(const rk_tile *t, int panels, int v)
{
    return v / VECS == panels - 1 ? t->last - v % VECS * LANES : LANES;
}

static inline __attribute__((always_inline)) void tile_start(tile_values acc, const rk_tile *t, int rows, int panels)
{
    UNROLL(16)
    for (int r = 0; r < rows; r++)
        UNROLL(16)
    for (int v = 0; v < panels * VECS; v++)
        acc[r][v] = vec_load_some(t->start + r * t->ld_start + v * LANES, tile_left(t, panels, v));
}

/* The i-th of the rows that each start is added to. */
static inline __attribute__((always_inline)) void tile_add(tile_values acc, const rk_tile *t, int rows, int panels,
                                                           int64_t i)
{
    UNROLL(16)
    for (int r = 0; r < rows; r++) {
        const float *row = t->added[r * t->n_added + i] + t->column;

        UNROLL(16)
        for (int v = 0; v < panels * VECS; v++)
            acc[r][v] = vec_add(acc[r][v], vec_load(row + v / VECS * RK_PANEL + v % VECS * LANES));
    }
}

static inline __attribute__((always_inline)) void tile_norm(tile_values acc, const rk_tile *t, int rows, int panels)
{
    UNROLL(16)
    for (int v = 0; v < panels * VECS; v++) {
        int64_t left = tile_left(t, panels, v);
        vec center = vec_load_some(t->center + v * LANES, left), scale = vec_load_some(t->scale + v * LANES, left),
            shift = vec_load_some(t->shift + v * LANES, left);

        UNROLL(16)
        for (int r = 0; r < rows; r++)
            acc[r][v] = vec_fma(vec_sub(acc[r][v], center), scale, shift);
    }
}

/* With a slope of 0 the maximum with -0 has the bits of the product: 0 times what is below 0 is -0. */
static inline __attribute__((always_inline)) void tile_rectify(tile_values acc, const rk_tile *t, int rows, int panels)
{
    static const float below = -0.0F;
    vec zero = vec_all(&below);

    if (t->slope == 0)
        UNROLL(16)
    for (int r = 0; r < rows; r++)
        UNROLL(16) for (int v = 0; v < panels * VECS; v++) acc[r][v] = vec_max(zero, acc[r][v]);
    else UNROLL(16) for (int r = 0; r < rows; r++) UNROLL(16) for (int v = 0; v < panels * VECS; v++) acc[r][v] =
        vec_rectify(acc[r][v], t->slope);
}

static inline __attribute__((always_inline)) void tile_finish(tile_values acc, const rk_tile *t, int rows, int panels)
{
    if (t->center)
        tile_norm(acc, t, rows, panels);
    if (t->rectify)
        tile_rectify(acc, t, rows, panels);
    UNROLL(16)
    for (int r = 0; r < rows; r++)
        UNROLL(16)
    for (int v = 0; v < panels * VECS; v++)
        vec_store_some(t->c + r * t->ldc + v * LANES, tile_left(t, panels, v), acc[r][v]);
}

/* Where a row of the next tile will be. */
static inline __attribute__((always_inline)) void tile_fetch(const float *c, int panels)
{
    UNROLL(16)
    for (int p = 0; p < panels; p++)
        __builtin_prefetch(c + (int64_t)p * RK_PANEL, 1);
}

/* Where c comes from beyond the second-level cache, stores wait for each other. So the lines of the next tile are asked
 * for meanwhile: a row of it at a time, for all at once would stand in the way of what b needs. */
static inline __attribute__((always_inline)) void tile_run(const rk_tile *t, int down, int rows, int panels)
{
    tile_values acc;
    vec line[RK_TILE_PANELS * VECS];
    const float *a = t->a, *b = t->b, *next = t->c + rows * t->ldc;
    int64_t lda = t->lda, ldb = t->ldb, panel = t->panel, part = t->far ? (t->k + rows - 1) / rows : t->k;

    tile_start(acc, t, rows, panels);
    for (int64_t i = 0; i < t->n_added; i++)
        tile_add(acc, t, rows, panels, i);
    for (int64_t left = t->k; left > 0; left -= part, next += t->ldc) {
        if (t->far)
            tile_fetch(next, panels);
        UNROLL(4) for (int64_t l = left < part ? left : part; l > 0; l--)
        {
            UNROLL(16)
            for (int v = 0; v < panels * VECS; v++)
                line[v] = vec_load(b + v / VECS * panel + v % VECS * LANES);
            UNROLL(16) for (int r = 0; r < rows; r++)
            {
                vec x = vec_all(a + (down ? r : r * lda));

                UNROLL(16) for (int v = 0; v < panels * VECS; v++) acc[r][v] = vec_fma(x, line[v], acc[r][v]);
            }
            a += down ? lda : 1;
            b += ldb;
        }
    }
    tile_finish(acc, t, rows, panels);
}

#define TILE(direction, rows, panels)                                                                                  \
    static void direction##_##rows##_##panels(const rk_tile *tile)                                                     \
    {                                                                                                                  \
        tile_run(tile, direction, rows, panels);                                                                       \
    }

/* What bounds every tile: twelve chains of multiply-adds that never leave the registers. Two units with a latency of
 * four cycles (five on some processors) need eight to ten independent ones to be always busy. */
static double tile_peak(uint64_t turns)
{
    /* a = a * x + y settles at y / (1 - x) = 1: neither denormal nor infinite, whatever the number of turns. Volatile,
     * so that the compiler cannot know the values and must do the work. */
    static volatile float scale = 0.5F, shift = 0.5F;
    static volatile float sink;
    enum { CHAINS = 12 };
    float x_value = scale, y_value = shift, sums[LANES];
    vec x = vec_all(&x_value), y = vec_all(&y_value);
    vec a0 = y, a1 = y, a2 = y, a3 = y, a4 = y, a5 = y, a6 = y, a7 = y, a8 = y, a9 = y, a10 = y, a11 = y;

    for (uint64_t i = 0; i < turns; i++) {
        a0 = vec_fma(a0, x, y);
        a1 = vec_fma(a1, x, y);
        a2 = vec_fma(a2, x, y);
        a3 = vec_fma(a3, x, y);
        a4 = vec_fma(a4, x, y);
        a5 = vec_fma(a5, x, y);
        a6 = vec_fma(a6, x, y);
        a7 = vec_fma(a7, x, y);
        a8 = vec_fma(a8, x, y);
        a9 = vec_fma(a9, x, y);
        a10 = vec_fma(a10, x, y);
        a11 = vec_fma(a11, x, y);
        /* All chains compute the same number: without this the compiler keeps one of them. */
        __asm__ volatile(""
                         : "+v"(a0), "+v"(a1), "+v"(a2), "+v"(a3), "+v"(a4), "+v"(a5), "+v"(a6), "+v"(a7), "+v"(a8),
                           "+v"(a9), "+v"(a10), "+v"(a11));
    }
    a0 = vec_fma(a0, a1, vec_fma(a2, a3, vec_fma(a4, a5, a6)));
    a7 = vec_fma(a7, a8, vec_fma(a9, a10, a11));
    vec_store_some(sums, LANES, vec_fma(a0, x, a7));
    sink = sums[0];
    (void)sink;
    return 2.0 * CHAINS * LANES * (double)turns;
}
