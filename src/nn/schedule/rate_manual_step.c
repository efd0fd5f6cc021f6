/* A rate for every stretch of steps: initial_learning_rate at first, then schedule[i].learning_rate from
 * schedule[i].step on. With warmup the first stretch is a straight line from the initial rate to the first one listed.
 */
#include "optimizer.h"
#include "option_check.h"

static void check(const rk_config *config, const ProtobufCMessage *options, rk_faults *faults)
{
    const Rocket__ManualStepLearningRate *opt = (const Rocket__ManualStepLearningRate *)options;
    const rk_option_check at = { config, options, faults };
    int64_t previous = -1;

    rk_option_expect_rate(&at, "initial_learning_rate", opt->initial_learning_rate);
    for (size_t i = 0; i < opt->n_schedule; i++) {
        const rk_option_check entry = { config, &opt->schedule[i]->base, faults };
        int64_t step = opt->schedule[i]->step;

        rk_option_expect_rate(&entry, "learning_rate", opt->schedule[i]->learning_rate);
        rk_option_expect(&entry, "step", (double)step, step > previous, "above the step of the entry before");
        previous = step;
    }
    if (opt->warmup && opt->n_schedule > 0)
        rk_option_expect(&(rk_option_check){ config, &opt->schedule[0]->base, faults }, "step", opt->schedule[0]->step,
                         opt->schedule[0]->step > 0, "at least 1 with warmup");
}

static double rate(const ProtobufCMessage *options, uint64_t step)
{
    const Rocket__ManualStepLearningRate *opt = (const Rocket__ManualStepLearningRate *)options;
    float current = opt->initial_learning_rate;

    if (opt->warmup && opt->n_schedule > 0 && step < opt->schedule[0]->step) {
        double rise = (double)opt->schedule[0]->learning_rate - current;

        return (float)(current + rise / opt->schedule[0]->step * (double)step);
    }
    for (size_t i = 0; i < opt->n_schedule && opt->schedule[i]->step <= step; i++)
        current = opt->schedule[i]->learning_rate;
    return current;
}

const rk_schedule_def rk_schedule_manual_step = {
    .name = "manual_step_learning_rate",
    .doc = "a list of steps and rates",
    .check = check,
    .rate = rate,
};
