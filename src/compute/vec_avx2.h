/* Vectors of AVX2, by the names of vec.h. */
#ifndef RK_VEC_AVX2_H
#define RK_VEC_AVX2_H

#include <immintrin.h>
#include <stdint.h>

typedef __m256 vec;
enum { LANES = 8 };

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

static inline vec vec_add(vec x, vec y)
{
    return _mm256_add_ps(x, y);
}

static inline vec vec_mul(vec x, vec y)
{
    return _mm256_mul_ps(x, y);
}

static inline vec vec_zero(void)
{
    return _mm256_setzero_ps();
}

static inline vec vec_where_positive(vec v, vec x, vec y)
{
    return _mm256_blendv_ps(y, x, _mm256_cmp_ps(v, _mm256_setzero_ps(), _CMP_GT_OQ));
}

typedef __m256d vec_double; /* half as many */

static inline vec_double vec_low(vec v)
{
    return _mm256_cvtps_pd(_mm256_castps256_ps128(v));
}

static inline vec_double vec_high(vec v)
{
    return _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1));
}

static inline vec_double vec_double_zero(void)
{
    return _mm256_setzero_pd();
}

static inline vec_double vec_double_add(vec_double x, vec_double y)
{
    return _mm256_add_pd(x, y);
}

static inline vec_double vec_double_fma(vec_double x, vec_double y, vec_double sum)
{
    return _mm256_fmadd_pd(x, y, sum);
}

static inline vec_double vec_double_load(const double *p)
{
    return _mm256_loadu_pd(p);
}

static inline void vec_double_store(double *p, vec_double v)
{
    _mm256_storeu_pd(p, v);
}

#endif
