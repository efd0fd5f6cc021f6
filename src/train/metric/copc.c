/* Clicks over predicted clicks: sum of labels / sum of P(click). 1 is calibrated, below 1 promises too much.
 * Rocket's own, always reported.
 */
#include <math.h>

#include "mem.h"
#include "metric.h"

struct rk_metric {
    double clicks, predicted;
};

static rk_metric *open(const ProtobufCMessage *options)
{
    (void)options;
    return rk_alloc(1, sizeof(rk_metric));
}

static rocket_status add(rk_metric *metric, const rk_metric_batch *batch, rocket_error *err)
{
    (void)err;
    for (int64_t row = 0; row < batch->n_rows; row++) {
        metric->clicks += (double)batch->labels[row];
        metric->predicted += (double)rk_metric_score(batch, row);
    }
    return ROCKET_OK;
}

static rocket_status result(double *out, rk_metric *metric, rocket_error *err)
{
    (void)err;
    *out = metric->predicted > 0 ? metric->clicks / metric->predicted : NAN;
    return ROCKET_OK;
}

static void close(rk_metric *metric)
{
    rk_free(metric);
}

const rk_metric_def rk_metric_copc = {
    .field = "copc",
    .doc = "clicks over predicted clicks (1: calibrated)",
    .always = true,
    .min_classes = 1,
    .max_classes = 2,
    .open = open,
    .add = add,
    .result = result,
    .close = close,
};
