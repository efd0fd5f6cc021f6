/* What the parts of an executor share: exec.c (a step: what comes before, between and behind the passes), exec_new.c
 * (its memory), exec_bind.c (pointers for one batch) and exec_pass.c (stages, chunks, pieces).
 *
 * Activations and gradients of all nodes stand in two slabs that grow with the largest batch; a chunk is a range of
 * rows of everything. Passing rows (plan_passing.h) have room for one piece with each thread. What a chunk of a batch
 * adds to the parameters' gradient goes to a slab of its own, and the slabs are added up in chunk order at the end, so
 * no bit depends on which thread was faster. A slab is not zeroed before: the first to write overwrites; what nobody
 * writes was zero from the start.
 */
#ifndef RK_EXEC_STATE_H
#define RK_EXEC_STATE_H

#include "arena.h"
#include "exec.h"
#include "loss.h"
#include "op.h"
#include "plan.h"

/* A run of one trainable parameter. */
typedef struct rk_segment {
    size_t offset;
    int64_t n;
    float l2;
} rk_segment;

/* A node that looks rows of a table up. */
typedef struct rk_lookup {
    int node;
    int table;    /* where its gradient is in exec->tables; -1: it has none */
    bool bad_ids; /* of this batch */
} rk_lookup;

struct rk_exec {
    const rk_graph *graph;
    rk_weights *weights;
    rk_exec_options options;
    rk_plan *plan;
    rk_arena arena; /* the arrays below, but for the slabs */

    int64_t capacity; /* rows that the slabs have room for */
    float *value_slab, *gradient_slab;
    size_t value_row, gradient_row; /* floats per row of all nodes together */
    float *passing_slab;            /* [threads, RK_PIECE_ROWS, passing_row] */
    size_t passing_row;
    size_t *value_at, *gradient_at; /* [n_nodes] of an owner, in floats per row of its slab */
    int64_t *lds;                   /* [n_nodes] row step of an owner's memory */

    const rk_column **fed;            /* [n_nodes] */
    bool *ready;                      /* [n_nodes] it can be computed from what was fed */
    rk_tensor *values, *gradients;    /* [n_nodes] */
    rk_op_io *ios;                    /* [n_nodes] all but what differs between chunks */
    rk_loss_io *loss_ios;             /* [n_losses] */
    double *loss_parts, *loss_values; /* [n_losses, RK_CHUNKS], [n_losses] */
    bool diverged;                    /* a loss of the last batch is not finite */

    int *packers; /* nodes whose kernels are packed anew for each training batch */
    rk_lookup *lookups;
    int n_packers, n_lookups;

    float *chunk_slabs;    /* [RK_CHUNKS, dense_size] */
    float *dense_gradient; /* [dense_size] */
    rk_segment *segments;
    int n_segments;
    double *squares;           /* [plan->n_tables + n_segments] of the parts of the gradient, summed */
    rk_table_gradient *tables; /* [plan->n_tables] */
    rk_sparse **reading;       /* [plan->n_tables] of tables */
    rk_before_reading_fn before_reading;
    void *before_reading_arg;

    int64_t n_rows, chunk_rows;
    int n_chunks;
    bool has_run;
    const rk_stage *stage; /* that runs now */
    bool backwards;        /* from the last chunk to the first */
};

/* Make room for a batch, cut it into chunks and point nodes and losses to what was fed. Errors: ROCKET_FAILED memory.
 */
ROCKET_NODISCARD rocket_status rk_exec_bind(rk_exec *exec, int64_t n_rows, bool training, uint64_t step,
                                            rocket_error *err);
bool rk_exec_loss_is_ready(const rk_exec *exec, int loss); /* its inputs were fed */

/* All stages of a pass, by the pool's threads. */
void rk_exec_run_pass(rk_exec *exec, const rk_pass *pass);

/* fn for each of n pieces, by the pool's threads; arg is the executor. */
void rk_exec_run_pieces(rk_exec *exec, int n, void (*fn)(void *arg, int piece, int thread));

#endif
