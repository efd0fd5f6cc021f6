/* The light net, scoring batches of rows: what predict, serve and the C API stand on.
 *
 * A scorer is read from a model file or a checkpoint; only the cut to the light net's outputs is kept, so the booster
 * is not even in memory. One scorer per thread of callers; it may itself use the threads of a pool.
 */
#ifndef RK_SCORER_H
#define RK_SCORER_H

#include "bundle.h"
#include "exec.h"
#include "schema.h"

typedef struct rk_scorer rk_scorer;

typedef struct rk_scorer_options {
    rk_pool *pool;               /* borrowed; NULL: the calling thread only */
    const char *const *reserved; /* input fields whose text stays in the batch as BYTES columns */
    size_t n_reserved;
} rk_scorer_options;

/* ROCKET_CORRUPT: not a file of rocket. ROCKET_CONFIG: one without a light net. */
ROCKET_NODISCARD rocket_status rk_scorer_open(rk_scorer **out, const char *path, const rk_scorer_options *options,
                                              rocket_error *err);
void rk_scorer_close(rk_scorer *scorer);

const rk_config *rk_scorer_config(const rk_scorer *scorer);
const rk_schema *rk_scorer_schema(const rk_scorer *scorer); /* batches must be of this schema */
const rk_graph *rk_scorer_graph(const rk_scorer *scorer);
int rk_scorer_n_classes(const rk_scorer *scorer);

/* Score a batch. The values stay valid until the next call. */
typedef struct rk_scores {
    const float *logits; /* [B, C] f32, row step ld_logits */
    const float *probs;  /* [B, C] f32, row step ld_probs */
    int64_t ld_logits, ld_probs;
} rk_scores;
ROCKET_NODISCARD rocket_status rk_scorer_run(rk_scores *out, rk_scorer *scorer, const rk_batch *batch,
                                             rocket_error *err);

#endif
