/* Sparse gradients: rows of an embedding table that a batch touched, each once, ascending, with their summed gradient.
 *
 * Sums run over occurrences in batch order, so the bits do not depend on threads. As upstream, a batch with an empty
 * bag touches row 0 with a zero gradient (golden README, oddity 2).
 */
#ifndef RK_SPARSE_H
#define RK_SPARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend.h"
#include "batch.h"

typedef struct rk_sparse {
    int table; /* id in the graph */
    int64_t dim, n;
    int64_t *rows; /* [n] ascending, distinct */
    float *values; /* [n, dim] f32 */
    int64_t capacity;
} rk_sparse;

/* The gradient of one look-up, and the scratch memory to make it. Start from {0} with sparse.table and .dim set. */
typedef struct rk_table_gradient {
    rk_sparse sparse;
    void *memory;           /* of all arrays */
    uint64_t *keys[2];      /* [capacity] (row, occurrence) pairs, sorted from one into the other and back */
    int64_t *offsets, *ids; /* occurrences of each distinct row, as a bag of batch rows */
    float *weights;         /* of these; not used where all are 1 */
    bool plain;             /* they are */
    uint32_t *rows_of;      /* [capacity] batch row of each occurrence, where ids have weights */
    float *weights_of;      /* [capacity] weight of each occurrence; of each batch row where ids have none */
} rk_table_gradient;

/* Make room for the first n_rows bags of a column; grows only. false without memory. */
bool rk_table_gradient_reserve(rk_table_gradient *gradient, const rk_column *column, int64_t n_rows);
void rk_table_gradient_clear(rk_table_gradient *gradient);

/* The gradient of y = bag(table, column, combiner), in two steps: before the forward pass the rows that the first
 * n_rows bags of the column name; after the backward pass what each of them got of dy, [n_rows, dim]. The latter
 * returns the sum of the squares. */
void rk_table_gradient_rows(rk_table_gradient *out, const rk_column *column, int64_t n_rows, rk_combiner combiner);
double rk_table_gradient_sum(rk_table_gradient *out, rk_block dy, const rk_backend *backend);

#endif
