/* Counter-based random numbers (Philox 4x32-10, Salmon et al. 2011; Random123).
 *
 * A stream is named by (seed, purpose, step, index), so that any number can be made at any time by any thread and
 * a resumed run continues in the same bits. Nothing here has hidden state.
 */
#ifndef RK_RNG_H
#define RK_RNG_H

#include <stdint.h>

typedef enum rk_rng_purpose {
    RK_RNG_INIT = 1,     /* weights; index = hash of the parameter's name */
    RK_RNG_SHUFFLE = 2,  /* shuffle buffer; step = epoch */
    RK_RNG_FILES = 3,    /* order of files; step = epoch */
    RK_RNG_DROPOUT = 4,  /* step = training step, index = hash of the layer's name */
    RK_RNG_GENERATE = 5, /* the click-log simulator */
    RK_RNG_BOOTSTRAP = 6,
    RK_RNG_TUNE = 8, /* a search; step = trial, index = hash of the path */
    RK_RNG_TEST = 99
} rk_rng_purpose;

typedef struct rk_rng {
    uint32_t key[2], counter[4], block[4];
    uint32_t used; /* words of block handed out */
} rk_rng;

/* One block of Philox 4x32-10: what everything here is made of. */
void rk_philox(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2]);

rk_rng rk_rng_at(uint64_t seed, rk_rng_purpose purpose, uint64_t step, uint64_t index);
void rk_rng_skip_to(rk_rng *rng, uint64_t word); /* continue at the word-th 32-bit word of the stream */

uint32_t rk_rng_u32(rk_rng *rng);
void rk_rng_words(rk_rng *rng, uint32_t *out, uint64_t n); /* what n calls of rk_rng_u32 return */
uint64_t rk_rng_below(rk_rng *rng, uint64_t n);            /* uniform in [0, n), unbiased; n >= 1 */
float rk_rng_float(rk_rng *rng);                           /* uniform in [0, 1), 24 bits */
double rk_rng_double(rk_rng *rng);                         /* uniform in [0, 1), 53 bits */
double rk_rng_normal(rk_rng *rng);                         /* N(0, 1), Box-Muller */

#endif
