/* Small instances of ops for the gradient sweep. */
#ifndef RK_EXAMPLE_H
#define RK_EXAMPLE_H

#include "op.h"

enum { RK_EXAMPLE_ROWS = 200 }; /* of an example's tables */

/* A node of `width` values per row which has a gradient: an embedding of the ids input "<name>_ids". */
int rk_example_source(rk_graph *graph, const char *name, int64_t width);

int rk_example_param(rk_graph *graph, const char *name, rk_shape shape, const char *init, double a, double b);

/* One of C values that is not trained. */
int rk_example_state(rk_graph *graph, const char *name, int64_t C, const char *init);

/* The op's own example, or else the op on a source, of width 1 and 5. */
bool rk_example_make(rk_graph *graph, const rk_op *op, int variant, int *node);

#endif
