/* A batch of examples as columns: what the data room makes and the graph's inputs read.
 *
 * Shape letters as everywhere: B rows of the batch, V rows of an embedding table.
 * A column is one of three kinds:
 *   IDS     a bag of table rows per example, in CSR form: example b holds ids[offsets[b] .. offsets[b+1]), each in
 *           [0, V), with an optional weight each. What upstream prunes (ids < 0, weights <= 0 for mean and sqrtn)
 *           is not in here any more.
 *   FLOATS  width values per example: labels, sample weights, raw features
 *   BYTES   one byte string per example, in CSR form: user ids for GAUC, columns that predict passes through
 */
#ifndef RK_BATCH_H
#define RK_BATCH_H

#include <stddef.h>
#include <stdint.h>

typedef enum rk_column_kind { RK_COLUMN_IDS, RK_COLUMN_FLOATS, RK_COLUMN_BYTES } rk_column_kind;

typedef struct rk_column {
    rk_column_kind kind;
    int64_t width;                        /* FLOATS: values per example */
    float *values;                        /* FLOATS: [B, width] f32 */
    int64_t *offsets;                     /* IDS, BYTES: [B + 1] i64, offsets[0] == 0 */
    int64_t *ids;                         /* IDS: [offsets[B]] i64 */
    float *weights;                       /* IDS: [offsets[B]] f32, or NULL when every weight is 1 */
    char *bytes;                          /* BYTES: [offsets[B]] */
    size_t capacity_rows, capacity_items; /* of the arrays, for their owner */
} rk_column;

/* How a bag's rows become one vector (easyrec.md 3.4): sum of w e; divided by sum of w; by the root of the sum of w^2.
 */
typedef enum rk_combiner { RK_COMBINER_SUM, RK_COMBINER_MEAN, RK_COMBINER_SQRTN } rk_combiner;

typedef struct rk_batch {
    int64_t n_rows; /* B */
    size_t n_columns;
    rk_column *columns;
    uint64_t index; /* number of this batch since the start of the run, from 0 */
    uint64_t epoch; /* epoch of its first row, from 0 */
    uint64_t row;   /* rows handed out before it in that epoch */
} rk_batch;

#endif
