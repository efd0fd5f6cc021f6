/* Running a graph: activations, gradients, and the plan that runs chunks of a batch on threads.
 *
 * The plan is made once: nodes are grouped into stages such that within a stage a chunk needs nothing of other chunks;
 * a barrier and the ops' `combine` lie between stages. How a batch is cut into chunks depends on its number of rows
 * only, not on the number of threads. Nothing is allocated while running, once the largest batch has been seen.
 */
#ifndef RK_EXEC_H
#define RK_EXEC_H

#include "backend.h"
#include "batch.h"
#include "graph.h"
#include "pool.h"
#include "sparse.h"
#include "weights.h"

/* A batch is cut into at most 8 pieces of at least 16 rows: part of the definition of a result's bits. */
enum { RK_CHUNKS = 8, RK_CHUNK_MIN_ROWS = 16 };

/* A chunk is run in pieces of at most so many rows, one after the other, so that what a piece needs stays in cache. */
enum { RK_PIECE_ROWS = 128 };

typedef struct rk_exec rk_exec;

typedef struct rk_exec_options {
    rk_pool *pool;             /* NULL: the calling thread only */
    const rk_backend *backend; /* NULL: the best supported */
    uint64_t seed;             /* dropout */
    bool gradients;            /* allocate what backward needs */
    bool unfused;              /* every node by itself: slow, and what the fused plan is tested against */
} rk_exec_options;

ROCKET_NODISCARD rocket_status rk_exec_new(rk_exec **out, const rk_graph *graph, rk_weights *weights,
                                           const rk_exec_options *options, rocket_error *err);
void rk_exec_free(rk_exec *exec);

/* Before a forward pass reads tables, fn is told the rows that it will read: those of each embedding node in training
 * (borrowed until the backward pass), else NULL: any. For who keeps rows out of date until they are read. */
typedef void (*rk_before_reading_fn)(void *arg, rk_sparse *const *rows, int n);
void rk_exec_before_reading(rk_exec *exec, rk_before_reading_fn fn, void *arg);

/* Bind an input node to a column for the next run (borrowed until the run, and its backward pass, ends). Kinds and
 * widths must agree. The first feed after a run forgets what was fed for that run. */
void rk_exec_feed(rk_exec *exec, int node, const rk_column *column);

/* Forward pass over n_rows rows. training: batch statistics, dropout, moving statistics are updated. step keys dropout.
 * Nodes and losses are evaluated when all they need is fed (labels need not be, in prediction).
 * Errors: ROCKET_DATA an id that its table does not have; ROCKET_FAILED a loss that is not finite, memory. */
ROCKET_NODISCARD rocket_status rk_exec_forward(rk_exec *exec, int64_t n_rows, bool training, uint64_t step,
                                               rocket_error *err);

/* Value of a node after forward: [B, width] f32 with row step *ld; NULL when it was not evaluated, only together with
 * the rectifier after it, or only piece by piece for the layers behind it. Borrowed until the next run. */
const float *rk_exec_value(const rk_exec *exec, int node, int64_t *ld);

/* Gradient of the total loss with respect to a node after backward, for tests: of an unfused plan only, since a fused
 * one lets gradients overwrite each other. NULL when it has none. */
const float *rk_exec_gradient(const rk_exec *exec, int node, int64_t *ld);

/* Value of loss i for the batch; NaN when it was not evaluated. */
double rk_exec_loss(const rk_exec *exec, int loss);
bool rk_exec_diverged(const rk_exec *exec); /* the last forward failed, for a loss was not finite */
double rk_exec_l2(const rk_exec *exec);     /* sum over parameters of l2 / 2 * w^2, for the weights as they are now */

/* Backward pass of the batch that forward(training) just ran: the gradient of the sum of all losses and of the L2
 * terms. */
ROCKET_NODISCARD rocket_status rk_exec_backward(rk_exec *exec, rocket_error *err);

float *rk_exec_dense_gradient(rk_exec *exec); /* [rk_graph_dense_size] f32 */
int rk_exec_n_sparse(const rk_exec *exec);    /* one per embedding node */
rk_sparse *rk_exec_sparse(rk_exec *exec, int i);
double rk_exec_gradient_squares(const rk_exec *exec); /* the sum of the squares of all their values */

#endif
