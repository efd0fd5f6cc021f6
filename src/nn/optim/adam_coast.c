/* Steps of the Adam rule without a gradient, many at a time: m = beta1 * m, v = beta2 * v, w -= rate * m / (sqrt(v) +
 * epsilon), a row that was not touched for a thousand steps being loaded once.
 *
 * It soon moves no more: after some 150 steps at the usual betas a step is below half a unit in the last place of w.
 * Then m and later v reach zero. Each of these makes the steps that follow cheaper, down to nothing. All this leaves
 * out only what would change no bit, and every operation is that of a plain loop over steps, so this file and its fast
 * twin adam_coast_avx2.c agree.
 */
#include <math.h>

#include "adam_rule.h"

enum {
    LANES = 16, /* values of a tile: the common width of a row */
    STRIDE = 8  /* steps that are taken between two looks at where the values are */
};

typedef struct tile {
    float w[LANES], m[LANES], v[LANES];
} tile;

static uint32_t bits_of(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static void coast_step(tile *t, const rk_hyper *step)
{
    const float b1 = (float)step->c[RK_ADAM_C_BETA1], b2 = (float)step->c[RK_ADAM_C_BETA2];
    const float rate = (float)step->c[RK_ADAM_C_RATE];

    for (int i = 0; i < LANES; i++) {
        t->m[i] = rk_adam_flush(b1 * t->m[i]);
        t->v[i] = rk_adam_flush(b2 * t->v[i]);
        t->w[i] -= rate * t->m[i] / (sqrtf(t->v[i]) + RK_ADAM_EPSILON);
    }
}

/* Whether no step of a rate up to `rate` will move w any more. m / (sqrt(v) + epsilon) only shrinks where beta1 is
 * below sqrt(beta2), and what is too small to change w stays so when it shrinks; four times the step are tried, which
 * leaves room for every rounding on the way. Where m is zero, there is nothing to move w. */
static bool is_still(const tile *t, float rate, bool shrinks)
{
    uint32_t moved = 0, any = 0;

    for (int i = 0; i < LANES; i++) {
        moved |= bits_of(t->w[i]) ^ bits_of(t->w[i] - 4 * rate * t->m[i] / (sqrtf(t->v[i]) + RK_ADAM_EPSILON));
        any |= bits_of(t->m[i]);
    }
    return any == 0 || (shrinks && moved == 0);
}

/* n times x = flush(b * x). */
static void decay(float *x, float b, int n)
{
    uint32_t any = 1;

    for (int s = 0; s < n && any != 0; s++) {
        any = 0;
        for (int i = 0; i < LANES; i++) {
            x[i] = rk_adam_flush(b * x[i]);
            any |= bits_of(x[i]);
        }
    }
}

static void coast_tile(tile *t, const rk_coasting *c)
{
    const float b1 = (float)c->steps->c[RK_ADAM_C_BETA1], b2 = (float)c->steps->c[RK_ADAM_C_BETA2];
    const float peak = (float)c->peak.c[RK_ADAM_C_RATE];
    int at = 0;

    while (at < c->n && !(at % STRIDE == 0 && is_still(t, peak, b1 * b1 < 0.998F * b2)))
        coast_step(t, &c->steps[at++]);
    decay(t->m, b1, c->n - at);
    decay(t->v, b2, c->n - at);
}

void rk_adam_coast_plain(const rk_update_run *run, const rk_coasting *steps)
{
    float *m = run->slots[0], *v = run->slots[1];

    for (int64_t i = 0; i < run->n; i += LANES) {
        size_t bytes = (size_t)(run->n - i < LANES ? run->n - i : LANES) * sizeof(float);
        tile t = { 0 };

        memcpy(t.w, run->w + i, bytes);
        memcpy(t.m, m + i, bytes);
        memcpy(t.v, v + i, bytes);
        coast_tile(&t, steps);
        memcpy(run->w + i, t.w, bytes);
        memcpy(m + i, t.m, bytes);
        memcpy(v + i, t.v, bytes);
    }
}

void rk_adam_coast(const rk_update_run *run, const rk_coasting *steps)
{
    if (rk_adam_avx2_supported())
        rk_adam_coast_avx2(run, steps);
    else
        rk_adam_coast_plain(run, steps);
}
