/* Zero everywhere: biases, beta, moving means. */
#include <string.h>

#include "init.h"

static void fill(const rk_init_part *part, const rk_init *init, rk_rng rng)
{
    (void)init;
    (void)rng;
    memset(part->out, 0, (size_t)part->n * sizeof *part->out);
}

const rk_init_def rk_init_zeros = {
    .name = "zeros",
    .doc = "0 everywhere",
    .fill = fill,
};
