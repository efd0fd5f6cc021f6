/* Batches of a stream scored by the threads of a pool: what predict stands on.
 *
 * One scorer per caller; many may be of one file.
 */
#ifndef RK_SCORER_H
#define RK_SCORER_H

#include "light.h"
#include "pool.h"

typedef struct rk_scorer rk_scorer;

typedef struct rk_scorer_options {
    rk_pool *pool; /* borrowed; NULL: the calling thread only */
    rk_light_options light;
} rk_scorer_options;

/* Errors: rk_light_open's. */
ROCKET_NODISCARD rocket_status rk_scorer_open(rk_scorer **out, const char *path, const rk_scorer_options *options,
                                              rocket_error *err);
void rk_scorer_close(rk_scorer *scorer);

const rk_light *rk_scorer_light(const rk_scorer *scorer); /* batches must be of its schema */

/* Score a batch. The values stay valid until the next call. */
typedef struct rk_scores {
    const float *logits; /* [B, C] f32, row step ld_logits */
    const float *probs;  /* [B, C] f32, row step ld_probs */
    int64_t ld_logits, ld_probs;
} rk_scores;
ROCKET_NODISCARD rocket_status rk_scorer_run(rk_scores *out, rk_scorer *scorer, const rk_batch *batch,
                                             rocket_error *err);

#endif
