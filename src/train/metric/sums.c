/* See sums.h. The sums of all rows are kept beside those of the units, in the order of the rows: a figure has the same
 * bits whether it can be drawn again or not.
 */
#include "sums.h"

#include <math.h>

#include "error.h"
#include "mem.h"

typedef struct unit_sums {
    double s[RK_N_SUMS];
} unit_sums;

struct rk_metric {
    const rk_sums_def *def;
    const ProtobufCMessage *options;
    unit_sums all;
    unit_sums *units; /* [n_units] */
    size_t n_units, capacity;
};

rk_metric *rk_sums_open(const rk_metric_def *def, const ProtobufCMessage *options)
{
    rk_metric *metric = rk_alloc(1, sizeof *metric);

    if (metric)
        *metric = (rk_metric){ .def = def->sums, .options = options };
    return metric;
}

static bool reserve(rk_metric *metric, size_t unit)
{
    unit_sums *units = rk_grow(metric->units, &metric->capacity, unit + 1, sizeof *units);

    if (!units)
        return false;
    metric->units = units;
    if (unit >= metric->n_units)
        metric->n_units = unit + 1;
    return true;
}

static void add_sums(double to[RK_N_SUMS], const double s[RK_N_SUMS], double times)
{
    for (int k = 0; k < RK_N_SUMS; k++)
        to[k] += times * s[k];
}

rocket_status rk_sums_add(rk_metric *metric, const rk_metric_batch *batch, rocket_error *err)
{
    for (int64_t row = 0; row < batch->n_rows; row++) {
        double s[RK_N_SUMS] = { 0 };

        metric->def->row(s, batch, row, metric->options);
        add_sums(metric->all.s, s, 1);
        if (!batch->units)
            continue;
        RK_FAIL_IF(!reserve(metric, batch->units[row]), FAILED, err, "no memory for the sums of %u units",
                   (unsigned)batch->units[row]);
        add_sums(metric->units[batch->units[row]].s, s, 1);
    }
    return ROCKET_OK;
}

rocket_status rk_sums_result(double *out, const rk_metric *metric, const uint32_t *counts, rocket_error *err)
{
    unit_sums sums = { { 0 } };

    (void)err;
    for (size_t u = 0; counts && u < metric->n_units; u++)
        add_sums(sums.s, metric->units[u].s, (double)counts[u]);
    *out = metric->def->value(counts ? sums.s : metric->all.s);
    return ROCKET_OK;
}

void rk_sums_close(rk_metric *metric)
{
    rk_free(metric->units);
    rk_free(metric);
}

double rk_sums_ratio(const double s[RK_N_SUMS])
{
    return s[1] > 0 ? s[0] / s[1] : NAN;
}
