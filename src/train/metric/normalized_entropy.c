/* Normalised entropy: log loss over that of always saying the click rate of the rows (He et al. 2014, section 3).
 *
 *   NE = mean loss / H(r)     H(r) = -r log r - (1 - r) log(1 - r)     r = clicks / rows
 *
 * 1: the scores tell nothing beyond the click rate. Unlike log loss it can be compared between slices and data sets of
 * different click rates. Not defined where there is one class only.
 */
#include <math.h>

#include "row_loss.h"
#include "sums.h"

static void row_sums(double s[RK_N_SUMS], const rk_metric_batch *batch, int64_t row, const ProtobufCMessage *options)
{
    (void)options;
    s[0] = rk_row_loss(batch, row);
    s[1] = 1;
    s[2] = rk_metric_positive(batch, row);
}

static double value(const double s[RK_N_SUMS])
{
    double rate = s[2] / s[1];

    return rate > 0 && rate < 1 ? s[0] / s[1] / (-rate * log(rate) - (1 - rate) * log1p(-rate)) : NAN;
}

const rk_metric_def rk_metric_normalized_entropy = {
    .field = "normalized_entropy",
    .doc = "log loss over that of the click rate (1: no better)",
    .better = RK_SMALLER_IS_BETTER,
    .min_classes = 1,
    .max_classes = 2,
    .sums = &(const rk_sums_def){ row_sums, value },
    .open = rk_sums_open,
    .add = rk_sums_add,
    .result = rk_sums_result,
    .close = rk_sums_close,
};
