/* Rows of bytes, 8 columns at a time. Products and sums are apart, as in the plain loops. */
#include <immintrin.h>
#include <string.h>

#include "int8_rows.h"
#include "lanes_avx2.h"

static void round_rows(rk_bytes y, rk_block x, const float *inverse, const float *zero)
{
    for (int64_t r = 0; r < x.rows; r++)
        for (int64_t c = 0; c < x.cols; c += LANES) {
            int64_t left = x.cols - c;
            __m256 v = _mm256_mul_ps(load(x.data + r * x.ld + c, left), load(inverse + c, left));

            store_bytes(y.data + r * y.ld + c, left, _mm256_add_ps(v, load(zero + c, left)));
        }
}

static inline __m256 integers(const int8_t *q, int64_t left)
{
    uint64_t some = 0;

    memcpy(&some, q, left < LANES ? (size_t)left : LANES);
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_cvtsi64_si128((long long)some)));
}

static void sum_rows(const rk_int8_sum *s)
{
    for (int64_t d = 0; d < s->dim; d += LANES) {
        int64_t left = s->dim - d;
        __m256 sum = _mm256_setzero_ps();

        for (int64_t i = 0; i < s->n; i++) {
            __m256 q = integers(s->q + s->ids[i] * s->dim + d, left);

            sum = _mm256_add_ps(sum, s->weights ? _mm256_mul_ps(_mm256_set1_ps(s->weights[i]), q) : q);
        }
        sum = _mm256_mul_ps(sum, _mm256_set1_ps(s->factor));
        if (s->ratio)
            sum = _mm256_mul_ps(sum, load(s->ratio + d, left));
        store_bytes(s->y + d, left, _mm256_add_ps(sum, _mm256_set1_ps(128)));
    }
}

const rk_int8_row_kernels rk_int8_rows_avx2 = { .round = round_rows, .sum = sum_rows };
