/* Normal without truncation. */
#include "init.h"

static void configure(rk_init *init, const ProtobufCMessage *options)
{
    const Rocket__RandomNormalInitializer *opt = (const Rocket__RandomNormalInitializer *)options;

    init->a = (double)opt->mean;
    init->b = (double)opt->stddev;
}

static void fill(const rk_init_part *part, const rk_init *init, rk_rng rng)
{
    rk_init_fill_normal(part, init->a, init->b, rng);
}

const rk_init_def rk_init_random_normal = {
    .name = "random_normal",
    .doc = "normal(a, b)",
    .configure = configure,
    .fill = fill,
};
