/* Metrics that are the mean of something over rows: the layout that they share, and all but the something. */
#ifndef RK_MEAN_METRIC_H
#define RK_MEAN_METRIC_H

#include "metric.h"

struct rk_metric {
    double sum;
    int64_t n;
};

rk_metric *rk_mean_open(const ProtobufCMessage *options);
rocket_status rk_mean_result(double *out, rk_metric *metric, rocket_error *err); /* NaN of nothing */
void rk_mean_close(rk_metric *metric);

#endif
