/* Tiles of up to 4 columns, as last layers have them: what a wider register would multiply beside them is thrown away,
 * and it is read at half the rate. Eight rows are as many chains as two units with a latency of four cycles need. */
#include <immintrin.h>

typedef __m128 vec;
enum { LANES = 4, VECS = 1 };

static inline vec vec_load(const float *p)
{
    return _mm_loadu_ps(p);
}

static inline __m128i mask_of(int64_t n)
{
    return _mm_cmpgt_epi32(_mm_set1_epi32((int)n), _mm_setr_epi32(0, 1, 2, 3));
}

static inline vec vec_load_some(const float *p, int64_t n)
{
    return n >= LANES ? _mm_loadu_ps(p) : _mm_maskload_ps(p, mask_of(n));
}

static inline void vec_store_some(float *p, int64_t n, vec v)
{
    if (n >= LANES)
        _mm_storeu_ps(p, v);
    else
        _mm_maskstore_ps(p, mask_of(n), v);
}

static inline vec vec_all(const float *p)
{
    return _mm_broadcast_ss(p);
}

static inline vec vec_fma(vec x, vec y, vec sum)
{
    return _mm_fmadd_ps(x, y, sum);
}

static inline vec vec_add(vec x, vec y)
{
    return _mm_add_ps(x, y);
}

static inline vec vec_sub(vec x, vec y)
{
    return _mm_sub_ps(x, y);
}

/* The larger one; y where both are 0. */
static inline vec vec_max(vec x, vec y)
{
    return _mm_max_ps(x, y);
}

static inline vec vec_rectify(vec v, float slope)
{
    return _mm_max_ps(_mm_mul_ps(v, _mm_set1_ps(slope)), v);
}

#include "tile_kernel.h"

#define BOTH(rows) TILE(ACROSS, rows, 1) TILE(DOWN, rows, 1)
BOTH(1)
BOTH(2)
BOTH(3)
BOTH(4)
BOTH(5)
BOTH(6)
BOTH(7)
BOTH(8)

static bool supported(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2");
}

#define KERNELS(d)                                                                                                     \
    {                                                                                                                  \
        { d##_1_1 }, { d##_2_1 }, { d##_3_1 }, { d##_4_1 }, { d##_5_1 }, { d##_6_1 }, { d##_7_1 }, { d##_8_1 },        \
    }

const rk_tiles rk_tiles_narrow = {
    .name = "narrow",
    .supported = supported,
    .columns = LANES,
    .panels = { 1, 1, 1, 1, 1, 1, 1, 1 },
    .across = KERNELS(ACROSS),
    .down = KERNELS(DOWN),
    .peak = tile_peak,
};
