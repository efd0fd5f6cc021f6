/* What several losses share: rows, checks, and functions of logits that do not overflow. All of it in double: a loss is
 * a few thousand values, and its numbers are compared to the seventh digit. */
#ifndef RK_LOSS_MATH_H
#define RK_LOSS_MATH_H

#include "loss.h"

static inline float *rk_row(rk_tensor tensor, int64_t b)
{
    return tensor.data + b * tensor.ld;
}

static inline double rk_row_weight(const rk_loss_io *io, int64_t b)
{
    return io->weights ? (double)io->weights[b] : 1;
}

double rk_softplus(double x); /* log(1 + exp(x)) */
double rk_sigmoid(double x);

/* log sum_c exp(scale * x[c]), and the probability of class c given it */
double rk_log_sum_exp(const float *x, int64_t C, double scale);
double rk_class_probability(const float *x, int64_t c, double scale, double log_sum_exp);

/* Of two inputs of the same width: |x0 - x1|^2 of a row; and its pull, dx0 += factor (x0 - x1), dx1 the opposite. */
double rk_row_distance(const rk_loss_io *io, int64_t b);
void rk_row_pull(const rk_loss_io *io, int64_t b, double factor);

/* Checks: attribute i is a finite number >= 0; inputs 0 and 1 have the same width; input `labels` has width 1. */
ROCKET_NODISCARD rocket_status rk_loss_check_attr(const rk_loss *loss, int i, rocket_error *err);
ROCKET_NODISCARD rocket_status rk_loss_check_pair(const rk_graph *graph, const rk_loss *loss, rocket_error *err);
ROCKET_NODISCARD rocket_status rk_loss_check_labels(const rk_graph *graph, const rk_loss *loss, int labels,
                                                    rocket_error *err);

int64_t rk_loss_width(const rk_graph *graph, const rk_loss *loss, int i); /* of input i */

#endif
