/* AUC without thresholds: every pair of a click and a non-click counts, ties half. Rocket's own, always reported. */
#include "error.h"
#include "mem.h"
#include "metric.h"
#include "rank_auc.h"

struct rk_metric {
    uint64_t *rows;
    size_t n, capacity;
};

static rk_metric *open(const rk_metric_def *def, const ProtobufCMessage *options)
{
    (void)def, (void)options;
    return rk_alloc(1, sizeof(rk_metric));
}

static rocket_status add(rk_metric *metric, const rk_metric_batch *batch, rocket_error *err)
{
    uint64_t *rows = rk_grow(metric->rows, &metric->capacity, metric->n + (size_t)batch->n_rows, sizeof *rows);

    RK_FAIL_IF(!rows, FAILED, err, "no memory for the scores of more than %zu evaluation rows", metric->n);
    metric->rows = rows;
    for (int64_t row = 0; row < batch->n_rows; row++)
        rows[metric->n++] = rk_rank_row(rk_metric_score(batch, row), rk_metric_positive(batch, row),
                                        batch->units ? batch->units[row] : 0);
    return ROCKET_OK;
}

static rocket_status finish(rk_metric *metric, rocket_error *err)
{
    uint64_t *scratch = rk_alloc(metric->n, sizeof *scratch);

    RK_FAIL_IF(!scratch, FAILED, err, "no memory to sort the scores of %zu evaluation rows", metric->n);
    rk_rank_sort(metric->rows, scratch, metric->n);
    rk_free(scratch);
    return ROCKET_OK;
}

static rocket_status result(double *out, const rk_metric *metric, const uint32_t *counts, rocket_error *err)
{
    (void)err;
    *out = rk_rank_auc(metric->rows, metric->n, counts).auc;
    return ROCKET_OK;
}

static void close(rk_metric *metric)
{
    rk_free(metric->rows);
    rk_free(metric);
}

const rk_metric_def rk_metric_exact_auc = {
    .field = "exact_auc",
    .doc = "area under the ROC curve, every pair counted, ties half",
    .always = true,
    .min_classes = 1,
    .max_classes = 2,
    .open = open,
    .add = add,
    .finish = finish,
    .result = result,
    .close = close,
};
