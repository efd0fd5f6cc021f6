/* Momentum with decoupled weight decay (Loshchilov & Hutter 2019): before the step, w -= weight_decay * w.
 *
 * As upstream has it, the decay is not multiplied by the learning rate, and rows of a table without a gradient do not
 * decay. The rule: momentum_rule.h.
 */
#include "momentum_rule.h"
#include "option_check.h"

static void check(const rk_config *config, const ProtobufCMessage *options, rk_faults *faults)
{
    const Rocket__MomentumWOptimizer *opt = (const Rocket__MomentumWOptimizer *)options;
    const rk_option_check at = { config, options, faults };

    rk_option_expect_decay(&at, "momentum_optimizer_value", opt->momentum_optimizer_value);
    rk_option_expect_decay(&at, "weight_decay", opt->weight_decay);
}

static void prepare(rk_hyper *hyper, const ProtobufCMessage *options, uint64_t step)
{
    const Rocket__MomentumWOptimizer *opt = (const Rocket__MomentumWOptimizer *)options;

    (void)step;
    hyper->c[RK_MOMENTUM_C_MOMENTUM] = opt->momentum_optimizer_value;
    hyper->c[RK_MOMENTUM_C_DECAY] = opt->weight_decay;
}

const rk_optimizer_def rk_optimizer_momentumw = {
    .name = "momentumw_optimizer",
    .doc = "momentum with decoupled weight decay",
    .n_slots = 1,
    .slots = { "MomentumW" },
    .check = check,
    .prepare = prepare,
    .update = rk_momentum_update,
};
