/* 8 floats at a time, and what is left of a row. */
#ifndef RK_LANES_AVX2_H
#define RK_LANES_AVX2_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

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

/* As bytes: rounded to even, kept in 0 .. 255, 0 where it is no number. Bounded before it is rounded, so that what is
 * too great for an integer has its byte too. */
static inline void store_bytes(uint8_t *p, int64_t left, __m256 v)
{
    v = _mm256_min_ps(_mm256_max_ps(v, _mm256_setzero_ps()), _mm256_set1_ps(255));
    __m256i q = _mm256_cvtps_epi32(v);
    __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(q), _mm256_extracti128_si256(q, 1));
    uint64_t bytes = (uint64_t)_mm_cvtsi128_si64(_mm_packus_epi16(words, words));

    if (left >= LANES)
        memcpy(p, &bytes, LANES);
    else
        memcpy(p, &bytes, (size_t)left);
}

#endif
