/* What variational dropout has learnt: the rate at which each feature is dropped, the mean over its values where each
 * has a rate of its own. The lower, the more the nets need the feature. */
#ifndef RK_DROPOUT_RATES_H
#define RK_DROPOUT_RATES_H

#include "arena.h"
#include "buf.h"
#include "weights.h"

typedef struct rk_dropout_rate {
    const char *feature; /* "user", "light_user" of embeddings that the light net has for itself; of the graph */
    double rate;
} rk_dropout_rate;

/* Sorted, the lowest first; in arena. *n 0: the model has no variational dropout. */
ROCKET_NODISCARD rocket_status rk_dropout_rates(rk_dropout_rate **out, size_t *n, const rk_weights *weights,
                                                rk_arena *arena, rocket_error *err);

/* As CSV with a header, in the columns of upstream's feature_selection tool; nothing without variational dropout. */
ROCKET_NODISCARD rocket_status rk_dropout_rates_print(rk_buf *out, const rk_weights *weights, rocket_error *err);

#endif
