/* 8-bit kernels for AVX2. Its own multiply-add of bytes saturates at 16 bits, so bytes are widened first: two products
 * of 16 bits and their sum fit 32. A column is then two sums, added at the end. */
#include <immintrin.h>

#include "int8.h"
#include "lanes_avx2.h"

enum { PARTS = RK_PANEL / 4 }; /* of a panel: four columns fill a register */

static float least_of(__m256 v)
{
    __m128 m = _mm_min_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));

    m = _mm_min_ps(m, _mm_movehl_ps(m, m));
    return _mm_cvtss_f32(_mm_min_ss(m, _mm_movehdup_ps(m)));
}

static void quantize(rk_int8_rows *out, int64_t row, const float *x, int64_t n)
{
    __m256 least = _mm256_setzero_ps(), most_negated = least, sign = _mm256_set1_ps(-0.0F);

    for (int64_t i = 0; i < n; i += LANES) {
        __m256 v = load(x + i, n - i);

        least = _mm256_min_ps(v, least); /* the second where one is no number */
        most_negated = _mm256_min_ps(_mm256_xor_ps(v, sign), most_negated);
    }
    __m256 inverse = _mm256_set1_ps(rk_int8_begin_row(out, row, least_of(least), -least_of(most_negated)));
    __m256i zero = _mm256_set1_epi32(out->zero[row]);
    for (int64_t i = 0; i < n; i += LANES) {
        __m256i q = _mm256_add_epi32(_mm256_cvtps_epi32(_mm256_mul_ps(load(x + i, n - i), inverse)), zero);
        __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(q), _mm256_extracti128_si256(q, 1));

        _mm_storel_epi64((__m128i *)(void *)(out->q + row * out->ld + i), _mm_packus_epi16(words, words));
    }
}

/* Columns j .. j + 7 of row r. */
static void finish(const rk_int8_tile *t, int r, int64_t j, int64_t left, __m256i sum)
{
    const rk_norm *norm = &t->norm;
    __m256i sums_of_w = _mm256_loadu_si256((const __m256i *)(const void *)(t->column_sums + j));
    __m256 scale = _mm256_mul_ps(_mm256_set1_ps(t->x.scale[r]), _mm256_loadu_ps(t->scale + j));

    sum = _mm256_sub_epi32(sum, _mm256_mullo_epi32(_mm256_set1_epi32(t->x.zero[r]), sums_of_w));
    __m256 v = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), scale, load(t->start + r * t->ld_start + j, left));
    if (norm->center)
        v = _mm256_fmadd_ps(_mm256_sub_ps(v, load(norm->center + j, left)), load(norm->scale + j, left),
                            load(norm->shift + j, left));
    if (norm->slope != 1)
        v = _mm256_max_ps(_mm256_mul_ps(v, _mm256_set1_ps(norm->slope)), v);
    store(t->y + r * t->ldy + j, left, v);
}

static inline __m256i quad_of(const uint8_t *q)
{
    return _mm256_cvtepu8_epi16(_mm_set1_epi32(*(const int32_t *)(const void *)q));
}

static inline __attribute__((always_inline)) void run(const rk_int8_tile *t, int rows)
{
    __m256i acc[2][PARTS];

    for (int r = 0; r < rows; r++)
        for (int i = 0; i < PARTS; i++)
            acc[r][i] = _mm256_setzero_si256();
    for (int64_t l = 0; l < t->quads; l++)
        for (int i = 0; i < PARTS; i++) {
            __m256i w =
                _mm256_cvtepi8_epi16(_mm_load_si128((const __m128i *)(const void *)(t->w + l * 64 + (int64_t)i * 16)));

            for (int r = 0; r < rows; r++)
                acc[r][i] =
                    _mm256_add_epi32(acc[r][i], _mm256_madd_epi16(quad_of(t->x.q + r * t->x.ld + l * RK_INT8_QUAD), w));
        }
    for (int r = 0; r < rows; r++)
        for (int i = 0; i < PARTS; i += 2) {
            int64_t j = (int64_t)i * 4;
            __m256i pairs = _mm256_hadd_epi32(acc[r][i], acc[r][i + 1]);

            if (t->last > j)
                finish(t, r, j, t->last - j, _mm256_permute4x64_epi64(pairs, _MM_SHUFFLE(3, 1, 2, 0)));
        }
}

static void tile(const rk_int8_tile *t, int rows, int panels)
{
    (void)panels;
    if (rows == 2)
        run(t, 2);
    else
        run(t, 1);
}

static bool supported(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

const rk_int8_kernels rk_int8_avx2 = {
    .name = "avx2",
    .supported = supported,
    .rows = 2,
    .few_panels = 1,
    .many_panels = 1,
    .quantize = quantize,
    .tile = tile,
};
