/* A net for scoring: a cut graph made ready once, run over rows as they come.
 *
 * Kernels of dense layers are packed at the start, and rows stream through all steps in pieces that stay in the cache.
 * Batch norm and rectifier are applied while a layer's sums are in registers. A row's bits depend on that row alone
 * (see rk_product): the same scores for any number of rows, any order, any cut into calls, any thread. The training
 * graph's are other ones where the first layer adds up in another order: small vocabularies are folded through it
 * (fold.h), and the user's share comes first. The norm is not folded into the weights before it, which would win next
 * to nothing.
 *
 * A request is one user and some candidates. With the net told which inputs are the user's, their columns may have one
 * row for all: whatever depends on them alone, a share of the first layer included, is then worked out once. The
 * scores have the bits of rows that repeat the user's values (see user_part.h).
 *
 * Quantized weights (quantize.h) are multiplied as the integers that they are (int8.h), and tables of integers are read
 * as such: other bits than the training graph's, but the same for any number of rows, order, cut, user, thread and
 * processor. Which values are bytes on the way is worked out by bytes.h.
 *
 * What is not here: features from text (schema.h).
 */
#ifndef RK_NET_H
#define RK_NET_H

#include "op.h"
#include "weights.h"

enum { RK_NET_PIECE = 72 }; /* rows: activations of a light net stay in the second-level cache beside its weights */

typedef struct rk_net rk_net;                 /* immutable: any number of threads */
typedef struct rk_net_session rk_net_session; /* memory of one thread; nothing is allocated after it is made */

typedef struct rk_net_options {
    const int *user; /* [n_user] inputs of the graph that say who asks; any order */
    size_t n_user;
    bool unfolded; /* look-ups are left as the graph has them: for its bits, and for the values in front of layers */
} rk_net_options;

/* graph: a cut, for inference only. It and the weights are borrowed. options: NULL for none. */
ROCKET_NODISCARD rocket_status rk_net_new(rk_net **out, const rk_graph *graph, const rk_weights *weights,
                                          const rk_net_options *options, rocket_error *err);
void rk_net_free(rk_net *net); /* NULL is fine */

ROCKET_NODISCARD rocket_status rk_net_session_new(rk_net_session **out, const rk_net *net, rocket_error *err);
void rk_net_session_free(rk_net_session *session); /* NULL is fine */

/* Where the rows of a node go: row r of the batch to data + r * ld. A node behind which something has been applied or
 * folded has other values. */
typedef struct rk_net_output {
    int node;
    rk_tensor to;
} rk_net_output;

/* Rows [begin, end) of a batch. */
typedef struct rk_net_rows {
    const rk_column *const *columns; /* [n_nodes], those of the graph's inputs */
    int64_t begin, end;
    bool one_user; /* columns of the user's inputs have one row, which stands for all */
} rk_net_rows;

/* Ids that a table does not have would be read from beyond it: ROCKET_DATA. Ask before running on foreign ids. */
ROCKET_NODISCARD rocket_status rk_net_check(const rk_net *net, rk_net_rows rows, rocket_error *err);

/* Only these rows of the outputs are written. */
void rk_net_run(rk_net_session *session, rk_net_rows rows, const rk_net_output *outputs, int n_outputs);

#endif
