/* Largest F1 over 200 thresholds in [0, 1], on logits.
 *
 * Thresholds are meant for probabilities; that upstream compares logits with them is kept (easyrec.md 4.6), so logits
 * that are all negative give 0.
 *
 *   P = tp / (tp + fp)    R = tp / (tp + fn)    F1 = 2 P R / (P + R + 1e-12)    0 / 0 = 0
 */
#include "mem.h"
#include "metric.h"
#include "thresholds.h"

enum { N_THRESHOLDS = 200 };

struct rk_metric {
    rk_thresholds thresholds;
};

static rk_metric *open(const ProtobufCMessage *options)
{
    rk_metric *metric = rk_alloc(1, sizeof *metric);

    (void)options;
    if (metric && !rk_thresholds_init(&metric->thresholds, N_THRESHOLDS)) {
        rk_free(metric);
        return NULL;
    }
    return metric;
}

static rocket_status add(rk_metric *metric, const rk_metric_batch *batch, rocket_error *err)
{
    (void)err;
    for (int64_t row = 0; row < batch->n_rows; row++)
        rk_thresholds_add(&metric->thresholds, rk_metric_logit(batch, row), rk_metric_positive(batch, row));
    return ROCKET_OK;
}

static rocket_status result(double *out, rk_metric *metric, rocket_error *err)
{
    rk_confusion at = rk_thresholds_begin(&metric->thresholds);
    double best = 0;

    (void)err;
    while (rk_thresholds_next(&metric->thresholds, &at)) {
        double precision = at.tp + at.fp > 0 ? at.tp / (at.tp + at.fp) : 0;
        double recall = at.tp + at.fn > 0 ? at.tp / (at.tp + at.fn) : 0;
        double f1 = 2 * precision * recall / (precision + recall + 1e-12);

        best = f1 > best ? f1 : best;
    }
    *out = best;
    return ROCKET_OK;
}

static void close(rk_metric *metric)
{
    rk_thresholds_clear(&metric->thresholds);
    rk_free(metric);
}

const rk_metric_def rk_metric_max_f1 = {
    .field = "max_f1",
    .doc = "largest F1 over 200 thresholds in [0, 1], on logits as upstream",
    .min_classes = 1,
    .max_classes = 2,
    .open = open,
    .add = add,
    .result = result,
    .close = close,
};
