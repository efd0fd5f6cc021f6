/* Soft labels by binary cross-entropy: every value is the answer to a yes-or-no question. Upstream's kd with
 * BINARY_CROSS_ENTROPY_LOSS (easyrec.md 6); Hinton et al. 2015 for one class.
 *
 *   L     = weight / (n C) * sum_b w_b sum_c (softplus(s_c) - q_c s_c)
 *   dL/ds = weight / (n C) * w (p_c - q_c)
 *
 * p, q, s: soft_label.h, each value by itself. Upstream's is the same with one number for the whole batch; its
 * task-space weights make it fail, here they weigh rows.
 */
#include "soft_label.h"

static double forward(const rk_loss_io *io)
{
    double sum = 0;

    for (int64_t b = io->begin; b < io->end; b++) {
        rk_soft pred = rk_soft_of(io, RK_SOFT_PREDICTIONS, b, false), label = rk_soft_of(io, RK_SOFT_LABELS, b, false);
        double row = 0;

        for (int64_t c = 0; c < io->C; c++)
            row += rk_softplus(rk_soft_logit(&pred, c)) - rk_soft_prob(&label, c) * rk_soft_logit(&pred, c);
        sum += rk_soft_scale(io, b) / (double)io->C * row;
    }
    return sum;
}

static void backward(const rk_loss_io *io)
{
    for (int64_t b = io->begin; b < io->end; b++) {
        rk_soft pred = rk_soft_of(io, RK_SOFT_PREDICTIONS, b, false), label = rk_soft_of(io, RK_SOFT_LABELS, b, false);
        double scale = rk_soft_scale(io, b) / (double)io->C;

        for (int64_t c = 0; c < io->C; c++)
            rk_soft_add(io, b, c, scale * (rk_soft_prob(&pred, c) - rk_soft_prob(&label, c)) * rk_soft_slope(&pred, c));
    }
}

const rk_loss_def rk_loss_soft_label_bce = {
    .name = "SOFT_LABEL_BCE",
    .doc = "binary cross-entropy of every value against softened labels",
    RK_SOFT_INPUTS,
    .check = rk_soft_check,
    .forward = forward,
    .backward = backward,
};
