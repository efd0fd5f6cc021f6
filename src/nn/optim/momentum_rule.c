/* See momentum_rule.h. decay 0 changes no bit of w: w - 0 * w is w for every finite w, up to the sign of zero. */
#include "momentum_rule.h"

void rk_momentum_update(const rk_update_run *run)
{
    const float rate = (float)run->hyper->rate;
    const float momentum = (float)run->hyper->c[RK_MOMENTUM_C_MOMENTUM];
    const float decay = (float)run->hyper->c[RK_MOMENTUM_C_DECAY];
    float *restrict w = run->w;
    float *restrict a = run->slots[0];
    const float *restrict g = run->g;

    for (int64_t i = 0; i < run->n; i++) {
        float a_new = momentum * a[i] + g[i];

        a[i] = a_new;
        w[i] = (w[i] - decay * w[i]) - rate * a_new;
    }
}
