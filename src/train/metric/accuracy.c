/* Share of rows whose largest logit is that of the label; the first of equal ones counts, as in tf.argmax. */
#include "mean_metric.h"

static rocket_status add(rk_metric *metric, const rk_metric_batch *batch, rocket_error *err)
{
    (void)err;
    for (int64_t row = 0; row < batch->n_rows; row++) {
        const float *logits = batch->logits + row * batch->ld_logits; /* [C] f32 */
        int64_t best = 0;

        for (int64_t c = 1; c < batch->n_classes; c++)
            best = logits[c] > logits[best] ? c : best;
        metric->sum += best == (int64_t)batch->labels[row];
    }
    metric->n += batch->n_rows;
    return ROCKET_OK;
}

const rk_metric_def rk_metric_accuracy = {
    .field = "accuracy",
    .doc = "share of rows whose largest logit is the label's",
    .min_classes = 2,
    .open = rk_mean_open,
    .add = add,
    .result = rk_mean_result,
    .close = rk_mean_close,
};
