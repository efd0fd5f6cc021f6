/* Square root of the mean of (label - P(click))^2; one class only, as upstream. */
#include <math.h>

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

static rocket_status result(double *out, rk_metric *metric, rocket_error *err)
{
    double mean = 0;
    rocket_status status = rk_mean_result(&mean, metric, err);

    *out = sqrt(mean);
    return status;
}

const rk_metric_def rk_metric_root_mean_squared_error = {
    .field = "root_mean_squared_error",
    .doc = "root of the mean of (label - probability)^2",
    .min_classes = 1,
    .max_classes = 1,
    .open = rk_mean_open,
    .add = add,
    .result = result,
    .close = rk_mean_close,
};
