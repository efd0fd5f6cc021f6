/* Share of rows whose largest logit is that of the label; the first of equal ones counts, as in tf.argmax. */
#include "sums.h"

static void row_sums(double s[RK_N_SUMS], const rk_metric_batch *batch, int64_t row, const ProtobufCMessage *options)
{
    const float *logits = batch->logits + row * batch->ld_logits; /* [C] f32 */
    int64_t best = 0;

    (void)options;
    for (int64_t c = 1; c < batch->n_classes; c++)
        best = logits[c] > logits[best] ? c : best;
    s[0] = best == (int64_t)batch->labels[row];
    s[1] = 1;
}

const rk_metric_def rk_metric_accuracy = {
    .field = "accuracy",
    .doc = "share of rows whose largest logit is the label's",
    .min_classes = 2,
    .sums = &(const rk_sums_def){ row_sums, rk_sums_ratio },
    .open = rk_sums_open,
    .add = rk_sums_add,
    .result = rk_sums_result,
    .close = rk_sums_close,
};
