/* The variables of a graph and the tensors of a file that hold their values, in both directions by name. */
#ifndef RK_VARIABLES_H
#define RK_VARIABLES_H

#include "optimizer.h"
#include "tensors.h"
#include "weights.h"

/* Does the file have every variable of the graph, with its shape? ROCKET_CORRUPT names the first that is missing or
 * different. To be asked before memory is taken for a graph that was read from the same file. */
ROCKET_NODISCARD rocket_status rk_variables_check(const rk_graph *graph, const rk_tensor_file *file, rocket_error *err);

/* Fill weights, and the slots of updater (NULL: none), which are named "<variable>/<slot>". On failure nothing has been
 * changed. Errors as above. */
ROCKET_NODISCARD rocket_status rk_variables_load(rk_weights *weights, rk_updater *updater, const rk_tensor_file *file,
                                                 rocket_error *err);

#endif
