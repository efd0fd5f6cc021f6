/* Adagrad (Duchi et al. 2011), as TensorFlow has it, without an epsilon:
 *
 *   a += g^2          w -= rate * g / sqrt(a)
 *
 * The accumulator starts above zero, or a value that never had a gradient would be 0 / 0. Rows of a table without a
 * gradient stay as they are, which is exact here.
 */
#include <math.h>

#include "optimizer.h"
#include "option_check.h"

static void check(const rk_config *config, const ProtobufCMessage *options, rk_faults *faults)
{
    const Rocket__AdagradOptimizer *opt = (const Rocket__AdagradOptimizer *)options;
    const rk_option_check at = { config, options, faults };
    float initial = opt->initial_accumulator_value;

    rk_option_expect(&at, "initial_accumulator_value", initial, initial > 0 && isfinite(initial),
                     "a finite number > 0");
}

static float slot_init(const ProtobufCMessage *options, int slot)
{
    (void)slot;
    return ((const Rocket__AdagradOptimizer *)options)->initial_accumulator_value;
}

static void update(const rk_update_run *run)
{
    const float rate = (float)run->hyper->rate;
    float *restrict w = run->w;
    float *restrict a = run->slots[0];
    const float *restrict g = run->g;

    for (int64_t i = 0; i < run->n; i++) {
        float a_new = a[i] + g[i] * g[i];

        a[i] = a_new;
        w[i] -= rate * g[i] / sqrtf(a_new);
    }
}

const rk_optimizer_def rk_optimizer_adagrad = {
    .name = "adagrad_optimizer",
    .doc = "Adagrad",
    .n_slots = 1,
    .slots = { "Adagrad" },
    .check = check,
    .slot_init = slot_init,
    .update = update,
};
