/* The same value everywhere. */
#include "init.h"

/* One value, or none for 0: more are a fault of the config. */
static void configure(rk_init *init, const ProtobufCMessage *options)
{
    const Rocket__ConstantInitializer *opt = (const Rocket__ConstantInitializer *)options;

    init->a = opt->n_consts > 0 ? (double)opt->consts[0] : 0;
}

static void fill(const rk_init_part *part, const rk_init *init, rk_rng rng)
{
    (void)rng;
    for (uint64_t i = 0; i < part->n; i++)
        part->out[i] = (float)init->a;
}

const rk_init_def rk_init_constant = {
    .name = "constant",
    .doc = "a everywhere",
    .configure = configure,
    .fill = fill,
};
