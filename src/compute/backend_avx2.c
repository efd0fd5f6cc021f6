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

static bool supported(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

/* Lanes c .. c + 7 of a row of `cols` values. */
static __m256i mask_at(int64_t c, int64_t cols)
{
    __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    int64_t left = cols - c;

    return _mm256_cmpgt_epi32(_mm256_set1_epi32(left < LANES ? (int)left : LANES), lane);
}

static __m256 load(const float *p, __m256i mask)
{
    return _mm256_maskload_ps(p, mask);
}

static void store(float *p, __m256i mask, __m256 v)
{
    _mm256_maskstore_ps(p, mask, v);
}

static void add_bias(rk_block y, const float *bias)
{
    for (int64_t c = 0; c < y.cols; c += LANES) {
        __m256i mask = mask_at(c, y.cols);
        __m256 b = load(bias + c, mask);
        float *p = y.data + c;

        for (int64_t r = 0; r < y.rows; r++, p += y.ld)
            store(p, mask, _mm256_add_ps(load(p, mask), b));
    }
}

static void column_sums(float *sums, rk_block x)
{
    for (int64_t c = 0; c < x.cols; c += LANES) {
        __m256i mask = mask_at(c, x.cols);
        __m256 sum = load(sums + c, mask);
        const float *p = x.data + c;

        for (int64_t r = 0; r < x.rows; r++, p += x.ld)
            sum = _mm256_add_ps(sum, load(p, mask));
        store(sums + c, mask, sum);
    }
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
            __m256i mask = mask_at(c, y.cols);
            float *p = y.data + r * y.ld + c;

            store(p, mask, _mm256_fmadd_ps(s, load(x.data + r * x.ld + c, mask), load(p, mask)));
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

static void moments(double *sums, rk_block x)
{
    for (int64_t c = 0; c < x.cols; c += LANES) {
        __m256i mask = mask_at(c, x.cols);
        __m256d s0 = _mm256_setzero_pd(), s1 = s0, q0 = s0, q1 = s0;
        const float *p = x.data + c;

        for (int64_t r = 0; r < x.rows; r++, p += x.ld) {
            __m256 v = load(p, mask);
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

static void affine(rk_block y, rk_block x, const float *center, const float *scale, const float *shift)
{
    for (int64_t c = 0; c < y.cols; c += LANES) {
        __m256i mask = mask_at(c, y.cols);
        __m256 m = load(center + c, mask), s = load(scale + c, mask), b = load(shift + c, mask);

        for (int64_t r = 0; r < y.rows; r++) {
            __m256 v = _mm256_sub_ps(load(x.data + r * x.ld + c, mask), m);
            store(y.data + r * y.ld + c, mask, _mm256_fmadd_ps(v, s, b));
        }
    }
}

static void gradient_moments(double *sums, rk_block dy, rk_block x, const float *center)
{
    for (int64_t c = 0; c < x.cols; c += LANES) {
        __m256i mask = mask_at(c, x.cols);
        __m256 m = load(center + c, mask);
        __m256d m0 = low(m), m1 = high(m);
        __m256d s0 = _mm256_setzero_pd(), s1 = s0, q0 = s0, q1 = s0;

        for (int64_t r = 0; r < x.rows; r++) {
            __m256 v = load(x.data + r * x.ld + c, mask), d = load(dy.data + r * dy.ld + c, mask);
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

    for (int64_t c = 0; c < n; c += LANES) {
        __m256i mask = mask_at(c, n);
        __m256i old = add ? mask : _mm256_setzero_si256(); /* what was there counts as 0 when overwriting */
        __m256 k0 = load(k + c, mask), k1 = load(k + n + c, mask);
        __m256 k2 = load(k + 2 * n + c, mask), k3 = load(k + 3 * n + c, mask);

        for (int64_t r = 0; r < dx.rows; r++) {
            float *p = dx.data + r * dx.ld + c;
            __m256 v = _mm256_sub_ps(load(x.data + r * x.ld + c, mask), k3);

            v = _mm256_fmadd_ps(k1, v, k2);
            v = _mm256_fmadd_ps(k0, load(dy.data + r * dy.ld + c, mask), v);
            store(p, mask, _mm256_add_ps(load(p, old), v));
        }
    }
}

/* One bag, columns c .. c + 15 (the common embedding width in one go), sums in batch order. */
static void bag_columns(float *y, const rk_bag *bag, int64_t row, float factor, const __m256i mask[2])
{
    __m256 s0 = _mm256_setzero_ps(), s1 = s0;

    for (int64_t i = bag->offsets[row]; i < bag->offsets[row + 1]; i++) {
        const float *p = bag->source + bag->ids[i] * bag->ld;
        __m256 w = _mm256_set1_ps(bag->weights ? bag->weights[i] : 1.0F);

        s0 = _mm256_fmadd_ps(w, load(p, mask[0]), s0);
        s1 = _mm256_fmadd_ps(w, load(p + LANES, mask[1]), s1);
    }
    __m256 f = _mm256_set1_ps(factor);
    store(y, mask[0], _mm256_mul_ps(s0, f));
    store(y + LANES, mask[1], _mm256_mul_ps(s1, f));
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
            __m256i mask[2] = { mask_at(c, y.cols), mask_at(c + LANES, y.cols) };
            rk_bag columns = *bag;

            columns.source += c;
            bag_columns(y.data + r * y.ld + c, &columns, r, factor, mask);
        }
    }
}

static void relu(rk_block y, rk_block x, float slope)
{
    __m256 zero = _mm256_setzero_ps(), s = _mm256_set1_ps(slope);

    for (int64_t r = 0; r < y.rows; r++)
        for (int64_t c = 0; c < y.cols; c += LANES) {
            __m256i mask = mask_at(c, y.cols);
            __m256 v = load(x.data + r * x.ld + c, mask);
            __m256 positive = _mm256_cmp_ps(v, zero, _CMP_GT_OQ);

            store(y.data + r * y.ld + c, mask, _mm256_blendv_ps(_mm256_mul_ps(v, s), v, positive));
        }
}

static void relu_backward(rk_block dx, rk_block dy, rk_block x, float slope, bool add)
{
    __m256 zero = _mm256_setzero_ps(), s = _mm256_set1_ps(slope);

    for (int64_t r = 0; r < dx.rows; r++)
        for (int64_t c = 0; c < dx.cols; c += LANES) {
            __m256i mask = mask_at(c, dx.cols);
            float *p = dx.data + r * dx.ld + c;
            __m256 d = load(dy.data + r * dy.ld + c, mask);
            __m256 positive = _mm256_cmp_ps(load(x.data + r * x.ld + c, mask), zero, _CMP_GT_OQ);

            d = _mm256_blendv_ps(_mm256_mul_ps(d, s), d, positive);
            store(p, mask, add ? _mm256_add_ps(load(p, mask), d) : d);
        }
}

const rk_backend rk_backend_avx2 = {
    .name = "avx2",
    .doc = "AVX2 and FMA kernels, matrix products by oneDNN",
    .supported = supported,
    .gemm = rk_gemm_onednn,
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
