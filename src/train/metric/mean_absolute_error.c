/* Mean of |label - P(click)|; one class only, as upstream. */
#include <math.h>

#include "sums.h"

static void row_sums(double s[RK_N_SUMS], const rk_metric_batch *batch, int64_t row, const ProtobufCMessage *options)
{
    (void)options;
    s[0] = fabs((double)batch->labels[row] - (double)rk_metric_score(batch, row));
    s[1] = 1;
}

const rk_metric_def rk_metric_mean_absolute_error = {
    .field = "mean_absolute_error",
    .doc = "mean of |label - probability|",
    .better = RK_SMALLER_IS_BETTER,
    .min_classes = 1,
    .max_classes = 1,
    .sums = &(const rk_sums_def){ row_sums, rk_sums_ratio },
    .open = rk_sums_open,
    .add = rk_sums_add,
    .result = rk_sums_result,
    .close = rk_sums_close,
};
