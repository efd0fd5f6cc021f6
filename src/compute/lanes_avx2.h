/* 8 floats at a time, and what is left of a row. */
#ifndef RK_LANES_AVX2_H
#define RK_LANES_AVX2_H

#include <immintrin.h>
#include <stdint.h>

enum { LANES = 8 };

/* The first `left` lanes, all when there are more. */
static inline __m256i mask_of(int64_t left)
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

#endif
