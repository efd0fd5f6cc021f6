/* Mean of (label - P(click))^2; one class only, as upstream. */
#include "mean_metric.h"

static rocket_status add(rk_metric *metric, const rk_metric_batch *batch, rocket_error *err)
{
    (void)err;
    for (int64_t row = 0; row < batch->n_rows; row++) {
        double d = (double)batch->labels[row] - (double)rk_metric_score(batch, row);

        metric->sum += d * d;
    }
    metric->n += batch->n_rows;
    return ROCKET_OK;
}

const rk_metric_def rk_metric_mean_squared_error = {
    .field = "mean_squared_error",
    .doc = "mean of (label - probability)^2",
    .min_classes = 1,
    .max_classes = 1,
    .open = rk_mean_open,
    .add = add,
    .result = rk_mean_result,
    .close = rk_mean_close,
};
