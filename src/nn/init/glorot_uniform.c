/* Uniform in +-sqrt(6 / (fan_in + fan_out)): Glorot & Bengio 2010, TensorFlow's default for dense kernels. */
#include <math.h>

#include "init.h"

static void fill(const rk_init_part *part, const rk_init *init, rk_rng rng)
{
    double limit = sqrt(6.0 / (double)(part->fan_in + part->fan_out));

    (void)init;
    rk_init_fill_uniform(part, -limit, limit, rng);
}

const rk_init_def rk_init_glorot_uniform = {
    .name = "glorot_uniform",
    .doc = "uniform in +-sqrt(6 / (in + out))",
    .fill = fill,
};
