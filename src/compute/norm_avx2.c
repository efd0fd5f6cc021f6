/* Batch norm with its rectifier, one row after the other, 8 columns at a time.
 *
 * What is read lies in the third-level cache at best, so these passes cost what memory costs: the rows of a piece are
 * one stretch of memory mostly, and walked straight through they are fetched ahead by the processor; several rows side
 * by side, or columns downwards, are not. What belongs to a column (a few hundred values) stays in the first level.
 *
 * Sums over the batch are doubles. Forward, every term is: E[x^2] - m^2 cancels, and the first layers' variance is tiny
 * at the start of a run. Backward, where nothing of the kind happens, BAND rows are summed in float first, which halves
 * the work.
 */
#include "norm_avx2.h"

#include <string.h>

#include "lanes_avx2.h"

enum { BAND = 16, WIDTH = 256 }; /* rows and columns that float sums are made of */
enum { TALL = 8 };               /* rows that double sums are kept in registers for */

static inline __m256d low(__m256 v)
{
    return _mm256_cvtps_pd(_mm256_castps256_ps128(v));
}

static inline __m256d high(__m256 v)
{
    return _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1));
}

/* sums[0 .. 7] += what the two halves hold, as far as there are columns. */
static inline void add_doubles(double *sums, int64_t left, __m256d first, __m256d second)
{
    double v[LANES];

    if (left >= LANES) {
        _mm256_storeu_pd(sums, _mm256_add_pd(_mm256_loadu_pd(sums), first));
        _mm256_storeu_pd(sums + LANES / 2, _mm256_add_pd(_mm256_loadu_pd(sums + LANES / 2), second));
        return;
    }
    _mm256_storeu_pd(v, first);
    _mm256_storeu_pd(v + LANES / 2, second);
    for (int64_t i = 0; i < left; i++)
        sums[i] += v[i];
}

/* Rows r .. r + n - 1, which a product has just written; n is a constant wherever this is inlined. */
static inline void moments_band(double *sums, rk_block x, int64_t r, int n)
{
    for (int64_t c = 0; c < x.cols; c += LANES) {
        const float *p = x.data + r * x.ld + c;
        __m256d s0 = _mm256_setzero_pd(), s1 = s0, q0 = s0, q1 = s0;

        for (int i = 0; i < n; i++) {
            __m256 v = load(p + i * x.ld, x.cols - c);
            __m256d a = low(v), b = high(v);

            s0 = _mm256_add_pd(s0, a);
            s1 = _mm256_add_pd(s1, b);
            q0 = _mm256_fmadd_pd(a, a, q0);
            q1 = _mm256_fmadd_pd(b, b, q1);
        }
        add_doubles(sums + c, x.cols - c, s0, s1);
        add_doubles(sums + x.cols + c, x.cols - c, q0, q1);
    }
}

void rk_moments_avx2(double *sums, rk_block x)
{
    int64_t r = 0;

    for (; r + TALL <= x.rows; r += TALL)
        moments_band(sums, x, r, TALL);
    for (; r < x.rows; r++)
        moments_band(sums, x, r, 1);
}

/* What the columns c .. c + 7 of one row of x become. */
typedef struct normed {
    __m256 centered, value, positive; /* x - center; v; all bits where v > 0 */
} normed;

static inline normed norm_row(const float *x, const rk_norm *norm, int64_t c, int64_t left)
{
    normed v;

    v.centered = _mm256_sub_ps(load(x + c, left), load(norm->center + c, left));
    v.value = _mm256_fmadd_ps(v.centered, load(norm->scale + c, left), load(norm->shift + c, left));
    v.positive = _mm256_cmp_ps(v.value, _mm256_setzero_ps(), _CMP_GT_OQ);
    return v;
}

static inline __m256 rectified(__m256 value, __m256 positive, __m256 slope)
{
    return _mm256_blendv_ps(_mm256_mul_ps(value, slope), value, positive);
}

void rk_norm_avx2(rk_block y, rk_block x, const rk_norm *norm)
{
    __m256 slope = _mm256_set1_ps(norm->slope);

    for (int64_t r = 0; r < y.rows; r++)
        for (int64_t c = 0; c < y.cols; c += LANES) {
            normed v = norm_row(x.data + r * x.ld, norm, c, y.cols - c);

            store(y.data + r * y.ld + c, y.cols - c, rectified(v.value, v.positive, slope));
        }
}

/* Sums of some rows. */
typedef struct band_sums {
    _Alignas(32) float g[WIDTH], gx[WIDTH];
} band_sums;

static void add_row(band_sums *sums, const float *dy, const float *x, const rk_norm *norm, int64_t n)
{
    __m256 slope = _mm256_set1_ps(norm->slope);

    for (int64_t c = 0; c < n; c += LANES) {
        normed v = norm_row(x, norm, c, n - c);
        __m256 g = rectified(load(dy + c, n - c), v.positive, slope);

        _mm256_store_ps(sums->g + c, _mm256_add_ps(_mm256_load_ps(sums->g + c), g));
        _mm256_store_ps(sums->gx + c, _mm256_fmadd_ps(g, v.centered, _mm256_load_ps(sums->gx + c)));
    }
}

static void add_band(double *sums, const float *band, int64_t n)
{
    for (int64_t c = 0; c < n; c += LANES) {
        __m256 v = _mm256_load_ps(band + c);

        add_doubles(sums + c, n - c, low(v), high(v));
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

void rk_norm_moments_avx2(double *sums, rk_block dy, rk_block x, const rk_norm *norm)
{
    for (int64_t c = 0; c < x.cols; c += WIDTH)
        norm_moments_columns(sums, dy, x, norm, c);
}

void rk_norm_backward_avx2(rk_block dx, rk_block dy, rk_block x, const rk_norm *norm, bool add)
{
    __m256 slope = _mm256_set1_ps(norm->slope);

    for (int64_t r = 0; r < dx.rows; r++)
        for (int64_t c = 0; c < dx.cols; c += LANES) {
            int64_t left = dx.cols - c;
            float *p = dx.data + r * dx.ld + c;
            normed v = norm_row(x.data + r * x.ld, norm, c, left);
            __m256 g = rectified(load(dy.data + r * dy.ld + c, left), v.positive, slope);
            __m256 d = _mm256_fmadd_ps(load(norm->by_x + c, left), v.centered, load(norm->constant + c, left));

            d = _mm256_fmadd_ps(load(norm->scale + c, left), g, d);
            store(p, left, add ? _mm256_add_ps(load(p, left), d) : d);
        }
}
