/* Uniform in [a, b): the paper's batch-norm scales are drawn from [0, 1). */
#include "init.h"

static void fill(const rk_init_part *part, const rk_init *init, rk_rng rng)
{
    rk_init_fill_uniform(part, init->a, init->b, rng);
}

const rk_init_def rk_init_uniform = {
    .name = "uniform",
    .doc = "uniform in [a, b)",
    .fill = fill,
};
