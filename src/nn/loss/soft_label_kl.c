/* Soft labels by Kullback-Leibler divergence KL(q || p). Upstream's kd with KL_DIVERGENCE_LOSS (easyrec.md 6).
 *
 *   C > 1:  L = weight / n * sum_b w_b sum_c q_c (log q_c - log p_c)
 *   C = 1:  L = weight / n * sum_b w_b (q (log q - log p) + (1 - q) (log(1 - q) - log(1 - p)))
 *   dL/ds = weight / n * w (p - q) in both
 *
 * p, q, s: soft_label.h. Logarithms are taken of the logits and not of clipped probabilities, so that the loss keeps
 * its slope where a net is sure and wrong. For one class upstream drops the second half and sums over the batch.
 */
#include <math.h>

#include "soft_label.h"

/* log p_c */
static double log_prob(const rk_soft *side, int64_t c)
{
    double s = rk_soft_logit(side, c);

    return side->joint ? s - side->log_sum : -rk_softplus(-s);
}

static double divergence(const rk_soft *pred, const rk_soft *label)
{
    double sum = 0;

    for (int64_t c = 0; c < pred->C; c++)
        sum += rk_soft_prob(label, c) * (log_prob(label, c) - log_prob(pred, c));
    if (!pred->joint) {
        double s = rk_soft_logit(pred, 0), t = rk_soft_logit(label, 0); /* log(1 - sigmoid(s)) = -softplus(s) */
        sum += rk_sigmoid(-t) * (rk_softplus(s) - rk_softplus(t));
    }
    return sum;
}

static double forward(const rk_loss_io *io)
{
    double sum = 0;

    for (int64_t b = io->begin; b < io->end; b++) {
        rk_soft pred = rk_soft_of(io, RK_SOFT_PREDICTIONS, b, true), label = rk_soft_of(io, RK_SOFT_LABELS, b, true);

        sum += rk_soft_scale(io, b) * divergence(&pred, &label);
    }
    return sum;
}

static void backward(const rk_loss_io *io)
{
    for (int64_t b = io->begin; b < io->end; b++) {
        rk_soft pred = rk_soft_of(io, RK_SOFT_PREDICTIONS, b, true), label = rk_soft_of(io, RK_SOFT_LABELS, b, true);
        double scale = rk_soft_scale(io, b);

        for (int64_t c = 0; c < io->C; c++)
            rk_soft_add(io, b, c, scale * (rk_soft_prob(&pred, c) - rk_soft_prob(&label, c)) * rk_soft_slope(&pred, c));
    }
}

const rk_loss_def rk_loss_soft_label_kl = {
    .name = "SOFT_LABEL_KL",
    .doc = "Kullback-Leibler divergence of predictions from softened labels",
    RK_SOFT_INPUTS,
    .check = rk_soft_check,
    .forward = forward,
    .backward = backward,
};
