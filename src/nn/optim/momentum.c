/* Gradient descent with classic momentum (no Nesterov look-ahead: upstream never sets it): momentum_rule.h. */
#include "momentum_rule.h"
#include "option_check.h"

static void check(const rk_config *config, const ProtobufCMessage *options, rk_faults *faults)
{
    const Rocket__MomentumOptimizer *opt = (const Rocket__MomentumOptimizer *)options;
    const rk_option_check at = { config, options, faults };

    rk_option_expect_decay(&at, "momentum_optimizer_value", opt->momentum_optimizer_value);
}

static void prepare(rk_hyper *hyper, const ProtobufCMessage *options, uint64_t step)
{
    (void)step;
    hyper->c[RK_MOMENTUM_C_MOMENTUM] = ((const Rocket__MomentumOptimizer *)options)->momentum_optimizer_value;
    hyper->c[RK_MOMENTUM_C_DECAY] = 0;
}

const rk_optimizer_def rk_optimizer_momentum = {
    .name = "momentum_optimizer",
    .doc = "gradient descent with momentum",
    .n_slots = 1,
    .slots = { "Momentum" },
    .check = check,
    .prepare = prepare,
    .update = rk_momentum_update,
};
