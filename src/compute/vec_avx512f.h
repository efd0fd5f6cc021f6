/* Vectors of AVX-512, by the names of vec.h. */
#ifndef RK_VEC_AVX512F_H
#define RK_VEC_AVX512F_H

#include <immintrin.h>
#include <stdint.h>

typedef __m512 vec;
enum { LANES = 16 };

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

static inline vec vec_add(vec x, vec y)
{
    return _mm512_add_ps(x, y);
}

static inline vec vec_mul(vec x, vec y)
{
    return _mm512_mul_ps(x, y);
}

static inline vec vec_zero(void)
{
    return _mm512_setzero_ps();
}

static inline vec vec_where_positive(vec v, vec x, vec y)
{
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_GT_OQ), y, x);
}

typedef __m512d vec_double; /* half as many */

static inline vec_double vec_low(vec v)
{
    return _mm512_cvtps_pd(_mm512_castps512_ps256(v));
}

static inline vec_double vec_high(vec v)
{
    return _mm512_cvtps_pd(_mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(v), 1)));
}

static inline vec_double vec_double_zero(void)
{
    return _mm512_setzero_pd();
}

static inline vec_double vec_double_add(vec_double x, vec_double y)
{
    return _mm512_add_pd(x, y);
}

static inline vec_double vec_double_fma(vec_double x, vec_double y, vec_double sum)
{
    return _mm512_fmadd_pd(x, y, sum);
}

static inline vec_double vec_double_load(const double *p)
{
    return _mm512_loadu_pd(p);
}

static inline void vec_double_store(double *p, vec_double v)
{
    _mm512_storeu_pd(p, v);
}

#endif
