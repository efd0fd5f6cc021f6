/* Expected calibration error: P(click) and click rate compared in bins of equal width (Guo et al. 2017, eq. 3, for the
 * click).
 *
 *   ECE = sum_b n_b / n |mean label_b - mean P_b|      bin b holds b / bins <= P < (b + 1) / bins, the last one P = 1
 * too
 *
 * At low click rates nearly all rows share the first bin, and it says no more than copc does.
 */
#include <math.h>
#include <stdio.h>

#include "error.h"
#include "mem.h"
#include "metric.h"

enum { MAX_BINS = 100000 };

typedef struct row {
    uint32_t bin, unit;
    float label, score;
} row;

struct rk_metric {
    uint32_t n_bins;
    double *excess; /* [n_bins] sum of label - P */
    int64_t n;
    row *rows; /* for resampling only */
    size_t n_rows, capacity;
};

static uint32_t bins_of(const ProtobufCMessage *options)
{
    return ((const Rocket__Ece *)options)->num_bins;
}

static void check(const rk_config *config, const ProtobufCMessage *options, rk_faults *faults)
{
    uint32_t n = bins_of(options);

    if (n < 1 || n > MAX_BINS)
        rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, options, "num_bins", 0),
                      "num_bins must be from 1 to %d, got %u", MAX_BINS, n);
}

static void variant(char out[32], const ProtobufCMessage *options)
{
    snprintf(out, 32, "%u", bins_of(options));
}

static rk_metric *open(const rk_metric_def *def, const ProtobufCMessage *options)
{
    (void)def;
    rk_metric *metric = rk_alloc(1, sizeof *metric);

    if (!metric)
        return NULL;
    metric->n_bins = bins_of(options);
    metric->excess = rk_alloc(metric->n_bins, sizeof *metric->excess);
    if (metric->excess)
        return metric;
    rk_free(metric);
    return NULL;
}

static rocket_status keep(rk_metric *metric, row r, rocket_error *err)
{
    row *rows = rk_grow(metric->rows, &metric->capacity, metric->n_rows + 1, sizeof *rows);

    RK_FAIL_IF(!rows, FAILED, err, "no memory for the scores of more than %zu evaluation rows", metric->n_rows);
    metric->rows = rows;
    rows[metric->n_rows++] = r;
    return ROCKET_OK;
}

static rocket_status add(rk_metric *metric, const rk_metric_batch *batch, rocket_error *err)
{
    for (int64_t i = 0; i < batch->n_rows; i++) {
        row r = { .label = batch->labels[i], .score = rk_metric_score(batch, i) };
        double place = (double)r.score * metric->n_bins;

        r.bin = place < metric->n_bins ? (uint32_t)place : metric->n_bins - 1;
        metric->excess[r.bin] += (double)r.label - (double)r.score;
        metric->n++;
        if (batch->units) {
            r.unit = batch->units[i];
            RK_TRY(keep(metric, r, err));
        }
    }
    return ROCKET_OK;
}

static double error_of(const double *excess, uint32_t n_bins, double n)
{
    double sum = 0;

    for (uint32_t b = 0; b < n_bins; b++)
        sum += fabs(excess[b]);
    return n > 0 ? sum / n : NAN;
}

static rocket_status result(double *out, const rk_metric *metric, const uint32_t *counts, rocket_error *err)
{
    double *excess, n = 0;

    if (!counts) {
        *out = error_of(metric->excess, metric->n_bins, (double)metric->n);
        return ROCKET_OK;
    }
    excess = rk_alloc(metric->n_bins, sizeof *excess);
    RK_FAIL_IF(!excess, FAILED, err, "no memory for %u bins", metric->n_bins);
    for (size_t i = 0; i < metric->n_rows; i++) {
        const row *r = &metric->rows[i];
        double times = counts[r->unit];

        excess[r->bin] += times * ((double)r->label - (double)r->score);
        n += times;
    }
    *out = error_of(excess, metric->n_bins, n);
    rk_free(excess);
    return ROCKET_OK;
}

static void close(rk_metric *metric)
{
    rk_free(metric->excess);
    rk_free(metric->rows);
    rk_free(metric);
}

const rk_metric_def rk_metric_ece = {
    .field = "ece",
    .doc = "mean distance of probability and click rate in num_bins bins of the probability",
    .better = RK_SMALLER_IS_BETTER,
    .min_classes = 1,
    .max_classes = 2,
    .check = check,
    .variant = variant,
    .open = open,
    .add = add,
    .result = result,
    .close = close,
};
