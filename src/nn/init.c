/* The table of initialisers, and the distributions they are made of.
 *
 * Value i of a tensor has a fixed place in the stream: word i for uniforms, block i (four words, one normal) for
 * normals. A value that is drawn again takes the block of the same number 2^40 blocks further on, where no tensor of a
 * possible size reaches, so its neighbours do not move.
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
#define AGAIN ((uint64_t)1 << 40) /* blocks */

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

void rk_init_fill_truncated(const rk_init_part *part, double mean, double stddev, rk_rng rng)
{
    rk_rng again = rng;

    rk_rng_skip_to(&rng, part->first * WORDS_PER_NORMAL);
    for (uint64_t i = 0; i < part->n; i++) {
        double z = rk_rng_normal(&rng);

        for (uint64_t attempt = 1; fabs(z) > 2; attempt++) {
            rk_rng_skip_to(&again, (part->first + i + attempt * AGAIN) * WORDS_PER_NORMAL);
            z = rk_rng_normal(&again);
        }
        part->out[i] = (float)(mean + stddev * z);
    }
}
