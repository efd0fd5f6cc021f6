/* FTRL-Proximal (McMahan et al. 2013, algorithm 1), as TensorFlow has it. With p = -learning_rate_power:
 *
 *   g' = g + 2 * l2_shrinkage * w          n' = n + g^2
 *   z += g' - (n'^p - n^p) / rate * w
 *   w  = |z| > l1 ? (sign(z) * l1 - z) / (n'^p / rate + 2 * l2) : 0
 *
 * w is a function of the slots, so a weight's initial value is forgotten at its first step. At rate 0 the formula has
 * no meaning; its limit is to stay, and so does the run. Rows of a table without a gradient stay as they are.
 */
#include <math.h>

#include "optimizer.h"
#include "option_check.h"

enum { C_POWER, C_L1, C_L2, C_SHRINKAGE };

static void check(const rk_config *config, const ProtobufCMessage *options, rk_faults *faults)
{
    const Rocket__FtrlOptimizer *opt = (const Rocket__FtrlOptimizer *)options;
    const rk_option_check at = { config, options, faults };
    float power = opt->learning_rate_power;

    rk_option_expect(&at, "learning_rate_power", power, power <= 0 && isfinite(power), "a finite number <= 0");
    rk_option_expect_rate(&at, "initial_accumulator_value", opt->initial_accumulator_value);
    rk_option_expect_rate(&at, "l1_reg", opt->l1_reg);
    rk_option_expect_rate(&at, "l2_reg", opt->l2_reg);
    rk_option_expect_rate(&at, "l2_shrinkage_reg", opt->l2_shrinkage_reg);
    if (opt->l2_shrinkage_reg > 0) /* else a weight without a gradient would be pulled by 1 / 0 */
        rk_option_expect(&at, "initial_accumulator_value", opt->initial_accumulator_value,
                         opt->initial_accumulator_value > 0, "> 0 with l2_shrinkage_reg");
}

static float slot_init(const ProtobufCMessage *options, int slot)
{
    return slot == 0 ? ((const Rocket__FtrlOptimizer *)options)->initial_accumulator_value : 0;
}

static void prepare(rk_hyper *hyper, const ProtobufCMessage *options, uint64_t step)
{
    const Rocket__FtrlOptimizer *opt = (const Rocket__FtrlOptimizer *)options;

    (void)step;
    hyper->c[C_POWER] = -opt->learning_rate_power;
    hyper->c[C_L1] = opt->l1_reg;
    hyper->c[C_L2] = opt->l2_reg;
    hyper->c[C_SHRINKAGE] = opt->l2_shrinkage_reg;
}

static inline float power_of(float n, float power)
{
    return power == 0.5f ? sqrtf(n) : powf(n, power);
}

static void update(const rk_update_run *run)
{
    const double *c = run->hyper->c;
    const float rate = (float)run->hyper->rate, power = (float)c[C_POWER];
    const float l1 = (float)c[C_L1], l2 = 2 * (float)c[C_L2], shrinkage = 2 * (float)c[C_SHRINKAGE];
    float *restrict w = run->w;
    float *restrict n = run->slots[0];
    float *restrict z = run->slots[1];
    const float *restrict g = run->g;

    if (rate == 0)
        return;
    for (int64_t i = 0; i < run->n; i++) {
        float n_new = n[i] + g[i] * g[i];
        float root = power_of(n_new, power);
        float z_new = z[i] + (g[i] + shrinkage * w[i]) - (root - power_of(n[i], power)) / rate * w[i];

        n[i] = n_new;
        z[i] = z_new;
        w[i] = fabsf(z_new) > l1 ? (copysignf(l1, z_new) - z_new) / (root / rate + l2) : 0;
    }
}

const rk_optimizer_def rk_optimizer_ftrl = {
    .name = "ftrl_optimizer",
    .doc = "FTRL-Proximal",
    .n_slots = 2,
    .slots = { "Ftrl", "Ftrl_1" },
    .check = check,
    .slot_init = slot_init,
    .prepare = prepare,
    .update = update,
};
