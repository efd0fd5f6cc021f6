/* Normal, truncated at 2 sigma: upstream's default for embeddings (mean 0, stddev 0.01 / sqrt(dim)). */
#include "init.h"

static void configure(rk_init *init, const ProtobufCMessage *options)
{
    const Rocket__TruncatedNormalInitializer *opt = (const Rocket__TruncatedNormalInitializer *)options;

    init->a = (double)opt->mean;
    init->b = (double)opt->stddev;
}

static void fill(const rk_init_part *part, const rk_init *init, rk_rng rng)
{
    rk_init_fill_truncated(part, init->a, init->b, rng);
}

const rk_init_def rk_init_truncated_normal = {
    .name = "truncated_normal",
    .doc = "normal(a, b), truncated at 2 b",
    .configure = configure,
    .fill = fill,
};
