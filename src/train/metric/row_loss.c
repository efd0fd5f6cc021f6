/* See row_loss.h. From the logits, so that a probability that rounds to 0 or 1 in f32 does not make it infinite.
 *
 *   C = 1:   max(z, 0) - y z + log(1 + exp(-|z|))         C >= 2:   log sum_c exp(z_c) - z_y
 */
#include "row_loss.h"

#include <math.h>

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

double rk_row_loss(const rk_metric_batch *batch, int64_t row)
{
    const float *z = batch->logits + row * batch->ld_logits; /* [C] f32 */
    float y = batch->labels[row];

    return batch->n_classes == 1 ? loss_of_one((double)z[0], (double)y)
                                 : loss_of_classes(z, batch->n_classes, (int64_t)y);
}
