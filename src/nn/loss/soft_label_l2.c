/* Soft labels by squared difference, of the values as they are: neither temperature nor the question whether they are
 * logits matters. Upstream's kd with L2_LOSS (easyrec.md 6).
 *
 *   L = weight / (n C) * sum_b w_b sum_c (x_c - y_c)^2        dL/dx = 2 weight / (n C) * w (x - y)
 */
#include "soft_label.h"

static double forward(const rk_loss_io *io)
{
    double sum = 0;

    for (int64_t b = io->begin; b < io->end; b++)
        sum += rk_soft_scale(io, b) / (double)io->C * rk_row_distance(io, b);
    return sum;
}

static void backward(const rk_loss_io *io)
{
    for (int64_t b = io->begin; b < io->end; b++)
        rk_row_pull(io, b, 2 * rk_soft_scale(io, b) / (double)io->C);
}

const rk_loss_def rk_loss_soft_label_l2 = {
    .name = "SOFT_LABEL_L2",
    .doc = "squared difference of predictions and soft labels",
    RK_SOFT_INPUTS,
    .check = rk_soft_check,
    .forward = forward,
    .backward = backward,
};
