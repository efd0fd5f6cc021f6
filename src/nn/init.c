/* The table of initialisers, and the distributions they are made of.
 *
 * Value i of a tensor has a fixed place in the stream: word i for uniforms and truncated normals, block i (four words,
 * one normal) for normals. Normals truncated at 2 sigma, which tables of millions of rows are filled with, are drawn by
 * inverting the distribution rather than by drawing again: one word each and no branches.
 */
#include "init.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define RK_INIT(name) extern const rk_init_def rk_init_##name;
#include "inits.def"
#undef RK_INIT

const rk_init_def *const rk_inits[] = {
#define RK_INIT(name) &rk_init_##name,
#include "inits.def"
#undef RK_INIT
    NULL
};

enum { WORDS_PER_NORMAL = 4 };

const rk_init_def *rk_init_find(const char *name)
{
    for (const rk_init_def *const *def = rk_inits; *def; def++)
        if (strcmp((*def)->name, name) == 0)
            return *def;
    return NULL;
}

rk_init rk_init_make(const char *name, double a, double b)
{
    rk_init init = { rk_init_find(name), a, b };

    assert(init.def);
    return init;
}

/* Whether an initialiser is what the field of message Initializer asks for. */
static bool is_asked_for(const rk_init_def *def, const char *field)
{
    size_t n = strlen(def->name);

    return strncmp(field, def->name, n) == 0 && strcmp(field + n, "_initializer") == 0;
}

rk_init rk_init_configured(const Rocket__Initializer *config, rk_init otherwise)
{
    const ProtobufCMessage *options = NULL;
    const char *field = config ? rk_oneof_name(&config->base, &options) : NULL;

    for (const rk_init_def *const *def = rk_inits; field && *def; def++) {
        rk_init init = { .def = *def };

        if (!is_asked_for(*def, field))
            continue;
        if (init.def->configure)
            init.def->configure(&init, options);
        return init;
    }
    return otherwise;
}

void rk_init_fill_uniform(const rk_init_part *part, double low, double high, rk_rng rng)
{
    rk_rng_skip_to(&rng, part->first);
    for (uint64_t i = 0; i < part->n; i++)
        part->out[i] = (float)(low + (high - low) * (double)rk_rng_float(&rng));
}

void rk_init_fill_normal(const rk_init_part *part, double mean, double stddev, rk_rng rng)
{
    rk_rng_skip_to(&rng, part->first * WORDS_PER_NORMAL);
    for (uint64_t i = 0; i < part->n; i++)
        part->out[i] = (float)(mean + stddev * rk_rng_normal(&rng));
}

/* x with Phi(x) = 1/2 + q for |q| <= Phi(2) - 1/2, within 7e-7: a rational function of q^2 that meets the inverse in 11
 * Chebyshev nodes (tests/golden/nn/make_truncated.py finds it and measures the error). */
static double inverse_normal(double q)
{
    double r = q * q;
    double up = ((((-21.56493721907803 * r + 151.30954709147176) * r - 216.4334715487968) * r + 119.8609146571371) * r -
                 28.737314463314192) *
                    r +
                2.506628274637062;
    double down =
        ((((-33.084691848251374 * r + 115.88588388199011) * r - 125.16506076309041) * r + 58.61692871988194) * r -
         12.511727313268427) *
            r +
        1;

    return q * up / down;
}

void rk_init_fill_truncated(const rk_init_part *part, double mean, double stddev, rk_rng rng)
{
    enum { AT_ONCE = 256 };
    const double inside = 0.95449973610364158; /* of the distribution: erf(sqrt(2)) */
    uint32_t words[AT_ONCE];

    rk_rng_skip_to(&rng, part->first);
    for (uint64_t i = 0; i < part->n; i += AT_ONCE) {
        uint64_t n = part->n - i < AT_ONCE ? part->n - i : AT_ONCE;

        rk_rng_words(&rng, words, n);
        for (uint64_t k = 0; k < n; k++) {
            double q = ((double)(int32_t)(words[k] ^ 0x80000000U) + 0.5) * (0x1p-32 * inside);

            part->out[i + k] = (float)(mean + stddev * inverse_normal(q));
        }
    }
}
