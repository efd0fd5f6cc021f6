/* Polynomial decay: (base - end) * (1 - min(step, total) / total)^power + end; no cycles, as upstream. */
#include <math.h>

#include "optimizer.h"
#include "option_check.h"

static void check(const rk_config *config, const ProtobufCMessage *options, rk_faults *faults)
{
    const Rocket__PolyDecayLearningRate *opt = (const Rocket__PolyDecayLearningRate *)options;
    const rk_option_check at = { config, options, faults };

    rk_option_expect_rate(&at, "learning_rate_base", opt->learning_rate_base);
    rk_option_expect_rate(&at, "end_learning_rate", opt->end_learning_rate);
    rk_option_expect_rate(&at, "power", opt->power);
    rk_option_expect(&at, "total_steps", (double)opt->total_steps, opt->total_steps > 0, "at least 1");
}

static double rate(const ProtobufCMessage *options, uint64_t step)
{
    const Rocket__PolyDecayLearningRate *opt = (const Rocket__PolyDecayLearningRate *)options;
    uint64_t total = (uint64_t)opt->total_steps;
    float done = (float)(step < total ? step : total) / (float)total;
    float left = (float)pow(1 - done, opt->power);

    return (opt->learning_rate_base - opt->end_learning_rate) * left + opt->end_learning_rate;
}

const rk_schedule_def rk_schedule_poly_decay = {
    .name = "poly_decay_learning_rate",
    .doc = "(1 - step / total_steps)^power from the base rate to the end rate",
    .check = check,
    .rate = rate,
};
