/* Adam with the dense semantics that upstream gives it: m and v of every row of every table decay and every row moves
 * each step, touched or not. Rows make up for the steps that they missed when they are next read. The rule:
 * adam_rule.h.
 */
#include "adam_rule.h"
#include "option_check.h"

static void check(const rk_config *config, const ProtobufCMessage *options, rk_faults *faults)
{
    const Rocket__AdamOptimizer *opt = (const Rocket__AdamOptimizer *)options;
    const rk_option_check at = { config, options, faults };

    rk_option_expect_decay(&at, "beta1", opt->beta1);
    rk_option_expect_decay(&at, "beta2", opt->beta2);
}

static void prepare(rk_hyper *hyper, const ProtobufCMessage *options, uint64_t step)
{
    const Rocket__AdamOptimizer *opt = (const Rocket__AdamOptimizer *)options;

    rk_adam_prepare(hyper, &(rk_adam_options){ opt->beta1, opt->beta2, 0 }, step);
}

const rk_optimizer_def rk_optimizer_adam = {
    .name = "adam_optimizer",
    .doc = "Adam; every row of every table moves each step",
    .n_slots = 2,
    .slots = { "Adam", "Adam_1" },
    .check = check,
    .prepare = prepare,
    .update = rk_adam_update,
    .update_rows = rk_adam_update_rows,
    .coast = rk_adam_coast,
};
