/* See adam_rule.h. Coefficients are computed in double from the float options and rounded once. */
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

static void move(const rk_update_run *run)
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

/* move() with g = 0 and no decay. */
static void coast(const rk_update_run *run)
{
    const double *c = run->hyper->c;
    const float rate = (float)c[C_RATE], b1 = (float)c[C_BETA1], b2 = (float)c[C_BETA2];
    float *restrict w = run->w;
    float *restrict m = run->slots[0];
    float *restrict v = run->slots[1];

    for (int64_t i = 0; i < run->n; i++) {
        float m_new = flush(b1 * m[i]);
        float v_new = flush(b2 * v[i]);

        m[i] = m_new;
        v[i] = v_new;
        w[i] -= rate * m_new / (sqrtf(v_new) + EPSILON);
    }
}

void rk_adam_update(const rk_update_run *run)
{
    if (run->g)
        move(run);
    else
        coast(run);
}
