/* The avx2 backend: 8 floats at a time, columns in the inner loop, rows of any leading dimension.
 *
 * Per column, sums run over the rows in order, so they equal a plain loop in float (or double) but for the fused
 * multiply-add. Columns beyond a multiple of 8 go through masked loads: nothing outside the block is read or written.
 * The matrix product is oneDNN's. What is not here: fusing several of these passes, which belongs to an execution plan.
 */
#include <immintrin.h>
#include <string.h>

#include "backend.h"
#include "gemm_onednn.h"

enum { LANES = 8 };
enum { WIDE = 4, PAIR = 2 }; /* registers of columns that sums go down at a time: floats, doubles */

static bool supported(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

/* The first `left` lanes, all when there are more. */
static __m256i mask_of(int64_t left)
{
    __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);

    return _mm256_cmpgt_epi32(_mm256_set1_epi32(left < LANES ? (int)left : LANES), lane);
}

/* Up to 8 of the `left` values from p on; masked stores take ten times as long on some processors, hence the branch. */
static inline __m256 load(const float *p, int64_t left)
{
    return left >= LANES ? _mm256_loadu_ps(p) : _mm256_maskload_ps(p, mask_of(left));
}

static inline void store(float *p, int64_t left, __m256 v)
{
    if (left >= LANES)
        _mm256_storeu_ps(p, v);
    else
        _mm256_maskstore_ps(p, mask_of(left), v);
}

static void add_bias(rk_block y, const float *bias)
{
    for (int64_t r = 0; r < y.rows; r++)
        for (int64_t c = 0; c < y.cols; c += LANES) {
            int64_t left = y.cols - c;
            float *p = y.data + r * y.ld + c;

            store(p, left, _mm256_add_ps(load(p, left), load(bias + c, left)));
        }
}

/* Sums down n registers' worth of columns: an addition takes several cycles, so one sum at a time would wait for
 * itself, and would take half of every cache line. n is a constant wherever this is inlined. */
static inline void sum_columns(float *sums, rk_block x, int64_t c, int n)
{
    __m256 sum[WIDE];

    for (int i = 0; i < n; i++)
        sum[i] = load(sums + c + i * LANES, x.cols - c - i * LANES);
    for (int64_t r = 0; r < x.rows; r++)
        for (int i = 0; i < n; i++)
            sum[i] = _mm256_add_ps(sum[i], load(x.data + r * x.ld + c + i * LANES, x.cols - c - i * LANES));
    for (int i = 0; i < n; i++)
        store(sums + c + i * LANES, x.cols - c - i * LANES, sum[i]);
}

static void column_sums(float *sums, rk_block x)
{
    int64_t c = 0;

    for (; c + WIDE * LANES <= x.cols; c += WIDE * LANES)
        sum_columns(sums, x, c, WIDE);
    for (; c < x.cols; c += LANES)
        sum_columns(sums, x, c, 1);
}

static void copy(rk_block y, rk_block x)
{
    for (int64_t r = 0; r < y.rows; r++)
        memcpy(y.data + r * y.ld, x.data + r * x.ld, (size_t)y.cols * sizeof(float));
}

static void add_scaled(rk_block y, rk_block x, float scale)
{
    __m256 s = _mm256_set1_ps(scale);

    for (int64_t r = 0; r < y.rows; r++)
        for (int64_t c = 0; c < y.cols; c += LANES) {
            int64_t left = y.cols - c;
            float *p = y.data + r * y.ld + c;

            store(p, left, _mm256_fmadd_ps(s, load(x.data + r * x.ld + c, left), load(p, left)));
        }
}

static __m256d low(__m256 v)
{
    return _mm256_cvtps_pd(_mm256_castps256_ps128(v));
}

static __m256d high(__m256 v)
{
    return _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1));
}

/* sums[0 .. 7] += what the two halves hold, as far as there are columns. */
static void add_doubles(double *sums, int64_t n, __m256d first, __m256d second)
{
    double v[LANES];

    _mm256_storeu_pd(v, first);
    _mm256_storeu_pd(v + LANES / 2, second);
    for (int64_t i = 0; i < n && i < LANES; i++)
        sums[i] += v[i];
}

/* sum x and sum x^2 of 8 columns. */
typedef struct moment_sums {
    __m256d s0, s1, q0, q1;
} moment_sums;

static void add_moments(double *sums, rk_block x, int64_t c, moment_sums m)
{
    add_doubles(sums + c, x.cols - c, m.s0, m.s1);
    add_doubles(sums + x.cols + c, x.cols - c, m.q0, m.q1);
}

static inline void moment_columns(double *sums, rk_block x, int64_t c, int n)
{
    moment_sums m[PAIR] = { 0 };

    for (int64_t r = 0; r < x.rows; r++)
        for (int i = 0; i < n; i++) {
            __m256 v = load(x.data + r * x.ld + c + i * LANES, x.cols - c - i * LANES);
            __m256d a = low(v), b = high(v);

            m[i].s0 = _mm256_add_pd(m[i].s0, a);
            m[i].s1 = _mm256_add_pd(m[i].s1, b);
            m[i].q0 = _mm256_fmadd_pd(a, a, m[i].q0);
            m[i].q1 = _mm256_fmadd_pd(b, b, m[i].q1);
        }
    for (int i = 0; i < n; i++)
        add_moments(sums, x, c + i * LANES, m[i]);
}

static void moments(double *sums, rk_block x)
{
    int64_t c = 0;

    for (; c + PAIR * LANES <= x.cols; c += PAIR * LANES)
        moment_columns(sums, x, c, PAIR);
    for (; c < x.cols; c += LANES)
        moment_columns(sums, x, c, 1);
}

/* Row by row: a walk down the columns would hit the same few cache sets when rows are a power of two apart. */
static void affine(rk_block y, rk_block x, const float *center, const float *scale, const float *shift)
{
    for (int64_t r = 0; r < y.rows; r++)
        for (int64_t c = 0; c < y.cols; c += LANES) {
            int64_t left = y.cols - c;
            __m256 v = _mm256_sub_ps(load(x.data + r * x.ld + c, left), load(center + c, left));

            v = _mm256_fmadd_ps(v, load(scale + c, left), load(shift + c, left));
            store(y.data + r * y.ld + c, left, v);
        }
}

static void gradient_moments(double *sums, rk_block dy, rk_block x, const float *center)
{
    for (int64_t c = 0; c < x.cols; c += LANES) {
        int64_t left = x.cols - c;
        __m256 m = load(center + c, left);
        __m256d m0 = low(m), m1 = high(m);
        __m256d s0 = _mm256_setzero_pd(), s1 = s0, q0 = s0, q1 = s0;

        for (int64_t r = 0; r < x.rows; r++) {
            __m256 v = load(x.data + r * x.ld + c, left), d = load(dy.data + r * dy.ld + c, left);
            __m256d d0 = low(d), d1 = high(d);

            s0 = _mm256_add_pd(s0, d0);
            s1 = _mm256_add_pd(s1, d1);
            q0 = _mm256_fmadd_pd(d0, _mm256_sub_pd(low(v), m0), q0);
            q1 = _mm256_fmadd_pd(d1, _mm256_sub_pd(high(v), m1), q1);
        }
        add_doubles(sums + c, x.cols - c, s0, s1);
        add_doubles(sums + x.cols + c, x.cols - c, q0, q1);
    }
}

static void affine_backward(rk_block dx, rk_block dy, rk_block x, const float *k, bool add)
{
    int64_t n = dx.cols;

    for (int64_t r = 0; r < dx.rows; r++)
        for (int64_t c = 0; c < n; c += LANES) {
            int64_t left = n - c;
            float *p = dx.data + r * dx.ld + c;
            __m256 v = _mm256_sub_ps(load(x.data + r * x.ld + c, left), load(k + 3 * n + c, left));

            v = _mm256_fmadd_ps(load(k + n + c, left), v, load(k + 2 * n + c, left));
            v = _mm256_fmadd_ps(load(k + c, left), load(dy.data + r * dy.ld + c, left), v);
            store(p, left, add ? _mm256_add_ps(load(p, left), v) : v);
        }
}

/* One bag, columns c .. c + 15 (the common embedding width in one go), sums in batch order. */
static void bag_columns(float *y, const rk_bag *bag, int64_t row, float factor, int64_t left)
{
    __m256 s0 = _mm256_setzero_ps(), s1 = s0, f = _mm256_set1_ps(factor);

    for (int64_t i = bag->offsets[row]; i < bag->offsets[row + 1]; i++) {
        const float *p = bag->source + bag->ids[i] * bag->ld;
        __m256 w = _mm256_set1_ps(bag->weights ? bag->weights[i] : 1.0F);

        s0 = _mm256_fmadd_ps(w, load(p, left), s0);
        if (left > LANES)
            s1 = _mm256_fmadd_ps(w, load(p + LANES, left - LANES), s1);
    }
    store(y, left, _mm256_mul_ps(s0, f));
    if (left > LANES)
        store(y + LANES, left - LANES, _mm256_mul_ps(s1, f));
}

/* Rows of a big table are cache misses: ask for those of the bags ahead. */
static void bag_prefetch(const rk_bag *bag, int64_t row, int64_t n_rows)
{
    enum { AHEAD = 8 };

    if (row + AHEAD >= n_rows)
        return;
    for (int64_t i = bag->offsets[row + AHEAD]; i < bag->offsets[row + AHEAD + 1]; i++)
        _mm_prefetch((const char *)(bag->source + bag->ids[i] * bag->ld), _MM_HINT_T0);
}

static void bag_sum(rk_block y, const rk_bag *bag)
{
    for (int64_t r = 0; r < y.rows; r++) {
        float factor = rk_bag_factor(bag, r);

        bag_prefetch(bag, r, y.rows);
        for (int64_t c = 0; c < y.cols; c += 2 * LANES) {
            rk_bag columns = *bag;

            columns.source += c;
            bag_columns(y.data + r * y.ld + c, &columns, r, factor, y.cols - c);
        }
    }
}

static void relu(rk_block y, rk_block x, float slope)
{
    __m256 zero = _mm256_setzero_ps(), s = _mm256_set1_ps(slope);

    for (int64_t r = 0; r < y.rows; r++)
        for (int64_t c = 0; c < y.cols; c += LANES) {
            int64_t left = y.cols - c;
            __m256 v = load(x.data + r * x.ld + c, left);
            __m256 positive = _mm256_cmp_ps(v, zero, _CMP_GT_OQ);

            store(y.data + r * y.ld + c, left, _mm256_blendv_ps(_mm256_mul_ps(v, s), v, positive));
        }
}

static void relu_backward(rk_block dx, rk_block dy, rk_block x, float slope, bool add)
{
    __m256 zero = _mm256_setzero_ps(), s = _mm256_set1_ps(slope);

    for (int64_t r = 0; r < dx.rows; r++)
        for (int64_t c = 0; c < dx.cols; c += LANES) {
            int64_t left = dx.cols - c;
            float *p = dx.data + r * dx.ld + c;
            __m256 d = load(dy.data + r * dy.ld + c, left);
            __m256 positive = _mm256_cmp_ps(load(x.data + r * x.ld + c, left), zero, _CMP_GT_OQ);

            d = _mm256_blendv_ps(_mm256_mul_ps(d, s), d, positive);
            store(p, left, add ? _mm256_add_ps(load(p, left), d) : d);
        }
}

/* For now the reference's, to fix the seam. */
static void product(const rk_product *p)
{
    rk_backend_find("reference")->product(p);
}

const rk_backend rk_backend_avx2 = {
    .name = "avx2",
    .doc = "AVX2 and FMA kernels, matrix products by oneDNN",
    .supported = supported,
    .gemm = rk_gemm_onednn,
    .product = product,
    .add_bias = add_bias,
    .column_sums = column_sums,
    .copy = copy,
    .add_scaled = add_scaled,
    .moments = moments,
    .affine = affine,
    .gradient_moments = gradient_moments,
    .affine_backward = affine_backward,
    .bag_sum = bag_sum,
    .relu = relu,
    .relu_backward = relu_backward,
};
