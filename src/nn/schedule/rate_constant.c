/* The same learning rate at every step. */
#include "optimizer.h"
#include "option_check.h"

static void check(const rk_config *config, const ProtobufCMessage *options, rk_faults *faults)
{
    const rk_option_check at = { config, options, faults };

    rk_option_expect_rate(&at, "learning_rate", ((const Rocket__ConstantLearningRate *)options)->learning_rate);
}

static double rate(const ProtobufCMessage *options, uint64_t step)
{
    (void)step;
    return ((const Rocket__ConstantLearningRate *)options)->learning_rate;
}

const rk_schedule_def rk_schedule_constant = {
    .name = "constant_learning_rate",
    .doc = "the same rate at every step",
    .check = check,
    .rate = rate,
};
