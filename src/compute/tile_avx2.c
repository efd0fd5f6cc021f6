/* Tiles for AVX2: 6 rows of one panel take 12 of the 16 registers, which is enough for two units with a latency of four
 * cycles. Few rows take more panels at a time instead, for the same number of chains. */
#include <immintrin.h>

typedef __m256 vec;
enum { LANES = 8, VECS = 2 };

static inline vec vec_load(const float *p)
{
    return _mm256_loadu_ps(p);
}

static inline __m256i mask_of(int64_t n)
{
    __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);

    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), lane);
}

/* Masked stores take ten times as long on some processors, hence the branches. */
static inline vec vec_load_some(const float *p, int64_t n)
{
    return n >= LANES ? _mm256_loadu_ps(p) : _mm256_maskload_ps(p, mask_of(n));
}

static inline void vec_store_some(float *p, int64_t n, vec v)
{
    if (n >= LANES)
        _mm256_storeu_ps(p, v);
    else
        _mm256_maskstore_ps(p, mask_of(n), v);
}

static inline vec vec_all(const float *p)
{
    return _mm256_broadcast_ss(p);
}

static inline vec vec_fma(vec x, vec y, vec sum)
{
    return _mm256_fmadd_ps(x, y, sum);
}

static inline vec vec_sub(vec x, vec y)
{
    return _mm256_sub_ps(x, y);
}

/* The larger one; y where both are 0. */
static inline vec vec_max(vec x, vec y)
{
    return _mm256_max_ps(x, y);
}

static inline vec vec_rectify(vec v, float slope)
{
    return _mm256_max_ps(_mm256_mul_ps(v, _mm256_set1_ps(slope)), v);
}

#include "tile_kernel.h"

#define BOTH(rows, panels) TILE(ACROSS, rows, panels) TILE(DOWN, rows, panels)
BOTH(1, 1)
BOTH(1, 2)
BOTH(1, 3)
BOTH(1, 4)
BOTH(2, 1)
BOTH(2, 2)
BOTH(3, 1)
BOTH(4, 1)
BOTH(5, 1)
BOTH(6, 1)

static bool supported(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2");
}

#define KERNELS(d)                                                                                                     \
    {                                                                                                                  \
        { d##_1_1, d##_1_2, d##_1_3, d##_1_4 }, { d##_2_1, d##_2_2 }, { d##_3_1 }, { d##_4_1 }, { d##_5_1 },           \
            { d##_6_1 },                                                                                               \
    }

const rk_tiles rk_tiles_avx2 = {
    .name = "avx2",
    .supported = supported,
    .panels = { 4, 2, 1, 1, 1, 1 },
    .across = KERNELS(ACROSS),
    .down = KERNELS(DOWN),
    .peak = tile_peak,
};
