/* Adam that moves only those rows of a table that the batch touched; dense parameters move as with adam. Cheap with
 * large tables, and another optimizer than adam: untouched rows neither coast nor forget. The rule: adam_rule.h.
 */
#include "adam_rule.h"
#include "option_check.h"

static void check(const rk_config *config, const ProtobufCMessage *options, rk_faults *faults)
{
    const Rocket__LazyAdamOptimizer *opt = (const Rocket__LazyAdamOptimizer *)options;
    const rk_option_check at = { config, options, faults };

    rk_option_expect_decay(&at, "beta1", opt->beta1);
    rk_option_expect_decay(&at, "beta2", opt->beta2);
}

static void prepare(rk_hyper *hyper, const ProtobufCMessage *options, uint64_t step)
{
    const Rocket__LazyAdamOptimizer *opt = (const Rocket__LazyAdamOptimizer *)options;

    rk_adam_prepare(hyper, &(rk_adam_options){ opt->beta1, opt->beta2, 0 }, step);
}

const rk_optimizer_def rk_optimizer_lazy_adam = {
    .name = "lazy_adam_optimizer",
    .doc = "Adam; rows of tables move when a batch touches them",
    .n_slots = 2,
    .slots = { "Adam", "Adam_1" },
    .check = check,
    .prepare = prepare,
    .update = rk_adam_update,
    .update_rows = rk_adam_update_rows,
};
