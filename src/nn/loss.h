/* The loss seam: one file per loss and one line in losses.def.
 *
 * A loss turns rows of its inputs into one number for the batch. `n` is what sums are divided by: the number of rows,
 * or with sample weights the number of rows whose weight is not zero (TensorFlow's SUM_BY_NONZERO_WEIGHTS). Gradients
 * are added to dx (the executor zeroes it where this loss is the first to write); an absent dx is not wanted.
 */
#ifndef RK_LOSS_H
#define RK_LOSS_H

#include "op.h"

typedef struct rk_loss_io {
    const rk_loss *loss;
    const rk_backend *backend;
    int64_t begin, end;   /* rows of this chunk */
    double n;             /* see above */
    int64_t C;            /* values per row of input 0 */
    const rk_tensor *x;   /* [n_inputs] */
    const rk_tensor *dx;  /* [n_inputs] */
    const float *weights; /* [B] sample weights, NULL: all 1 */
    double sum;           /* backward: all chunks' shares together */
} rk_loss_io;

struct rk_loss_def {
    const char *name; /* "LOGIT_MSE" */
    const char *doc;
    bool regulariser;                /* of the training loss only: evaluation leaves it out; never sample-weighted */
    bool own_line;                   /* of a regulariser: reported by its name, not in regularization_loss */
    int n_inputs;                    /* without the optional sample weight, which comes last */
    const char *inputs[4];           /* e.g. "logits", "labels" */
    const char *attrs[RK_MAX_ATTRS]; /* e.g. "weight", "temperature" */
    double attr_defaults[RK_MAX_ATTRS];
    rocket_status (*check)(const rk_graph *graph, const rk_loss *loss, rocket_error *err);
    double (*forward)(const rk_loss_io *io);          /* this chunk's share of the loss */
    double (*whole)(const rk_loss *loss, double sum); /* the loss from the sum of all shares; NULL: that is the loss */
    void (*backward)(const rk_loss_io *io);
};

extern const rk_loss_def *const rk_losses[]; /* ends with NULL */
const rk_loss_def *rk_loss_find(const char *name);

#endif
