/* Feeding rows to one metric of the table, in batches, as an evaluation would. Binary: num_class 1. */
#ifndef RK_METRIC_FEED_H
#define RK_METRIC_FEED_H

#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "metric.h"
#include "rk_test.h"

typedef struct metric_rows {
    int64_t n;
    const float *labels, *scores, *logits; /* [n]; logits may be scores again */
    const int64_t *groups;                 /* [n], or NULL */
    const uint32_t *units, *counts;        /* [n] and of each unit, or NULL: a resample */
} metric_rows;

/* Decimal texts of the groups of rows [begin, end), as the data room makes a BYTES column. */
static inline rk_column metric_group_column(const metric_rows *rows, int64_t begin, int64_t end)
{
    size_t n = (size_t)(end - begin);
    rk_column column = { .kind = RK_COLUMN_BYTES,
                         .offsets = rk_alloc(n + 1, sizeof(int64_t)),
                         .bytes = rk_alloc(n, 24) };

    for (int64_t i = begin; i < end; i++) {
        int64_t at = column.offsets[i - begin];
        int written = snprintf(column.bytes + at, 24, "%lld", (long long)rows->groups[i]);

        column.offsets[i - begin + 1] = at + written;
    }
    return column;
}

static inline rocket_status metric_feed_batches(rk_metric *metric, const rk_metric_def *def, const metric_rows *rows,
                                                int64_t batch_rows, rocket_error *err)
{
    rocket_status status = ROCKET_OK;

    for (int64_t begin = 0; begin < rows->n && status == ROCKET_OK; begin += batch_rows) {
        int64_t end = begin + batch_rows < rows->n ? begin + batch_rows : rows->n;
        rk_column column = rows->groups ? metric_group_column(rows, begin, end) : (rk_column){ 0 };
        rk_metric_batch batch = { .n_rows = end - begin,
                                  .n_classes = 1,
                                  .labels = rows->labels + begin,
                                  .logits = rows->logits + begin,
                                  .probs = rows->scores + begin,
                                  .ld_logits = 1,
                                  .ld_probs = 1,
                                  .group = rows->groups ? &column : NULL,
                                  .units = rows->units ? rows->units + begin : NULL };

        status = def->add(metric, &batch, err);
        rk_free(column.offsets);
        rk_free(column.bytes);
    }
    return status;
}

static inline double metric_feed(const rk_metric_def *def, const ProtobufCMessage *options, const metric_rows *rows,
                                 int64_t batch_rows)
{
    rocket_error err = { 0 };
    rk_metric *metric = def->open(def, options);
    double value = 0;

    assert_non_null(metric);
    assert_int_equal(metric_feed_batches(metric, def, rows, batch_rows, &err), ROCKET_OK);
    if (def->finish)
        assert_int_equal(def->finish(metric, &err), ROCKET_OK);
    assert_int_equal(def->result(&value, metric, rows->counts, &err), ROCKET_OK);
    def->close(metric);
    return value;
}

#endif
