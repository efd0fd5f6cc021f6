/* Normal with variance 2 / fan_in: He et al. 2015, as PyTorch draws it (not truncated). */
#include <math.h>

#include "init.h"

static void fill(const rk_init_part *part, const rk_init *init, rk_rng rng)
{
    (void)init;
    rk_init_fill_normal(part, 0, sqrt(2.0 / (double)part->fan_in), rng);
}

const rk_init_def rk_init_he_normal = {
    .name = "he_normal",
    .doc = "normal with variance 2 / in",
    .fill = fill,
};
