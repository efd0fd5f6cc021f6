/* Upstream's AUC: trapezoids under the ROC curve at num_thresholds thresholds (easyrec.md 4.6; tf.metrics.auc).
 *
 *   TPR = (tp + e) / (tp + fn + e)    FPR = fp / (fp + tn + e)    e = 1e-6
 *
 * Coarse where scores crowd between two thresholds, as at low click rates: exact_auc has no such error.
 */
#include <stdio.h>

#include "mem.h"
#include "metric.h"
#include "thresholds.h"

enum { MAX_THRESHOLDS = 1 << 24, DEFAULT_THRESHOLDS = 200 };

struct rk_metric {
    rk_thresholds thresholds;
};

static uint32_t n_thresholds(const ProtobufCMessage *options)
{
    return options ? ((const Rocket__AUC *)options)->num_thresholds : DEFAULT_THRESHOLDS;
}

static void check(const rk_config *config, const ProtobufCMessage *options, rk_faults *faults)
{
    uint32_t n = n_thresholds(options);

    if (n < 2 || n > MAX_THRESHOLDS)
        rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, options, "num_thresholds", 0),
                      "num_thresholds must be from 2 to %d, got %u", MAX_THRESHOLDS, n);
}

static void variant(char out[32], const ProtobufCMessage *options)
{
    snprintf(out, 32, "%u", n_thresholds(options));
}

static rk_metric *open(const ProtobufCMessage *options)
{
    rk_metric *metric = rk_alloc(1, sizeof *metric);

    if (metric && !rk_thresholds_init(&metric->thresholds, n_thresholds(options))) {
        rk_free(metric);
        return NULL;
    }
    return metric;
}

static rocket_status add(rk_metric *metric, const rk_metric_batch *batch, rocket_error *err)
{
    (void)err;
    for (int64_t row = 0; row < batch->n_rows; row++)
        rk_thresholds_add(&metric->thresholds, rk_metric_score(batch, row), rk_metric_positive(batch, row));
    return ROCKET_OK;
}

static rocket_status result(double *out, rk_metric *metric, rocket_error *err)
{
    static const double epsilon = 1e-6;
    rk_confusion at = rk_thresholds_begin(&metric->thresholds);
    double area = 0, last_x = 0, last_y = 0;

    (void)err;
    while (rk_thresholds_next(&metric->thresholds, &at)) {
        double x = at.fp / (at.fp + at.tn + epsilon), y = (at.tp + epsilon) / (at.tp + at.fn + epsilon);

        if (at.i > 0)
            area += (last_x - x) * (last_y + y) / 2;
        last_x = x;
        last_y = y;
    }
    *out = area;
    return ROCKET_OK;
}

static void close(rk_metric *metric)
{
    rk_thresholds_clear(&metric->thresholds);
    rk_free(metric);
}

const rk_metric_def rk_metric_auc = {
    .field = "auc",
    .doc = "area under the ROC curve over num_thresholds thresholds, as upstream",
    .min_classes = 1,
    .max_classes = 2,
    .check = check,
    .variant = variant,
    .open = open,
    .add = add,
    .result = result,
    .close = close,
};
