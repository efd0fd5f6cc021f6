/* Clicks over predicted clicks: sum of labels / sum of P(click). 1 is calibrated, below 1 promises too much.
 * Rocket's own, always reported.
 */
#include "sums.h"

static void row_sums(double s[RK_N_SUMS], const rk_metric_batch *batch, int64_t row, const ProtobufCMessage *options)
{
    (void)options;
    s[0] = (double)batch->labels[row];
    s[1] = (double)rk_metric_score(batch, row);
}

const rk_metric_def rk_metric_copc = {
    .field = "copc",
    .doc = "clicks over predicted clicks (1: calibrated)",
    .better = RK_NEITHER_IS_BETTER,
    .always = true,
    .min_classes = 1,
    .max_classes = 2,
    .sums = &(const rk_sums_def){ row_sums, rk_sums_ratio },
    .open = rk_sums_open,
    .add = rk_sums_add,
    .result = rk_sums_result,
    .close = rk_sums_close,
};
