/* The avx2 backend: 8 floats at a time, columns in the inner loop, rows of any leading dimension.
 *
 * Per column, sums run over the rows in order, so they equal a plain loop in float (or double) but for the fused
 * multiply-add. Columns beyond a multiple of 8 go through masked loads: nothing outside the block is read or written.
 * Products are cut into tiles, for which there may be wider registers (tile.h), as for the norms (norm.h). What is not
 * here: fusing several of these passes, which belongs to an execution plan.
 */
#include <immintrin.h>
#include <string.h>

#include "backend.h"
#include "bag_avx2.h"
#include "lanes_avx2.h"
#include "norm.h"
#include "prefetch.h"
#include "tile.h"

enum { WIDE = 4 }; /* registers of columns that sums go down at a time */

static bool supported(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
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

/* Sixteen sums side by side: one alone would wait for itself at every addition. */
typedef struct square_sums {
    __m256d of[4];
} square_sums;

/* 4 floats at a time, which become doubles while they are loaded. */
static inline void add_squares(square_sums *sums, const float *p)
{
    for (int i = 0; i < 4; i++) {
        __m256d v = _mm256_cvtps_pd(_mm_loadu_ps(p + 4 * i));

        sums->of[i] = _mm256_fmadd_pd(v, v, sums->of[i]);
    }
}

static double square_sum(rk_block x)
{
    enum { STEP = 16 };
    square_sums sums = { { _mm256_setzero_pd(), _mm256_setzero_pd(), _mm256_setzero_pd(), _mm256_setzero_pd() } };
    double lanes[4], sum = 0;

    for (int64_t r = 0; r < x.rows; r++) {
        const float *row = x.data + r * x.ld;
        int64_t c = 0;

        for (; c + STEP <= x.cols; c += STEP)
            add_squares(&sums, row + c);
        for (; c < x.cols; c++)
            sum += (double)row[c] * (double)row[c];
    }
    _mm256_storeu_pd(lanes,
                     _mm256_add_pd(_mm256_add_pd(sums.of[0], sums.of[1]), _mm256_add_pd(sums.of[2], sums.of[3])));
    return sum + lanes[0] + lanes[1] + lanes[2] + lanes[3];
}

static void copy(rk_block y, rk_block x)
{
    for (int64_t r = 0; r < y.rows; r++)
        memcpy(y.data + r * y.ld, x.data + r * x.ld, (size_t)y.cols * sizeof(float));
}

/* cols is a constant where it is the common embedding width. */
static inline void take_columns(rk_block y, const float *source, int64_t ld, const int64_t *ids, int64_t cols)
{
    __m256 zero = _mm256_setzero_ps();

    for (int64_t r = 0; r < y.rows; r++) {
        const float *row = source + ids[r] * ld;

        for (int64_t c = 0; c < cols; c += LANES)
            store(y.data + r * y.ld + c, cols - c, _mm256_add_ps(load(row + c, cols - c), zero));
    }
}

static void take(rk_block y, const float *source, int64_t ld, const int64_t *ids)
{
    if (y.cols == 2 * LANES)
        take_columns(y, source, ld, ids, 2 * LANES);
    else
        take_columns(y, source, ld, ids, y.cols);
}

static void add_scaled(rk_block y, rk_block x, float scale)
{
    __m256 s = _mm256_set1_ps(scale);

    for (int64_t r = 0; r < y.rows; r++)
        for (int64_t c = 0; c < y.cols; c += LANES) {
            int64_t left = y.cols - c;
            float *p = y.data + r * y.ld + c;

            rk_fetch_ahead(x.data + r * x.ld + c);
            store(p, left, _mm256_fmadd_ps(s, load(x.data + r * x.ld + c, left), load(p, left)));
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
RK_PREFETCHING void bag_prefetch(const rk_bag *bag, int64_t row, int64_t n_rows)
{
    enum { AHEAD = 8 };

    if (row + AHEAD >= n_rows)
        return;
    for (int64_t i = bag->offsets[row + AHEAD]; i < bag->offsets[row + AHEAD + 1]; i++)
        _mm_prefetch((const char *)(bag->source + bag->ids[i] * bag->ld), _MM_HINT_T0);
}

static void bag_sum(rk_block y, const rk_bag *bag)
{
    if (y.cols % RK_BAG_LANES == 0) {
        rk_bag_sum_avx2(y, bag);
        return;
    }
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

static const rk_norm_kernels *norms(void)
{
    return rk_norm_avx512f.supported() ? &rk_norm_avx512f : &rk_norm_avx2;
}

static void moments(double *sums, rk_block x)
{
    norms()->moments(sums, x);
}

static void norm(rk_block y, rk_block x, const rk_norm *norm)
{
    norms()->forward(y, x, norm);
}

static void norm_moments(double *sums, rk_block dy, rk_block x, const rk_norm *norm)
{
    norms()->norm_moments(sums, dy, x, norm);
}

static void norm_backward(rk_block dx, rk_block dy, rk_block x, const rk_norm *norm, bool add)
{
    norms()->backward(dx, dy, x, norm, add);
}

static void product(const rk_product *p)
{
    rk_product_tiled(p, rk_tiles_best(p->c.cols));
}

const rk_backend rk_backend_avx2 = {
    .name = "avx2",
    .doc = "AVX2 and FMA kernels; tiles and norms for AVX-512 where there is one",
    .supported = supported,
    .product = product,
    .add_bias = add_bias,
    .column_sums = column_sums,
    .square_sum = square_sum,
    .copy = copy,
    .take = take,
    .add_scaled = add_scaled,
    .moments = moments,
    .norm = norm,
    .norm_moments = norm_moments,
    .norm_backward = norm_backward,
    .bag_sum = bag_sum,
    .relu = relu,
    .relu_backward = relu_backward,
};
