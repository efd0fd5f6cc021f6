/* adam_rule.c for processors with AVX2, in the same bits: products, roots and quotients are rounded alike at any width,
 * and nothing is fused. Rows of tables are short, so what counts is how little there is around the 16 values of one.
 */
#include <immintrin.h>

#include "adam_rule.h"
#include "prefetch.h"

enum { LANES = RK_ADAM_LANES, AHEAD = 12 /* rows */, LINE = 16 };

typedef struct rule {
    __m256 rate, b1, b2, a1, a2, decay;
} rule;

static inline rule rule_of(const double *c)
{
    const float b1 = (float)c[RK_ADAM_C_BETA1], b2 = (float)c[RK_ADAM_C_BETA2];

    return (rule){ .rate = _mm256_set1_ps((float)c[RK_ADAM_C_RATE]),
                   .b1 = _mm256_set1_ps(b1),
                   .b2 = _mm256_set1_ps(b2),
                   .a1 = _mm256_set1_ps(1 - b1),
                   .a2 = _mm256_set1_ps(1 - b2),
                   .decay = _mm256_set1_ps((float)c[RK_ADAM_C_DECAY]) };
}

/* rk_adam_flush; NaN stays. */
static inline __m256 flush(__m256 x)
{
    __m256 size = _mm256_andnot_ps(_mm256_set1_ps(-0.0F), x);

    return _mm256_and_ps(x, _mm256_cmp_ps(size, _mm256_set1_ps(0x1p-126F), _CMP_NLT_UQ));
}

static inline void move(const rule *r, float *w, float *m, float *v, const float *g)
{
    __m256 x = _mm256_loadu_ps(w), d = _mm256_loadu_ps(g);
    __m256 first = _mm256_mul_ps(r->b1, _mm256_loadu_ps(m)), second = _mm256_mul_ps(r->b2, _mm256_loadu_ps(v));

    first = flush(_mm256_add_ps(first, _mm256_mul_ps(r->a1, d)));
    second = flush(_mm256_add_ps(second, _mm256_mul_ps(r->a2, _mm256_mul_ps(d, d))));
    _mm256_storeu_ps(m, first);
    _mm256_storeu_ps(v, second);
    x = _mm256_sub_ps(x, _mm256_mul_ps(r->decay, x));
    d = _mm256_div_ps(_mm256_mul_ps(r->rate, first),
                      _mm256_add_ps(_mm256_sqrt_ps(second), _mm256_set1_ps(RK_ADAM_EPSILON)));
    _mm256_storeu_ps(w, _mm256_sub_ps(x, d));
}

void rk_adam_update_avx2(const rk_update_run *run)
{
    const rule r = rule_of(run->hyper->c);
    int64_t whole = run->n / LANES * LANES;
    rk_update_run left = { .w = run->w + whole, .g = run->g + whole, .n = run->n - whole, .hyper = run->hyper };

    for (int64_t i = 0; i < whole; i += LANES)
        move(&r, run->w + i, run->slots[0] + i, run->slots[1] + i, run->g + i);
    left.slots[0] = run->slots[0] + whole;
    left.slots[1] = run->slots[1] + whole;
    if (left.n > 0)
        rk_adam_update_plain(&left);
}

RK_PREFETCHING void ask_for(const rk_update_rows *rows, int64_t i)
{
    int64_t at = rows->rows[i] * rows->dim;

    for (int64_t d = at; d < at + rows->dim; d += LINE) {
        _mm_prefetch((const char *)(rows->table.w + d), _MM_HINT_T0);
        _mm_prefetch((const char *)(rows->table.slots[0] + d), _MM_HINT_T0);
        _mm_prefetch((const char *)(rows->table.slots[1] + d), _MM_HINT_T0);
    }
}

void rk_adam_update_rows_avx2(const rk_update_rows *rows)
{
    const rule r = rule_of(rows->table.hyper->c);
    const rk_update_run *table = &rows->table;

    for (int64_t i = 0; i < rows->n; i++) {
        int64_t at = rows->rows[i] * rows->dim;

        if (i + AHEAD < rows->n)
            ask_for(rows, i + AHEAD);
        for (int64_t d = 0; d < rows->dim; d += LANES)
            move(&r, table->w + at + d, table->slots[0] + at + d, table->slots[1] + at + d,
                 table->g + i * rows->dim + d);
    }
}
