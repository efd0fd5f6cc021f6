/* See adam_rule.h. Coefficients are computed in double from the float options and rounded once.
 *
 * Steps without a gradient are made up for many at a time: a row that was not touched for a thousand steps is loaded
 * once. It soon moves no more (after some 150 steps at the usual betas, when a step is below half a unit in the last
 * place of w), then m and later v reach zero; each of these makes the steps that follow cheaper, down to two products.
 * All this only leaves out what would change no bit.
 */
#include "adam_rule.h"

#include <math.h>
#include <string.h>

enum { C_RATE, C_BETA1, C_BETA2, C_DECAY };

#define EPSILON 1e-8f

void rk_adam_prepare(rk_hyper *hyper, const rk_adam_options *options, uint64_t step)
{
    double t = (double)step + 1;
    double b1 = pow(options->beta1, t), b2 = pow(options->beta2, t);

    hyper->c[C_RATE] = hyper->rate * sqrt(1 - b2) / (1 - b1);
    hyper->c[C_BETA1] = options->beta1;
    hyper->c[C_BETA2] = options->beta2;
    hyper->c[C_DECAY] = options->decay;
}

/* Zero where the exponent field is zero. On bits, since a comparison of floats may trap and would keep the loops from
 * being vectorised. */
static inline float flush(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    bits &= (bits & 0x7f800000u) ? 0xffffffffu : 0;
    memcpy(&x, &bits, sizeof bits);
    return x;
}

void rk_adam_update(const rk_update_run *run)
{
    const double *c = run->hyper->c;
    const float rate = (float)c[C_RATE], b1 = (float)c[C_BETA1], b2 = (float)c[C_BETA2], decay = (float)c[C_DECAY];
    const float a1 = 1 - b1, a2 = 1 - b2;
    float *restrict w = run->w;
    float *restrict m = run->slots[0];
    float *restrict v = run->slots[1];
    const float *restrict g = run->g;

    for (int64_t i = 0; i < run->n; i++) {
        float m_new = flush(b1 * m[i] + a1 * g[i]);
        float v_new = flush(b2 * v[i] + a2 * (g[i] * g[i]));

        m[i] = m_new;
        v[i] = v_new;
        w[i] = (w[i] - decay * w[i]) - rate * m_new / (sqrtf(v_new) + EPSILON);
    }
}

/* ---- steps without a gradient: m = beta1 * m, v = beta2 * v, and w as above ---- */

enum {
    LANES = 16, /* values of a tile, which the compiler keeps in registers: the common width of a row */
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

/* Take n steps; n is a constant where this is inlined. */
static inline void coast_steps(tile *t, const rk_hyper *steps, int n)
{
    const float b1 = (float)steps->c[C_BETA1], b2 = (float)steps->c[C_BETA2];
    float rates[STRIDE];

    for (int s = 0; s < n; s++)
        rates[s] = (float)steps[s].c[C_RATE];
    for (int i = 0; i < LANES; i++) {
        float w = t->w[i], m = t->m[i], v = t->v[i];

        for (int s = 0; s < n; s++) {
            m = flush(b1 * m);
            v = flush(b2 * v);
            w -= rates[s] * m / (sqrtf(v) + EPSILON);
        }
        t->w[i] = w;
        t->m[i] = m;
        t->v[i] = v;
    }
}

/* Whether no step of a rate up to `rate` will move w any more. m / (sqrt(v) + epsilon) only shrinks where beta1 is below
 * sqrt(beta2), and what is too small to change w stays so when it shrinks; four times the step are tried, which leaves
 * room for every rounding on the way. Where m is zero, there is nothing to move w. */
static bool is_still(const tile *t, float rate, bool shrinks)
{
    uint32_t moved = 0, any = 0;

    for (int i = 0; i < LANES; i++) {
        moved |= bits_of(t->w[i]) ^ bits_of(t->w[i] - 4 * rate * t->m[i] / (sqrtf(t->v[i]) + EPSILON));
        any |= bits_of(t->m[i]);
    }
    return any == 0 || (shrinks && moved == 0);
}

/* n times x = flush(b * x). Far above the smallest normal float there is nothing to flush: STRIDE products by b >= 1/8
 * take no value below 2^-24 of itself. */
static void decay(float *x, float b, int n)
{
    const uint32_t far = (uint32_t)(127 - 100) << 23; /* 2^-100 */

    while (n > 0) {
        uint32_t any = 0, near = 0;

        for (int i = 0; i < LANES; i++) {
            uint32_t bits = bits_of(x[i]);

            any |= bits;
            near |= bits != 0 && (bits & 0x7fffffffu) < far;
        }
        if (any == 0)
            return;
        if (n < STRIDE || near || b < 0.125F) {
            for (int i = 0; i < LANES; i++)
                x[i] = flush(b * x[i]);
            n--;
            continue;
        }
        for (int i = 0; i < LANES; i++)
            for (int s = 0; s < STRIDE; s++)
                x[i] *= b;
        n -= STRIDE;
    }
}

static void coast_tile(tile *t, const rk_coasting *c)
{
    const float b1 = (float)c->steps->c[C_BETA1], b2 = (float)c->steps->c[C_BETA2];
    const float peak = (float)c->peak.c[C_RATE];
    int at = 0;

    while (at < c->n) {
        if (c->n - at >= STRIDE && at % (2 * STRIDE) == 0 && is_still(t, peak, b1 * b1 < 0.998F * b2))
            break;
        if (c->n - at >= STRIDE) {
            coast_steps(t, c->steps + at, STRIDE);
            at += STRIDE;
        } else {
            coast_steps(t, c->steps + at, 1);
            at++;
        }
    }
    decay(t->m, b1, c->n - at);
    decay(t->v, b2, c->n - at);
}

void rk_adam_coast(const rk_update_run *run, const rk_coasting *steps)
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
