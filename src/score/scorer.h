/* Batches of a stream scored by one thread: what predict stands on.
 *
 * A scorer has the memory of one thread; any number of them may stand on one light net.
 */
#ifndef RK_SCORER_H
#define RK_SCORER_H

#include "light.h"

typedef struct rk_scorer rk_scorer;

ROCKET_NODISCARD rocket_status rk_scorer_new(rk_scorer **out, const rk_light *light /* borrowed */, rocket_error *err);
void rk_scorer_free(rk_scorer *scorer); /* NULL is fine */

/* Score a batch of the light net's schema. The values stay valid until the next call. */
typedef struct rk_scores {
    const float *logits; /* [B, C] f32, row step ld_logits */
    const float *probs;  /* [B, C] f32, row step ld_probs */
    int64_t ld_logits, ld_probs;
} rk_scores;
ROCKET_NODISCARD rocket_status rk_scorer_run(rk_scores *out, rk_scorer *scorer, const rk_batch *batch,
                                             rocket_error *err);

#endif
