/* A sum in double and a count: what every metric that is a mean over rows keeps, whatever it sums. */
#include "mean_metric.h"

#include <math.h>

#include "mem.h"

rk_metric *rk_mean_open(const ProtobufCMessage *options)
{
    (void)options;
    return rk_alloc(1, sizeof(rk_metric));
}

rocket_status rk_mean_result(double *out, rk_metric *metric, rocket_error *err)
{
    (void)err;
    *out = metric->n > 0 ? metric->sum / (double)metric->n : NAN;
    return ROCKET_OK;
}

void rk_mean_close(rk_metric *metric)
{
    rk_free(metric);
}
