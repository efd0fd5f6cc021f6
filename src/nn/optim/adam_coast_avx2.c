/* adam_coast.c for processors with AVX2: 16 values of w, m and v stay in six registers for all the steps that they
 * missed. While values move, the time is that of the divider: a root and a quotient per register and step.
 */
#include <immintrin.h>

#include "adam_rule.h"

enum {
    LANES = 8,
    REGS = 2, /* of a tile, for each of w, m and v */
    TILE = LANES * REGS,
    STRIDE = 16, /* steps between two looks at whether w still moves */
    DECAY = 8    /* products between two looks at how small the values are */
};

typedef struct tile {
    __m256 w[REGS], m[REGS], v[REGS];
} tile;

bool rk_adam_avx2_supported(void)
{
    return __builtin_cpu_supports("avx2") != 0;
}

static inline __m256 magnitude(__m256 x)
{
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0F), x);
}

/* rk_adam_flush; NaN stays. */
static inline __m256 flush(__m256 x)
{
    return _mm256_and_ps(x, _mm256_cmp_ps(magnitude(x), _mm256_set1_ps(0x1p-126F), _CMP_NLT_UQ));
}

static inline __m256 movement(__m256 rate, __m256 m, __m256 v)
{
    return _mm256_div_ps(_mm256_mul_ps(rate, m), _mm256_add_ps(_mm256_sqrt_ps(v), _mm256_set1_ps(RK_ADAM_EPSILON)));
}

static inline bool is_zero(const __m256 *x)
{
    __m256i any = _mm256_castps_si256(_mm256_or_ps(x[0], x[1]));

    return _mm256_testz_si256(any, any);
}

static inline bool is_still(const tile *t, float rate, bool shrinks)
{
    __m256 four = _mm256_set1_ps(4 * rate), moved = _mm256_setzero_ps();

    if (is_zero(t->m))
        return true;
    for (int i = 0; i < REGS; i++)
        moved = _mm256_or_ps(moved, _mm256_xor_ps(t->w[i], _mm256_sub_ps(t->w[i], movement(four, t->m[i], t->v[i]))));
    return shrinks && _mm256_testz_si256(_mm256_castps_si256(moved), _mm256_castps_si256(moved));
}

static inline void coast_steps(tile *t, const rk_hyper *steps, int n)
{
    const __m256 b1 = _mm256_set1_ps((float)steps->c[RK_ADAM_C_BETA1]);
    const __m256 b2 = _mm256_set1_ps((float)steps->c[RK_ADAM_C_BETA2]);

    for (int s = 0; s < n; s++) {
        __m256 rate = _mm256_set1_ps((float)steps[s].c[RK_ADAM_C_RATE]);

        for (int i = 0; i < REGS; i++) {
            t->m[i] = flush(_mm256_mul_ps(b1, t->m[i]));
            t->v[i] = flush(_mm256_mul_ps(b2, t->v[i]));
            t->w[i] = _mm256_sub_ps(t->w[i], movement(rate, t->m[i], t->v[i]));
        }
    }
}

/* Some value is below `far`, zero of the good sign apart. */
static inline bool is_near(const __m256 *x, float far)
{
    __m256 near = _mm256_setzero_ps();

    for (int i = 0; i < REGS; i++) {
        __m256i zero = _mm256_cmpeq_epi32(_mm256_castps_si256(x[i]), _mm256_setzero_si256());
        __m256 small = _mm256_cmp_ps(magnitude(x[i]), _mm256_set1_ps(far), _CMP_LT_OQ);

        near = _mm256_or_ps(near, _mm256_andnot_ps(_mm256_castsi256_ps(zero), small));
    }
    return _mm256_movemask_ps(near) != 0;
}

/* n times x = flush(b * x). What is twice as large as it must be is not flushed by the next DECAY products. */
static inline void decay(__m256 *x, float b, int n)
{
    const __m256 factor = _mm256_set1_ps(b);
    const float b4 = b * b * b * b, far = 0x1p-125F / (b4 * b4);

    while (n > 0 && !is_zero(x)) {
        bool fast = n >= DECAY && !is_near(x, far);

        for (int s = 0; fast && s < DECAY; s++)
            for (int i = 0; i < REGS; i++)
                x[i] = _mm256_mul_ps(factor, x[i]);
        for (int i = 0; !fast && i < REGS; i++)
            x[i] = flush(_mm256_mul_ps(factor, x[i]));
        n -= fast ? DECAY : 1;
    }
}

static inline void coast_tile(tile *t, const rk_coasting *c)
{
    const float b1 = (float)c->steps->c[RK_ADAM_C_BETA1], b2 = (float)c->steps->c[RK_ADAM_C_BETA2];
    const float peak = (float)c->peak.c[RK_ADAM_C_RATE];
    int at = 0;

    for (; c->n - at >= STRIDE && !is_still(t, peak, b1 * b1 < 0.998F * b2); at += STRIDE)
        coast_steps(t, c->steps + at, STRIDE);
    if (c->n - at < STRIDE) {
        coast_steps(t, c->steps + at, c->n - at);
        return;
    }
    decay(t->m, b1, c->n - at);
    decay(t->v, b2, c->n - at);
}

static inline void load(__m256 *to, const float *from)
{
    for (int i = 0; i < REGS; i++)
        to[i] = _mm256_loadu_ps(from + i * LANES);
}

static inline void store(float *to, const __m256 *from)
{
    for (int i = 0; i < REGS; i++)
        _mm256_storeu_ps(to + i * LANES, from[i]);
}

void rk_adam_coast_avx2(const rk_update_run *run, const rk_coasting *steps)
{
    int64_t whole = run->n / TILE * TILE;
    rk_update_run left = { .w = run->w + whole, .n = run->n - whole };

    for (int64_t i = 0; i < whole; i += TILE) {
        tile t;

        load(t.w, run->w + i);
        load(t.m, run->slots[0] + i);
        load(t.v, run->slots[1] + i);
        coast_tile(&t, steps);
        store(run->w + i, t.w);
        store(run->slots[0] + i, t.m);
        store(run->slots[1] + i, t.v);
    }
    left.slots[0] = run->slots[0] + whole;
    left.slots[1] = run->slots[1] + whole;
    if (left.n > 0)
        rk_adam_coast_plain(&left, steps);
}
