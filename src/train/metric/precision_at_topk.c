/* Average precision at topk, with the one right class that a row has: 1 / rank of the label's logit if it is among the
 * topk largest, else 0 (tf.metrics.average_precision_at_k). Upstream's ranking models accept the entry and report
 * nothing.
 */
#include "sums.h"
#include "topk.h"

static void row_sums(double s[RK_N_SUMS], const rk_metric_batch *batch, int64_t row, const ProtobufCMessage *options)
{
    int64_t before = rk_label_rank(batch, row);

    s[0] = before < rk_topk(options) ? 1 / (double)(before + 1) : 0;
    s[1] = 1;
}

const rk_metric_def rk_metric_precision_at_topk = {
    .field = "precision_at_topk",
    .doc = "mean of 1 / rank of the label's logit, 0 beyond the topk largest",
    .min_classes = 2,
    .check = rk_topk_check,
    .variant = rk_topk_variant,
    .sums = &(const rk_sums_def){ row_sums, rk_sums_ratio },
    .open = rk_sums_open,
    .add = rk_sums_add,
    .result = rk_sums_result,
    .close = rk_sums_close,
};
