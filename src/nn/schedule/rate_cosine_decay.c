/* Warm-up, hold, then half a cosine to zero (easyrec.md 4.2):
 *
 *   step <  warmup_steps           linear from warmup_learning_rate to the base rate
 *   up to   warmup + hold steps    the base rate
 *   up to   total_steps            base / 2 * (1 + cos(pi * (step - warmup - hold) / (total - warmup - hold)))
 *   beyond                         0
 *
 * The hold includes its last step only when hold_base_rate_steps > 0, but the cosine is the base rate there anyway.
 */
#include <math.h>

#include "optimizer.h"
#include "option_check.h"

static void check(const rk_config *config, const ProtobufCMessage *options, rk_faults *faults)
{
    const Rocket__CosineDecayLearningRate *opt = (const Rocket__CosineDecayLearningRate *)options;
    const rk_option_check at = { config, options, faults };
    uint64_t start = (uint64_t)opt->warmup_steps + opt->hold_base_rate_steps;

    rk_option_expect_rate(&at, "learning_rate_base", opt->learning_rate_base);
    rk_option_expect_rate(&at, "warmup_learning_rate", opt->warmup_learning_rate);
    rk_option_expect(&at, "total_steps", opt->total_steps, opt->total_steps > start,
                     "more than warmup_steps (10000 by default) and hold_base_rate_steps together");
    if (opt->warmup_steps > 0)
        rk_option_expect(&at, "warmup_learning_rate", opt->warmup_learning_rate,
                         opt->warmup_learning_rate <= opt->learning_rate_base, "at most learning_rate_base");
}

static float warm_up(const Rocket__CosineDecayLearningRate *opt, uint64_t step)
{
    float slope = (float)(((double)opt->learning_rate_base - opt->warmup_learning_rate) / opt->warmup_steps);

    return slope * (float)step + opt->warmup_learning_rate;
}

static double rate(const ProtobufCMessage *options, uint64_t step)
{
    const Rocket__CosineDecayLearningRate *opt = (const Rocket__CosineDecayLearningRate *)options;
    uint64_t start = (uint64_t)opt->warmup_steps + opt->hold_base_rate_steps;
    const float pi = 3.14159265358979323846f;
    float angle;

    if (step > opt->total_steps)
        return 0;
    if (step < opt->warmup_steps)
        return warm_up(opt, step);
    if (step <= start)
        return opt->learning_rate_base;
    angle = pi * (float)(step - start) / (float)(opt->total_steps - start);
    return 0.5f * opt->learning_rate_base * (1 + (float)cos(angle));
}

const rk_schedule_def rk_schedule_cosine_decay = {
    .name = "cosine_decay_learning_rate",
    .doc = "linear warm-up, hold, half a cosine to zero",
    .check = check,
    .rate = rate,
};
