/* Binding: which batch column feeds which input of a graph that was read from a file. Inputs are found by feature name;
 * a table with fewer rows than the feature can name would be read out of bounds, so sizes are checked here. */
#ifndef RK_BINDING_H
#define RK_BINDING_H

#include "exec.h"
#include "schema.h"

typedef struct rk_binding {
    int *node; /* [n] */
    size_t *column;
    size_t n;
} rk_binding;

ROCKET_NODISCARD rocket_status rk_binding_new(rk_binding *out, const rk_graph *graph, const rk_schema *schema,
                                              rocket_error *err);
void rk_binding_clear(rk_binding *binding);
void rk_binding_feed(const rk_binding *binding, rk_exec *exec, const rk_batch *batch);

#endif
