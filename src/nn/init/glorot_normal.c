/* Normal with variance 2 / (fan_in + fan_out): Glorot & Bengio 2010.
 *
 * As in TensorFlow it is truncated at 2 sigma, and sigma is divided by the standard deviation of the truncated standard
 * normal, so that the variance comes out right. */
#include <math.h>

#include "init.h"

static void fill(const rk_init_part *part, const rk_init *init, rk_rng rng)
{
    const double truncated_stddev = 0.87962566103423978;
    double stddev = sqrt(2.0 / (double)(part->fan_in + part->fan_out)) / truncated_stddev;

    (void)init;
    rk_init_fill_truncated(part, 0, stddev, rng);
}

const rk_init_def rk_init_glorot_normal = {
    .name = "glorot_normal",
    .doc = "normal with variance 2 / (in + out), truncated",
    .fill = fill,
};
