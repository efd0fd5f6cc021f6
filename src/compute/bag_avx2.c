/* Sums of bags, 16 columns in two registers at a time, in batch order.
 *
 * Rows of big tables are cache misses, so the rows of ids further on are asked for early: by ids and not by bags, since
 * bags may hold one id or fifty. Whatever bags have in common (no weights, a factor of one) is decided outside.
 */
#include "bag_avx2.h"

#include <immintrin.h>

#include "prefetch.h"

enum { LANES = 8, AHEAD = 16 /* ids */ };

typedef struct walk {
    const float *source;
    const int64_t *ids;
    const float *weights; /* or NULL */
    int64_t ld, last;     /* last: end of all ids */
} walk;

RK_PREFETCHING void ask_for(const walk *w, int64_t i)
{
    if (i < w->last)
        _mm_prefetch((const char *)(w->source + w->ids[i] * w->ld), _MM_HINT_T0);
}

/* Most bags hold one id and no weights: y = 0 + row, and every factor is 1. */
static inline void take_row(float *y, const walk *w, int64_t i)
{
    const float *row = w->source + w->ids[i] * w->ld;

    ask_for(w, i + AHEAD);
    _mm256_storeu_ps(y, _mm256_add_ps(_mm256_loadu_ps(row), _mm256_setzero_ps()));
    _mm256_storeu_ps(y + LANES, _mm256_add_ps(_mm256_loadu_ps(row + LANES), _mm256_setzero_ps()));
}

/* y = factor * sum of rows ids[begin .. end) */
static inline void sum_bag(float *y, const walk *w, int64_t begin, int64_t end, float factor)
{
    __m256 a = _mm256_setzero_ps(), b = a, f = _mm256_set1_ps(factor);

    for (int64_t i = begin; i < end; i++) {
        const float *row = w->source + w->ids[i] * w->ld;
        __m256 weight = _mm256_set1_ps(w->weights ? w->weights[i] : 1.0F);

        ask_for(w, i + AHEAD);
        a = _mm256_fmadd_ps(weight, _mm256_loadu_ps(row), a);
        b = _mm256_fmadd_ps(weight, _mm256_loadu_ps(row + LANES), b);
    }
    _mm256_storeu_ps(y, _mm256_mul_ps(a, f));
    _mm256_storeu_ps(y + LANES, _mm256_mul_ps(b, f));
}

void rk_bag_sum_avx2(rk_block y, const rk_bag *bag)
{
    walk w = { bag->source, bag->ids, bag->weights, bag->ld, bag->offsets[y.rows] };
    bool plain = bag->combiner == RK_COMBINER_SUM; /* factor 1, and an empty sum is 0 anyway */

    for (int64_t c = 0; c < y.cols; c += RK_BAG_LANES, w.source += RK_BAG_LANES) {
        for (int64_t i = 0; i < AHEAD; i++)
            ask_for(&w, bag->offsets[0] + i);
        for (int64_t r = 0; r < y.rows; r++) {
            int64_t begin = bag->offsets[r], end = bag->offsets[r + 1];

            if (end - begin == 1 && !w.weights)
                take_row(y.data + r * y.ld + c, &w, begin);
            else
                sum_bag(y.data + r * y.ld + c, &w, begin, end, plain ? 1.0F : rk_bag_factor(bag, r));
        }
    }
}
