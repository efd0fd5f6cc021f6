/* The values of a graph's parameters and tables. */
#ifndef RK_WEIGHTS_H
#define RK_WEIGHTS_H

#include "graph.h"
#include "pool.h"

/* A kernel [k, n] of 8 bits: W[l][j] = w[l][j] scale[j] / x_scale[l], for rows of bytes q that stand for
 * x[l] = x_scale[l] (q[l] - x_zero[l]). Scales are above 0. w NULL: there is none. */
typedef struct rk_int8_kernel {
    int8_t *w;       /* [k, n] */
    float *scale;    /* [n] */
    float *x_scale;  /* [k] */
    uint8_t *x_zero; /* [k] */
} rk_int8_kernel;

/* A table [V, D] of 8 bits: row i is q[i][d] scale[d]. q NULL: there is none. */
typedef struct rk_int8_table {
    int8_t *q;
    float *scale; /* [D] above 0 */
} rk_int8_table;

typedef struct rk_weights {
    const rk_graph *graph;
    float *dense;                 /* [rk_graph_dense_size] parameters at their offsets */
    float **tables;               /* [n_tables] [V, D] f32 each; NULL: only as integers */
    rk_int8_kernel *int8_kernels; /* [n_params] what has been quantized (quantize.h); dense has the same as floats */
    rk_int8_table *int8_tables;   /* [n_tables] */
    bool is_bf16;                 /* kernels and tables have been rounded to bfloat16, and are written so */
} rk_weights;

/* Allocate, all zero. Too much memory is an error that names the table. */
ROCKET_NODISCARD rocket_status rk_weights_new(rk_weights **out, const rk_graph *graph, rocket_error *err);

/* The same without any tables, and one of them as floats, all zero. */
ROCKET_NODISCARD rocket_status rk_weights_new_dense(rk_weights **out, const rk_graph *graph, rocket_error *err);
ROCKET_NODISCARD rocket_status rk_weights_add_table(rk_weights *weights, int table, rocket_error *err);
void rk_weights_free(rk_weights *weights);

bool rk_weights_have_integers(const rk_weights *weights); /* has anything been quantized to 8 bits? */

/* Room for the integers and scales of a kernel or table. NULL members where there was no memory: false. */
bool rk_int8_kernel_alloc(rk_int8_kernel *out, int64_t k, int64_t n);
bool rk_int8_table_alloc(rk_int8_table *out, int64_t n_rows, int64_t dim);
void rk_int8_kernel_clear(rk_int8_kernel *kernel);
void rk_int8_table_clear(rk_int8_table *table);

/* What the integers stand for. */
void rk_int8_kernel_floats(float *out, const rk_int8_kernel *kernel, int64_t k, int64_t n);
void rk_int8_table_floats(float *out, const rk_int8_table *table, int64_t n_rows, int64_t dim);

/* Draw every value from its initialiser. Bits depend on seed and names only. pool may be NULL. */
void rk_weights_init(rk_weights *weights, uint64_t seed, rk_pool *pool);

#endif
