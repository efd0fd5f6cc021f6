/* The values of a graph's parameters and tables. */
#ifndef RK_WEIGHTS_H
#define RK_WEIGHTS_H

#include "graph.h"
#include "pool.h"

typedef struct rk_weights {
    const rk_graph *graph;
    float *dense;   /* [rk_graph_dense_size] parameters at their offsets */
    float **tables; /* [n_tables] [V, D] f32 each */

    /* Of what has been quantized (quantize.h): every value is an integer of 8 bits times a scale. NULL: it has not. */
    float **param_scales; /* [n_params] [out] of a kernel: one for each column */
    float **table_scales; /* [n_tables] [V]: one for each row */
} rk_weights;

/* Allocate, all zero. Too much memory is an error that names the table. */
ROCKET_NODISCARD rocket_status rk_weights_new(rk_weights **out, const rk_graph *graph, rocket_error *err);
void rk_weights_free(rk_weights *weights);

/* Draw every value from its initialiser. Bits depend on seed and names only. pool may be NULL. */
void rk_weights_init(rk_weights *weights, uint64_t seed, rk_pool *pool);

#endif
