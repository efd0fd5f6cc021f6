/* Metrics over counts of positives and negatives above each of n thresholds in [0, 1], as TensorFlow's take them:
 * -1e-7, 1/(n-1), 2/(n-1), ..., 1 + 1e-7, compared in f32; a score counts where it is greater. What they share is all
 * but the score and what a threshold adds to the value. */
#ifndef RK_THRESHOLDS_H
#define RK_THRESHOLDS_H

#include "metric.h"

enum { RK_MAX_THRESHOLDS = 1 << 24 };

typedef struct rk_confusion {
    double tp, fp, tn, fn;
} rk_confusion;

typedef struct rk_thresholds_def {
    float (*score)(const rk_metric_batch *batch, int64_t row);
    /* The value so far, 0 in the beginning, and the next threshold, from the lowest up; last is NULL at the first. */
    double (*pass)(double value, const rk_confusion *last, const rk_confusion *now);
} rk_thresholds_def;

rk_metric *rk_thresholds_open(const rk_thresholds_def *def, size_t n); /* 2 <= n; NULL without memory */
rocket_status rk_thresholds_add(rk_metric *metric, const rk_metric_batch *batch, rocket_error *err);
rocket_status rk_thresholds_result(double *out, const rk_metric *metric, const uint32_t *counts, rocket_error *err);
void rk_thresholds_close(rk_metric *metric);

#endif
