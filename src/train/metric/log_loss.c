/* Log loss: mean of -log P(label), in double from the logits, so that a probability that rounds to 0 or 1 in f32 does
 * not make it infinite. Rocket's own, always reported.
 *
 *   C = 1:   max(z, 0) - y z + log(1 + exp(-|z|))         C >= 2:   log sum_c exp(z_c) - z_y
 */
#include <math.h>

#include "mean_metric.h"

static double loss_of_one(double z, double y)
{
    return (z > 0 ? z : 0) - y * z + log1p(exp(-fabs(z)));
}

static double loss_of_classes(const float *z, int64_t C, int64_t y)
{
    double top = (double)z[0], sum = 0;

    for (int64_t c = 1; c < C; c++)
        top = (double)z[c] > top ? (double)z[c] : top;
    for (int64_t c = 0; c < C; c++)
        sum += exp((double)z[c] - top);
    return log(sum) + top - (double)z[y];
}

static rocket_status add(rk_metric *metric, const rk_metric_batch *batch, rocket_error *err)
{
    (void)err;
    for (int64_t row = 0; row < batch->n_rows; row++) {
        const float *z = batch->logits + row * batch->ld_logits; /* [C] f32 */
        float y = batch->labels[row];

        metric->sum += batch->n_classes == 1 ? loss_of_one((double)z[0], (double)y)
                                             : loss_of_classes(z, batch->n_classes, (int64_t)y);
    }
    metric->n += batch->n_rows;
    return ROCKET_OK;
}

const rk_metric_def rk_metric_log_loss = {
    .field = "log_loss",
    .doc = "mean of -log P(label)",
    .always = true,
    .min_classes = 1,
    .open = rk_mean_open,
    .add = add,
    .result = rk_mean_result,
    .close = rk_mean_close,
};
