/* A config as a list of paths and values, the paths of --set: "train_config.num_steps", "500". What is absent is not
 * listed, and no default either. For comparing configs. */
#ifndef RK_CONFIG_VALUES_H
#define RK_CONFIG_VALUES_H

#include "arena.h"
#include "config.h"

typedef struct rk_config_value {
    const char *path, *text;
} rk_config_value;

typedef struct rk_config_values {
    rk_config_value *item; /* in the order of the fields' numbers */
    size_t n, capacity;
} rk_config_values;

/* Texts live in arena, item is freed by rk_config_values_clear. */
ROCKET_NODISCARD rocket_status rk_config_values_list(rk_config_values *out, rk_arena *arena, const rk_config *config,
                                                     rocket_error *err);
void rk_config_values_clear(rk_config_values *values);
const char *rk_config_values_get(const rk_config_values *values, const char *path); /* NULL: absent */

#endif
