/* Adam with decoupled weight decay (Loshchilov & Hutter 2019): before the step, w -= weight_decay * w.
 *
 * As upstream has it, the decay is not multiplied by the learning rate; rows of a table without a gradient do not
 * decay, but they coast on as with adam. The rule: adam_rule.h.
 */
#include "adam_rule.h"
#include "option_check.h"

static void check(const rk_config *config, const ProtobufCMessage *options, rk_faults *faults)
{
    const Rocket__AdamWOptimizer *opt = (const Rocket__AdamWOptimizer *)options;
    const rk_option_check at = { config, options, faults };

    rk_option_expect_decay(&at, "beta1", opt->beta1);
    rk_option_expect_decay(&at, "beta2", opt->beta2);
    rk_option_expect_decay(&at, "weight_decay", opt->weight_decay);
}

static void prepare(rk_hyper *hyper, const ProtobufCMessage *options, uint64_t step)
{
    const Rocket__AdamWOptimizer *opt = (const Rocket__AdamWOptimizer *)options;

    rk_adam_prepare(hyper, &(rk_adam_options){ opt->beta1, opt->beta2, opt->weight_decay }, step);
}

const rk_optimizer_def rk_optimizer_adamw = {
    .name = "adamw_optimizer",
    .doc = "Adam with decoupled weight decay",
    .n_slots = 2,
    .slots = { "AdamW", "AdamW_1" },
    .check = check,
    .prepare = prepare,
    .update = rk_adam_update,
    .update_rows = rk_adam_update_rows,
    .coast = rk_adam_coast,
};
