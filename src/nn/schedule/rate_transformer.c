/* The schedule of Vaswani et al. 2017 (section 5.3): a linear rise over warmup_steps, then 1 / sqrt(step).
 *
 *   s = step * step_scaling_rate          u = warmup_steps * step_scaling_rate
 *   base * hidden_size^-0.5 * min((s + 1) * u^-1.5, (s + 1)^-0.5)
 */
#include <math.h>

#include "optimizer.h"
#include "option_check.h"

static void check(const rk_config *config, const ProtobufCMessage *options, rk_faults *faults)
{
    const Rocket__TransformerLearningRate *opt = (const Rocket__TransformerLearningRate *)options;
    const rk_option_check at = { config, options, faults };
    float scaling = opt->step_scaling_rate;

    rk_option_expect_rate(&at, "learning_rate_base", opt->learning_rate_base);
    rk_option_expect(&at, "hidden_size", opt->hidden_size, opt->hidden_size > 0, "at least 1");
    rk_option_expect(&at, "warmup_steps", opt->warmup_steps, opt->warmup_steps > 0, "at least 1");
    rk_option_expect(&at, "step_scaling_rate", scaling, scaling > 0 && isfinite(scaling), "a finite number > 0");
}

static double rate(const ProtobufCMessage *options, uint64_t step)
{
    const Rocket__TransformerLearningRate *opt = (const Rocket__TransformerLearningRate *)options;
    float s = (float)step * opt->step_scaling_rate + 1;
    float u = (float)opt->warmup_steps * opt->step_scaling_rate;
    float rise = s * (float)pow(u, -1.5), fall = (float)pow(s, -0.5);

    return (float)pow(opt->hidden_size, -0.5) * fminf(rise, fall) * opt->learning_rate_base;
}

const rk_schedule_def rk_schedule_transformer = {
    .name = "transformer_learning_rate",
    .doc = "linear warm-up, then 1 / sqrt(step)",
    .check = check,
    .rate = rate,
};
