/* A score is counted once, in the interval between two thresholds; true and false positives of every threshold are sums
 * from there. Counts are integers, so a long evaluation does not lose rows as sums in f32 would. For resampling the
 * interval of every row is kept.
 */
#include "thresholds.h"

#include <assert.h>

#include "error.h"
#include "mem.h"

/* Below n + 1 come the intervals of negatives, then those of positives: interval i is above exactly i thresholds. */
struct rk_metric {
    const rk_thresholds_def *def;
    float *at; /* [n] ascending */
    size_t n;
    uint64_t *count; /* [2][n + 1] */
    uint64_t *rows;  /* interval << 32 | unit */
    size_t n_rows, capacity;
};

static void set_thresholds(float *at, size_t n)
{
    static const double epsilon = 1e-7;

    for (size_t i = 1; i + 1 < n; i++)
        at[i] = (float)((double)i / (double)(n - 1));
    at[0] = (float)-epsilon;
    at[n - 1] = (float)(1 + epsilon);
}

rk_metric *rk_thresholds_open(const rk_thresholds_def *def, size_t n)
{
    rk_metric *metric = rk_alloc(1, sizeof *metric);

    assert(n >= 2 && n <= RK_MAX_THRESHOLDS);
    if (!metric)
        return NULL;
    *metric = (rk_metric){ .def = def, .n = n };
    metric->at = rk_alloc(n, sizeof *metric->at);
    metric->count = rk_alloc(2 * (n + 1), sizeof *metric->count);
    if (!metric->at || !metric->count) {
        rk_thresholds_close(metric);
        return NULL;
    }
    set_thresholds(metric->at, n);
    return metric;
}

void rk_thresholds_close(rk_metric *metric)
{
    rk_free(metric->at);
    rk_free(metric->count);
    rk_free(metric->rows);
    rk_free(metric);
}

static size_t interval_of(const rk_metric *metric, float score, bool positive)
{
    size_t low = 0, high = metric->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (score > metric->at[middle])
            low = middle + 1;
        else
            high = middle;
    }
    return (positive ? metric->n + 1 : 0) + low;
}

static rocket_status reserve(rk_metric *metric, size_t more, rocket_error *err)
{
    uint64_t *rows = rk_grow(metric->rows, &metric->capacity, metric->n_rows + more, sizeof *rows);

    RK_FAIL_IF(!rows, FAILED, err, "no memory for the scores of more than %zu evaluation rows", metric->n_rows);
    metric->rows = rows;
    return ROCKET_OK;
}

rocket_status rk_thresholds_add(rk_metric *metric, const rk_metric_batch *batch, rocket_error *err)
{
    if (batch->units)
        RK_TRY(reserve(metric, (size_t)batch->n_rows, err));
    for (int64_t row = 0; row < batch->n_rows; row++) {
        size_t i = interval_of(metric, metric->def->score(batch, row), rk_metric_positive(batch, row));

        metric->count[i]++;
        if (batch->units)
            metric->rows[metric->n_rows++] = (uint64_t)i << 32 | batch->units[row];
    }
    return ROCKET_OK;
}

typedef struct walk {
    const uint64_t *count;
    size_t n, i; /* i: of the threshold that comes next */
    rk_confusion at;
} walk;

static walk begin(const uint64_t *count, size_t n)
{
    walk w = { .count = count, .n = n };

    for (size_t i = 0; i <= n; i++) {
        w.at.fp += (double)count[i];
        w.at.tp += (double)count[n + 1 + i];
    }
    return w;
}

static bool next(walk *w)
{
    if (w->i == w->n)
        return false;
    double negatives = (double)w->count[w->i], positives = (double)w->count[w->n + 1 + w->i];

    w->i++;
    w->at.fp -= negatives;
    w->at.tn += negatives;
    w->at.tp -= positives;
    w->at.fn += positives;
    return true;
}

static double value_of(const rk_metric *metric, const uint64_t *count)
{
    walk w = begin(count, metric->n);
    double value = 0;
    rk_confusion last = w.at;

    for (bool first = true; next(&w); first = false) {
        value = metric->def->pass(value, first ? NULL : &last, &w.at);
        last = w.at;
    }
    return value;
}

rocket_status rk_thresholds_result(double *out, const rk_metric *metric, const uint32_t *counts, rocket_error *err)
{
    uint64_t *count;

    if (!counts) {
        *out = value_of(metric, metric->count);
        return ROCKET_OK;
    }
    count = rk_alloc(2 * (metric->n + 1), sizeof *count);
    RK_FAIL_IF(!count, FAILED, err, "no memory for the counts of %zu thresholds", metric->n);
    for (size_t i = 0; i < metric->n_rows; i++)
        count[metric->rows[i] >> 32] += counts[(uint32_t)metric->rows[i]];
    *out = value_of(metric, count);
    rk_free(count);
    return ROCKET_OK;
}
