/* The steps of a net: what is done for a piece of rows, in order, with all places settled.
 *
 * A dense layer takes the batch norm and the rectifier behind it into one step where nobody else reads what is between
 * them, and look-ups that are folded (fold.h) before it; a concat is a copy of those inputs only that could not be
 * written into its columns; everything else is its op's own forward. Places are floats of a row, to be scaled with the
 * rows that a session has room for.
 */
#ifndef RK_STEPS_H
#define RK_STEPS_H

#include "bytes.h"
#include "fold.h"
#include "int8.h"
#include "layer.h"
#include "user_part.h"
#include "weights.h"

typedef enum rk_step_kind {
    RK_STEP_LAYER,     /* y = act(norm(x W + bias)) */
    RK_STEP_JOIN,      /* y = x, columns of a concat */
    RK_STEP_OP,        /* the op's forward */
    RK_STEP_INT8,      /* as LAYER, x bytes and W integers (bytes.h); as the rest: */
    RK_STEP_BYTE_JOIN, /* as JOIN */
    RK_STEP_ROUND,     /* y = x as bytes */
    RK_STEP_BAG        /* a look-up in a table of integers */
} rk_step_kind;

/* Where rows of a node are. */
typedef struct rk_operand {
    int input; /* node of a fed column; -1: in the session's memory */
    size_t at; /* floats per row of all memory before the owner's; of the session's memory */
    size_t column, ld;
    bool user; /* one row for all when there is one user */
} rk_operand;

typedef struct rk_step {
    rk_step_kind kind;
    bool user; /* of the user alone: once, where there is one */
    rk_operand x, y;
    int64_t width;   /* columns; not of layers and ops */
    int64_t n_user;  /* of layers: columns of x that are the user's, the first ones */
    bool begins;     /* of layers: they, or folded look-ups, make a start for all candidates, */
    size_t start_at; /* which is here in a session's starts or sums */
    int layer, node; /* which of the layers, which node of the graph (OP, BAG) */

    bool to_bytes;          /* INT8, BAG: y is bytes */
    const int8_t *integers; /* BAG: of the table */
    const float *by, *zero; /* [width] BAG: see rk_int8_bag_bytes, _floats. ROUND: see rk_int8_round */
} rk_step;

/* What is settled about a net before its steps are. */
typedef struct rk_steps_source {
    const rk_plan *plan;
    const rk_weights *weights;
    const rk_user_part *part;
    const bool *folded; /* [n_nodes] see rk_fold_choose */
} rk_steps_source;

typedef struct rk_steps {
    const rk_graph *graph;
    const rk_plan *plan;
    const rk_backend *backend;
    rk_user_part part;
    rk_op_io *ios;      /* [n_nodes] of ops: what is the same for every session */
    rk_operand *values; /* [n_nodes] where values are; not of ids */
    rk_step *steps;
    rk_layer *layers;
    rk_fold *folds; /* of each of the layers */
    rk_int8_layer *int8_layers;
    int n_steps, n_layers, n_int8_layers;
    size_t floats_of_row, most_folded, n_starts, n_sums; /* what a session needs, per row and once */
    rk_byte_plan bytes;
} rk_steps;

/* Memory but for packed kernels and folded rows is the arena's. Out of memory: false, and what there is to be cleared.
 */
bool rk_steps_init(rk_steps *out, const rk_steps_source *source, rk_arena *arena);
void rk_steps_clear(rk_steps *steps);

#endif
