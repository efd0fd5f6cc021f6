/* Exponential decay after an optional burn-in (easyrec.md 4.2):
 *
 *   step <  burnin_steps   the base rate, or linear from burnin_learning_rate to it
 *   step >= burnin_steps   base * factor^p, p = (step - burnin_steps) / decay_steps, rounded down with staircase
 *   always                 at least min_learning_rate
 *
 * In float, as upstream computes it; only the power is taken in double and rounded.
 */
#include <math.h>

#include "optimizer.h"
#include "option_check.h"

static void check(const rk_config *config, const ProtobufCMessage *options, rk_faults *faults)
{
    const Rocket__ExponentialDecayLearningRate *opt = (const Rocket__ExponentialDecayLearningRate *)options;
    const rk_option_check at = { config, options, faults };
    float factor = opt->decay_factor;

    rk_option_expect_rate(&at, "initial_learning_rate", opt->initial_learning_rate);
    rk_option_expect_rate(&at, "burnin_learning_rate", opt->burnin_learning_rate);
    rk_option_expect_rate(&at, "min_learning_rate", opt->min_learning_rate);
    rk_option_expect(&at, "decay_steps", opt->decay_steps, opt->decay_steps > 0, "at least 1");
    rk_option_expect(&at, "decay_factor", factor, factor > 0 && factor <= 1, "in (0, 1]");
}

static float burn_in(const Rocket__ExponentialDecayLearningRate *opt, uint64_t step)
{
    float base = opt->initial_learning_rate, first = opt->burnin_learning_rate;
    float slope = (float)(((double)base - first) / opt->burnin_steps);

    return first == 0 ? base : first + slope * (float)step;
}

static float decay(const Rocket__ExponentialDecayLearningRate *opt, uint64_t step)
{
    float p = (float)step / (float)opt->decay_steps;

    if (opt->staircase)
        p = floorf(p);
    return opt->initial_learning_rate * (float)pow(opt->decay_factor, p);
}

static double rate(const ProtobufCMessage *options, uint64_t step)
{
    const Rocket__ExponentialDecayLearningRate *opt = (const Rocket__ExponentialDecayLearningRate *)options;
    bool burning = step < opt->burnin_steps;

    return fmaxf(burning ? burn_in(opt, step) : decay(opt, step - opt->burnin_steps), opt->min_learning_rate);
}

const rk_schedule_def rk_schedule_exponential_decay = {
    .name = "exponential_decay_learning_rate",
    .doc = "base * factor^(step / decay_steps), after an optional burn-in",
    .check = check,
    .rate = rate,
};
