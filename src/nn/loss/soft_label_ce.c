/* Soft labels by TensorFlow's log_loss: every class is a yes-or-no question of its own, although the probabilities were
 * made jointly. Upstream's kd with CROSS_ENTROPY_LOSS (easyrec.md 6), which both of its samples use.
 *
 *   L     = weight / (n C) * sum_b w_b sum_c -(q_c log(p_c + eps) + (1 - q_c) log(1 - p_c + eps))
 *   dL/dp = weight / (n C) * w g_c,   g_c = (1 - q_c) / (1 - p_c + eps) - q_c / (p_c + eps)
 *   dL/ds = weight / (n C) * w p_c (g_c - sum_k p_k g_k)        C = 1: p (1 - p) g
 *
 * p, q, s, eps: soft_label.h.
 */
#include <math.h>

#include "soft_label.h"

static double forward(const rk_loss_io *io)
{
    double sum = 0;

    for (int64_t b = io->begin; b < io->end; b++) {
        rk_soft pred = rk_soft_of(io, RK_SOFT_PREDICTIONS, b, true), label = rk_soft_of(io, RK_SOFT_LABELS, b, true);
        double row = 0;

        for (int64_t c = 0; c < io->C; c++) {
            double p = rk_soft_prob(&pred, c), q = rk_soft_prob(&label, c);
            row -= q * log(p + RK_SOFT_EPSILON) + (1 - q) * log(1 - p + RK_SOFT_EPSILON);
        }
        sum += rk_soft_scale(io, b) / (double)io->C * row;
    }
    return sum;
}

/* dL/dp_c of a row, without the scale */
static double slope_of(const rk_soft *pred, const rk_soft *label, int64_t c)
{
    double p = rk_soft_prob(pred, c), q = rk_soft_prob(label, c);

    return (1 - q) / (1 - p + RK_SOFT_EPSILON) - q / (p + RK_SOFT_EPSILON);
}

static void backward_row(const rk_loss_io *io, int64_t b)
{
    rk_soft pred = rk_soft_of(io, RK_SOFT_PREDICTIONS, b, true), label = rk_soft_of(io, RK_SOFT_LABELS, b, true);
    double scale = rk_soft_scale(io, b) / (double)io->C, mean = 0;

    for (int64_t c = 0; pred.joint && c < io->C; c++)
        mean += rk_soft_prob(&pred, c) * slope_of(&pred, &label, c);
    for (int64_t c = 0; c < io->C; c++) {
        double p = rk_soft_prob(&pred, c), g = slope_of(&pred, &label, c);
        double ds = pred.joint ? p * (g - mean) : p * (1 - p) * g;

        rk_soft_add(io, b, c, scale * ds * rk_soft_slope(&pred, c));
    }
}

static void backward(const rk_loss_io *io)
{
    for (int64_t b = io->begin; b < io->end; b++)
        backward_row(io, b);
}

const rk_loss_def rk_loss_soft_label_ce = {
    .name = "SOFT_LABEL_CE",
    .doc = "log loss of every class against softened labels",
    RK_SOFT_INPUTS,
    .check = rk_soft_check,
    .forward = forward,
    .backward = backward,
};
