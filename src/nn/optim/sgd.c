/* Plain gradient descent: w -= rate * g.
 *
 * Upstream has no optimizer of this kind (momentum_optimizer with momentum 0 is as near as it gets), hence a message of
 * our own. Without a slot it needs no memory beside the weights.
 */
#include "optimizer.h"

static void update(const rk_update_run *run)
{
    const float rate = (float)run->hyper->rate;
    float *restrict w = run->w;
    const float *restrict g = run->g;

    for (int64_t i = 0; i < run->n; i++)
        w[i] -= rate * g[i];
}

const rk_optimizer_def rk_optimizer_sgd = {
    .name = "sgd_optimizer",
    .doc = "gradient descent",
    .update = update,
};
