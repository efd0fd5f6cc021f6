/* Mean of (label - P(click))^2; one class only, as upstream. */
#include "sums.h"

static void row_sums(double s[RK_N_SUMS], const rk_metric_batch *batch, int64_t row, const ProtobufCMessage *options)
{
    double d = (double)batch->labels[row] - (double)rk_metric_score(batch, row);

    (void)options;
    s[0] = d * d;
    s[1] = 1;
}

const rk_metric_def rk_metric_mean_squared_error = {
    .field = "mean_squared_error",
    .doc = "mean of (label - probability)^2",
    .better = RK_SMALLER_IS_BETTER,
    .min_classes = 1,
    .max_classes = 1,
    .sums = &(const rk_sums_def){ row_sums, rk_sums_ratio },
    .open = rk_sums_open,
    .add = rk_sums_add,
    .result = rk_sums_result,
    .close = rk_sums_close,
};
