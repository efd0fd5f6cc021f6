/* Tiles for AVX-512: 8 rows of three panels, 6 of four, 5 of five take 24 or 25 of the 32 registers. */
#include <immintrin.h>

typedef __m512 vec;
enum { LANES = 16, VECS = 1 };

static inline vec vec_load(const float *p)
{
    return _mm512_loadu_ps(p);
}

static inline __mmask16 mask_of(int64_t n)
{
    return (__mmask16)(n >= LANES ? 0xffff : (1 << n) - 1); /* n is never below 1: a vector is a panel */
}

static inline vec vec_load_some(const float *p, int64_t n)
{
    return _mm512_maskz_loadu_ps(mask_of(n), p);
}

static inline void vec_store_some(float *p, int64_t n, vec v)
{
    _mm512_mask_storeu_ps(p, mask_of(n), v);
}

static inline vec vec_all(const float *p)
{
    return _mm512_set1_ps(*p);
}

static inline vec vec_fma(vec x, vec y, vec sum)
{
    return _mm512_fmadd_ps(x, y, sum);
}

static inline vec vec_sub(vec x, vec y)
{
    return _mm512_sub_ps(x, y);
}

/* The larger one; y where both are 0. */
static inline vec vec_max(vec x, vec y)
{
    return _mm512_max_ps(x, y);
}

static inline vec vec_rectify(vec v, float slope)
{
    return _mm512_max_ps(_mm512_mul_ps(v, _mm512_set1_ps(slope)), v);
}

#include "tile_kernel.h"

#define PANELS_3(rows)                                                                                                 \
    TILE(ACROSS, rows, 1)                                                                                              \
    TILE(ACROSS, rows, 2) TILE(ACROSS, rows, 3) TILE(DOWN, rows, 1) TILE(DOWN, rows, 2) TILE(DOWN, rows, 3)
#define PANELS_4(rows) PANELS_3(rows) TILE(ACROSS, rows, 4) TILE(DOWN, rows, 4)
#define PANELS_5(rows) PANELS_4(rows) TILE(ACROSS, rows, 5) TILE(DOWN, rows, 5)
#define PANELS_6(rows) PANELS_5(rows) TILE(ACROSS, rows, 6) TILE(DOWN, rows, 6)

PANELS_6(1)
PANELS_6(2)
PANELS_5(3)
PANELS_5(4)
PANELS_5(5)
PANELS_4(6)
PANELS_3(7)
PANELS_3(8)

static bool supported(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2");
}

#define UP_TO_3(d, rows) d##_##rows##_1, d##_##rows##_2, d##_##rows##_3
#define UP_TO_4(d, rows) UP_TO_3(d, rows), d##_##rows##_4
#define UP_TO_5(d, rows) UP_TO_4(d, rows), d##_##rows##_5
#define UP_TO_6(d, rows) UP_TO_5(d, rows), d##_##rows##_6
#define KERNELS(d)                                                                                                     \
    {                                                                                                                  \
        { UP_TO_6(d, 1) }, { UP_TO_6(d, 2) }, { UP_TO_5(d, 3) }, { UP_TO_5(d, 4) }, { UP_TO_5(d, 5) },                 \
            { UP_TO_4(d, 6) }, { UP_TO_3(d, 7) }, { UP_TO_3(d, 8) },                                                   \
    }

const rk_tiles rk_tiles_avx512f = {
    .name = "avx512f",
    .supported = supported,
    .panels = { 6, 6, 5, 5, 5, 4, 3, 3 },
    .across = KERNELS(ACROSS),
    .down = KERNELS(DOWN),
    .peak = tile_peak,
};
