/* A search space: what a search may change in a config, one line per field.
 *
 *     # path: what is drawn for it                         the paths are those of --set (overrides.h)
 *     light_dnn.hidden_units: choice([8], [16], [32, 16])  one of these, each as likely
 *     recipe: choice(PAPER, SOFT)
 *     hint.weight: uniform(0.1, 1)                         a number from the first to the second
 *     l2_regularization: log_uniform(1e-7, 1e-3)           as many below 1e-5 as above
 *     data_config.batch_size: int(128, 1024)               a whole number, both ends too
 *
 * What trial t gets for a path is named by (seed, t, path): adding a line, or more trials, changes no other draw, and
 * a search that goes on after a kill tries the same things. Whether path and value fit the config is seen when the
 * override is applied.
 */
#ifndef RK_SEARCH_SPACE_H
#define RK_SEARCH_SPACE_H

#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "rocket/status.h"

enum { RK_SEARCH_MAX_BYTES = 1 << 20, RK_SEARCH_MAX_AXES = 64, RK_SEARCH_MAX_CHOICES = 256 };

typedef struct rk_distribution rk_distribution; /* search_space.c */

typedef struct rk_search_axis {
    const char *path;
    const rk_distribution *distribution;
    const char **choices; /* [n_choices], of choice() */
    size_t n_choices;
    double low, high; /* of the others */
} rk_search_axis;

typedef struct rk_search_space {
    rk_search_axis *axes; /* [n_axes], in the order of the file; at least one */
    size_t n_axes;
} rk_search_space;

/* Read the n bytes of text; name stands for the file in messages. All memory is arena's.
 * ROCKET_CONFIG with "name:line:column: ..." when it is not a search space. */
ROCKET_NODISCARD rocket_status rk_search_space_parse(rk_search_space *out, rk_arena *arena, const char *name,
                                                     const char *text, size_t n, rocket_error *err);

/* "path=value" for axis i of a trial, in arena; NULL without memory. */
const char *rk_search_space_draw(const rk_search_space *space, size_t i, uint64_t seed, uint64_t trial,
                                 rk_arena *arena);

#endif
