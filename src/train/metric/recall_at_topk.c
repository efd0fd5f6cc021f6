/* Share of rows whose label is among the topk largest logits; of equal logits the lower class comes first, as in
 * tf.nn.top_k.
 */
#include "sums.h"
#include "topk.h"

static void row_sums(double s[RK_N_SUMS], const rk_metric_batch *batch, int64_t row, const ProtobufCMessage *options)
{
    s[0] = rk_label_rank(batch, row) < rk_topk(options);
    s[1] = 1;
}

const rk_metric_def rk_metric_recall_at_topk = {
    .field = "recall_at_topk",
    .doc = "share of rows whose label is among the topk largest logits",
    .min_classes = 2,
    .check = rk_topk_check,
    .variant = rk_topk_variant,
    .sums = &(const rk_sums_def){ row_sums, rk_sums_ratio },
    .open = rk_sums_open,
    .add = rk_sums_add,
    .result = rk_sums_result,
    .close = rk_sums_close,
};
