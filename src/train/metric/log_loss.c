/* Log loss: mean of -log P(label). Rocket's own, always reported. */
#include "row_loss.h"
#include "sums.h"

static void row_sums(double s[RK_N_SUMS], const rk_metric_batch *batch, int64_t row, const ProtobufCMessage *options)
{
    (void)options;
    s[0] = rk_row_loss(batch, row);
    s[1] = 1;
}

const rk_metric_def rk_metric_log_loss = {
    .field = "log_loss",
    .doc = "mean of -log P(label)",
    .better = RK_SMALLER_IS_BETTER,
    .always = true,
    .min_classes = 1,
    .sums = &(const rk_sums_def){ row_sums, rk_sums_ratio },
    .open = rk_sums_open,
    .add = rk_sums_add,
    .result = rk_sums_result,
    .close = rk_sums_close,
};
