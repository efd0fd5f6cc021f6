/* Metrics that are a function of a few sums over rows, as every mean and every ratio is: what they share is all but the
 * sums of a row and the function.
 *
 * Where rows can be drawn again (rk_metric_batch.units), the sums are kept for every unit too, so that a resample costs
 * a pass over units, not rows.
 */
#ifndef RK_SUMS_H
#define RK_SUMS_H

#include "metric.h"

enum { RK_N_SUMS = 3 };

typedef struct rk_sums_def {
    /* What a row adds; s is zero before. */
    void (*row)(double s[RK_N_SUMS], const rk_metric_batch *batch, int64_t row, const ProtobufCMessage *options);
    double (*value)(const double s[RK_N_SUMS]);
} rk_sums_def;

/* The functions of a metric whose def has sums. def and options are borrowed. */
rk_metric *rk_sums_open(const rk_metric_def *def, const ProtobufCMessage *options);
rocket_status rk_sums_add(rk_metric *metric, const rk_metric_batch *batch, rocket_error *err);
rocket_status rk_sums_result(double *out, const rk_metric *metric, const uint32_t *counts, rocket_error *err);
void rk_sums_close(rk_metric *metric);

double rk_sums_ratio(const double s[RK_N_SUMS]); /* s[0] / s[1]; NaN of nothing */

#endif
