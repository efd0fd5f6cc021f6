/* Small vocabularies folded through the layer that reads them.
 *
 * What a dense layer does before its norm is linear, and so is a look-up:
 *
 *   (sum_i w_i e_i) W = sum_i w_i (e_i W)
 *
 * So where a table has few rows e, the rows e W are worked out when the net is made. Such a look-up then costs the
 * layer the addition of one row for each id instead of the product of the embedding's columns, which leave the layer's
 * input and its kernel. A layer's sums go from its bias over the user's rows and columns, which are the same for all
 * candidates of a request, to the others' rows and columns.
 *
 * It is done where the embedding goes through a concat into one layer of floats and nowhere else, and the rows are few
 * enough to stay in the second-level cache beside the weights. Which ones they are depends on the net alone, never
 * on the machine or the user, since sums that are added up in another order have other bits. A list of very many ids
 * would be cheaper as it was; vocabularies this small hardly have any.
 */
#ifndef RK_FOLD_H
#define RK_FOLD_H

#include "layer.h"
#include "op.h"
#include "plan.h"
#include "weights.h"

/* [n_nodes] look-ups to be folded. Memory is the arena's, whose failure is sticky. */
bool *rk_fold_choose(const rk_plan *plan, const rk_weights *weights, rk_arena *arena);

typedef struct rk_folded {
    int node;       /* the look-up */
    int input;      /* of its ids */
    int64_t column; /* of the concat, where its values would be */
    rk_combiner combiner;
    int64_t n_ids; /* V */
    float *rows;   /* [V + 1, ld] e W, and zeros for what has no id */
} rk_folded;

/* The folded look-ups of a layer. */
typedef struct rk_fold {
    rk_folded *all; /* [n] the user's first */
    int n, n_user;
    int64_t cols, ld; /* of a row */
    float *rows;      /* owned; the rest is the arena's */
} rk_fold;

/* What a fold is made of: its layer's input is a concat, whose inputs are folded or not. */
typedef struct rk_fold_source {
    const rk_plan *plan;
    const rk_weights *weights;
    const bool *folded, *is_user; /* [n_nodes] */
} rk_fold_source;

/* Those of a dense layer; n is 0 where there are none. false without memory. */
bool rk_fold_init(rk_fold *out, const rk_fold_source *source, const rk_node *layer, rk_arena *arena);
void rk_fold_clear(rk_fold *fold);

/* What sums of a layer begin with: start and what the look-ups [first, last) add. Where no bag has more than one id,
 * their rows are put down for the layer to add; else they are added up in y, which may be where start is. */
typedef struct rk_fold_part {
    const rk_fold *fold;
    int first, last;
    const rk_column *columns; /* [n_nodes] of which row 0 is that of y */
    const float **rows;       /* [y.rows, fold->n] to be put down here */
    const rk_backend *backend;
} rk_fold_part;
rk_layer_start rk_fold_add(const rk_fold_part *part, rk_block y, rk_layer_start start);

#endif
