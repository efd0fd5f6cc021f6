/* 8-bit kernels for AVX2. Its own multiply-add of bytes saturates at 16 bits, so bytes are widened first: two products
 * of 16 bits and their sum fit 32. A column is then two sums, added at the end. */
#include <immintrin.h>
#include <string.h>

#include "int8.h"
#include "lanes_avx2.h"

enum { PARTS = RK_PANEL / 4 }; /* of a panel: four columns fill a register */

/* Columns j .. j + 7 of row r. */
static void finish(const rk_int8_tile *t, int r, int64_t j, __m256i sum)
{
    int64_t left = t->last - j;

    sum = _mm256_add_epi32(sum, _mm256_loadu_si256((const __m256i *)(const void *)(t->start + j)));
    if (t->result == RK_INT8_SUMS) {
        _mm256_storeu_si256((__m256i *)(void *)(t->y.sums + j), sum);
        return;
    }
    __m256 v = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), _mm256_loadu_ps(t->scale + j), _mm256_loadu_ps(t->shift + j));
    if (t->slope != 1)
        v = _mm256_max_ps(_mm256_mul_ps(v, _mm256_set1_ps(t->slope)), v);
    if (t->result == RK_INT8_FLOATS)
        store(t->y.floats + r * t->ldy + j, left, v);
    else
        store_bytes(t->y.bytes + r * t->ldy + j, left, t->zero ? _mm256_add_ps(v, _mm256_loadu_ps(t->zero + j)) : v);
}

static inline __m256i quad_of(const uint8_t *q)
{
    int32_t quad;

    memcpy(&quad, q, sizeof quad);
    return _mm256_cvtepu8_epi16(_mm_set1_epi32(quad));
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
                acc[r][i] = _mm256_add_epi32(acc[r][i],
                                             _mm256_madd_epi16(quad_of(t->x.data + r * t->x.ld + l * RK_INT8_QUAD), w));
        }
    for (int r = 0; r < rows; r++)
        for (int i = 0; i < PARTS; i += 2) {
            int64_t j = (int64_t)i * 4;
            __m256i pairs = _mm256_hadd_epi32(acc[r][i], acc[r][i + 1]);

            if (t->last > j)
                finish(t, r, j, _mm256_permute4x64_epi64(pairs, _MM_SHUFFLE(3, 1, 2, 0)));
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
    .rows = { 2 },
    .row_panels = 1,
    .panels = 1,
    .tile = tile,
};
