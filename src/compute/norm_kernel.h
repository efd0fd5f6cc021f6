/* Batch norm with its rectifier, written once for any vector: the including file has included one of vec_*.h.
 *
 * Rows are walked one after the other, columns from left to right: the rows of a piece are one stretch of memory
 * mostly, and walked straight through they are fetched ahead by the processor; several rows side by side, or columns
 * downwards, are not. What belongs to a column (a few hundred values) stays in the first-level cache.
 *
 * Sums over the batch are doubles. Forward, every term is: E[x^2] - m^2 cancels, and the first layers' variance is tiny
 * at the start of a run. Backward, where nothing of the kind happens, BAND rows are summed in float first, which halves
 * the work. Each column is summed by itself, so bits do not depend on the vector.
 *
 * Each pass is a function of the columns c .. c + left - 1 of a row, at most LANES of them, which is inlined twice: for
 * a whole vector and for what is left of a row.
 */
#include <string.h>

#include "norm.h"
#include "prefetch.h"

enum { BAND = 16, WIDTH = 256 }; /* rows and columns that float sums are made of */
enum { TALL = 8 };               /* rows that double sums are kept in registers for */

#define INLINE static inline __attribute__((always_inline))

/* sums[0 .. LANES - 1] += what the two halves hold, as far as there are columns. */
INLINE void add_doubles(double *sums, int64_t left, vec_double first, vec_double second)
{
    double v[LANES];

    if (left >= LANES) {
        vec_double_store(sums, vec_double_add(vec_double_load(sums), first));
        vec_double_store(sums + LANES / 2, vec_double_add(vec_double_load(sums + LANES / 2), second));
        return;
    }
    vec_double_store(v, first);
    vec_double_store(v + LANES / 2, second);
    for (int64_t i = 0; i < left; i++)
        sums[i] += v[i];
}

/* Columns c .. of n rows; n is a constant wherever this is inlined. */
INLINE void moments_columns(double *sums, const rk_block *x, int64_t r, int n, int64_t c, int64_t left)
{
    const float *p = x->data + r * x->ld + c;
    vec_double s0 = vec_double_zero(), s1 = s0, q0 = s0, q1 = s0;

    for (int i = 0; i < n; i++) {
        vec v = vec_load_some(p + i * x->ld, left);
        vec_double a = vec_low(v), b = vec_high(v);

        s0 = vec_double_add(s0, a);
        s1 = vec_double_add(s1, b);
        q0 = vec_double_fma(a, a, q0);
        q1 = vec_double_fma(b, b, q1);
    }
    add_doubles(sums + c, left, s0, s1);
    add_doubles(sums + x->cols + c, left, q0, q1);
}

/* Rows r .. r + n - 1, which a product has just written. */
INLINE void moments_band(double *sums, const rk_block *x, int64_t r, int n)
{
    int64_t c = 0;

    for (; c + LANES <= x->cols; c += LANES)
        moments_columns(sums, x, r, n, c, LANES);
    if (c < x->cols)
        moments_columns(sums, x, r, n, c, x->cols - c);
}

static void moments(double *sums, rk_block x)
{
    int64_t r = 0;

    for (; r + TALL <= x.rows; r += TALL)
        moments_band(sums, &x, r, TALL);
    for (; r < x.rows; r++)
        moments_band(sums, &x, r, 1);
}

/* What some columns of one row of x become. */
typedef struct normed {
    vec centered, value; /* x - center; v */
} normed;

INLINE normed norm_columns(const float *x, const rk_norm *norm, int64_t c, int64_t left)
{
    normed v;

    v.centered = vec_sub(vec_load_some(x + c, left), vec_load_some(norm->center + c, left));
    v.value = vec_fma(v.centered, vec_load_some(norm->scale + c, left), vec_load_some(norm->shift + c, left));
    return v;
}

/* g where v is positive, else slope * g */
INLINE vec rectified(vec g, vec v, vec slope)
{
    return vec_where_positive(v, g, vec_mul(g, slope));
}

INLINE void forward_columns(float *y, const float *x, const rk_norm *norm, int64_t c, int64_t left)
{
    vec v = norm_columns(x, norm, c, left).value;

    rk_fetch_ahead(x + c);
    vec_store_some(y + c, left, rectified(v, v, vec_all(&norm->slope)));
}

static void forward(rk_block y, rk_block x, const rk_norm *norm)
{
    for (int64_t r = 0; r < y.rows; r++) {
        float *to = y.data + r * y.ld;
        const float *from = x.data + r * x.ld;
        int64_t c = 0;

        for (; c + LANES <= y.cols; c += LANES)
            forward_columns(to, from, norm, c, LANES);
        if (c < y.cols)
            forward_columns(to, from, norm, c, y.cols - c);
    }
}

/* Sums of some rows. */
typedef struct band_sums {
    _Alignas(64) float g[WIDTH], gx[WIDTH];
} band_sums;

INLINE void add_columns(band_sums *sums, vec dy, normed v, float slope, int64_t c)
{
    vec g = rectified(dy, v.value, vec_all(&slope));

    vec_store_some(sums->g + c, LANES, vec_add(vec_load(sums->g + c), g));
    vec_store_some(sums->gx + c, LANES, vec_fma(g, v.centered, vec_load(sums->gx + c)));
}

static void add_row(band_sums *sums, const float *dy, const float *x, const rk_norm *norm, int64_t n)
{
    int64_t c = 0;

    for (; c + LANES <= n; c += LANES) {
        rk_fetch_ahead(x + c);
        add_columns(sums, vec_load(dy + c), norm_columns(x, norm, c, LANES), norm->slope, c);
    }
    if (c < n)
        add_columns(sums, vec_load_some(dy + c, n - c), norm_columns(x, norm, c, n - c), norm->slope, c);
}

static void add_band(double *sums, const float *band, int64_t n)
{
    for (int64_t c = 0; c < n; c += LANES) {
        vec v = vec_load(band + c);

        add_doubles(sums + c, n - c, vec_low(v), vec_high(v));
    }
}

/* Columns first .. first + n - 1, at most WIDTH of them. */
static void norm_moments_columns(double *sums, rk_block dy, rk_block x, const rk_norm *norm, int64_t first)
{
    int64_t n = x.cols - first < WIDTH ? x.cols - first : WIDTH;
    rk_norm columns = {
        .center = norm->center + first, .scale = norm->scale + first, .shift = norm->shift + first, .slope = norm->slope
    };

    for (int64_t begin = 0; begin < x.rows; begin += BAND) {
        band_sums band;

        memset(&band, 0, sizeof band);
        for (int64_t r = begin; r < begin + BAND && r < x.rows; r++)
            add_row(&band, dy.data + r * dy.ld + first, x.data + r * x.ld + first, &columns, n);
        add_band(sums + first, band.g, n);
        add_band(sums + x.cols + first, band.gx, n);
    }
}

static void norm_moments(double *sums, rk_block dy, rk_block x, const rk_norm *norm)
{
    for (int64_t c = 0; c < x.cols; c += WIDTH)
        norm_moments_columns(sums, dy, x, norm, c);
}

typedef struct backward_row {
    float *dx;
    const float *dy, *x;
    bool add;
} backward_row;

INLINE void backward_columns(const backward_row *row, const rk_norm *norm, int64_t c, int64_t left)
{
    normed v = norm_columns(row->x, norm, c, left);
    vec g = rectified(vec_load_some(row->dy + c, left), v.value, vec_all(&norm->slope));
    vec d = vec_fma(vec_load_some(norm->by_x + c, left), v.centered, vec_load_some(norm->constant + c, left));

    rk_fetch_ahead(row->x + c);
    rk_fetch_ahead(row->dy + c);
    d = vec_fma(vec_load_some(norm->scale + c, left), g, d);
    vec_store_some(row->dx + c, left, row->add ? vec_add(vec_load_some(row->dx + c, left), d) : d);
}

static void backward(rk_block dx, rk_block dy, rk_block x, const rk_norm *norm, bool add)
{
    for (int64_t r = 0; r < dx.rows; r++) {
        backward_row row = { dx.data + r * dx.ld, dy.data + r * dy.ld, x.data + r * x.ld, add };
        int64_t c = 0;

        for (; c + LANES <= dx.cols; c += LANES)
            backward_columns(&row, norm, c, LANES);
        if (c < dx.cols)
            backward_columns(&row, norm, c, dx.cols - c);
    }
}

#define NORM_KERNELS(supported)                                                                                        \
    {                                                                                                                  \
        supported, moments, forward, norm_moments, backward                                                            \
    }
