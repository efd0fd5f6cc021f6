/* Recall at .5: of the clicks, the share whose P(click) is greater; not defined where there are none.
 * Upstream's ranking models accept the entry and report nothing.
 */
#include "sums.h"

static void row_sums(double s[RK_N_SUMS], const rk_metric_batch *batch, int64_t row, const ProtobufCMessage *options)
{
    (void)options;
    s[1] = rk_metric_positive(batch, row);
    s[0] = s[1] > 0 && rk_metric_score(batch, row) > 0.5F;
}

const rk_metric_def rk_metric_recall = {
    .field = "recall",
    .doc = "share of the clicks that have a probability above .5",
    .min_classes = 1,
    .max_classes = 2,
    .sums = &(const rk_sums_def){ row_sums, rk_sums_ratio },
    .open = rk_sums_open,
    .add = rk_sums_add,
    .result = rk_sums_result,
    .close = rk_sums_close,
};
