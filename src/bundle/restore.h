/* Starting from another run's weights (fine_tune_checkpoint): variables are found by name, what does not fit is left as
 * it was drawn. Slots are not taken: the optimizer begins anew, as upstream's does. */
#ifndef RK_RESTORE_H
#define RK_RESTORE_H

#include "weights.h"

/* Names that a variable had in the other run (fine_tune_ckpt_var_map): lines "new old", blank ones skipped. */
typedef struct rk_name_map rk_name_map;
ROCKET_NODISCARD rocket_status rk_name_map_read(rk_name_map **out, const char *path, rocket_error *err);
ROCKET_NODISCARD rocket_status rk_name_map_parse(rk_name_map **out, const char *name, const char *text, size_t n,
                                                 rocket_error *err); /* name stands for the file */
void rk_name_map_free(rk_name_map *map);                             /* NULL is fine */

/* The name there of a variable here: its own where the map does not have it, the first where it does twice. */
const char *rk_name_map_old(const rk_name_map *map, const char *now);

typedef struct rk_restore {
    const char *const *filters; /* [n_filters] variables with one of these in their name are left as they are */
    size_t n_filters;
    const rk_name_map *names; /* NULL: every variable has its own */
    bool fit_shapes;          /* where shapes differ, take what both have; else such variables are left as they are */
} rk_restore;

/* Fill weights from a checkpoint, a model or any other safetensors file with variables' names. Variables that are left
 * as they are for want of a tensor are logged. Names of the map that lead nowhere on either side are ROCKET_CONFIG.
 * ROCKET_CONFIG when not one could be restored; ROCKET_CORRUPT when the file is no such file. */
ROCKET_NODISCARD rocket_status rk_restore_weights(rk_weights *weights, const char *path, const rk_restore *options,
                                                  rocket_error *err);

#endif
