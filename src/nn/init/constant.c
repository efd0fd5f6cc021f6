/* The same value everywhere. */
#include "init.h"

static void fill(const rk_init_part *part, const rk_init *init, rk_rng rng)
{
    (void)rng;
    for (uint64_t i = 0; i < part->n; i++)
        part->out[i] = (float)init->a;
}

const rk_init_def rk_init_constant = {
    .name = "constant",
    .doc = "a everywhere",
    .fill = fill,
};
