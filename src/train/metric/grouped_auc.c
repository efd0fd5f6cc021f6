/* Exact AUC per group, weighted mean over the groups that have both classes (easyrec.md 4.6); 0 if there is none, as
 * upstream, but in a resample, where a 0 would widen the interval: there it is not defined.
 *
 * A row (rank_auc.h) and the number of its group are kept. At the end rows are laid out group after group by counting,
 * and each group is a short sort. In a resample a group that lies within one unit (a user, or one of a user's sessions)
 * keeps its AUC and counts as often as its unit; a group across units is counted again, and counts once.
 */
#include "grouped_auc.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "error.h"
#include "map.h"
#include "mem.h"
#include "rank_auc.h"
#include "text.h"

typedef enum reduction { BY_GROUP, BY_SAMPLES, BY_POSITIVES, N_REDUCTIONS } reduction;

static const char *const reduction_names[N_REDUCTIONS] = { "mean", "mean_by_sample_num", "mean_by_positive_num" };

typedef struct group {
    size_t begin, end; /* its rows, once they are laid out */
    rk_rank_result all;
    uint32_t unit;
    bool within; /* all rows are of unit */
} group;

struct rk_metric {
    reduction by;
    rk_map *ids; /* group's text -> its number */
    uint64_t *rows;
    uint32_t *group_of; /* [n] */
    size_t n, row_capacity, group_capacity;
    group *groups; /* [n_groups] once finished */
    size_t n_groups;
};

static reduction find(const char *name)
{
    reduction r = BY_GROUP;

    while (r < N_REDUCTIONS && strcmp(reduction_names[r], name) != 0)
        r++;
    return r;
}

void rk_grouped_auc_check(const rk_config *config, const ProtobufCMessage *options, const char *name, rk_faults *faults)
{
    char hint[RK_HINT_BYTES];

    if (find(name) == N_REDUCTIONS)
        rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, options, "reduction", 0),
                      "reduction must be mean, mean_by_sample_num or mean_by_positive_num, got \"%s\"%s", name,
                      rk_did_you_mean(hint, name, reduction_names, N_REDUCTIONS));
}

rk_metric *rk_grouped_auc_open(const char *name)
{
    rk_metric *metric = rk_alloc(1, sizeof *metric);

    if (!metric)
        return NULL;
    metric->by = find(name);
    assert(metric->by != N_REDUCTIONS); /* the check has seen it */
    metric->ids = rk_map_new();
    if (metric->ids)
        return metric;
    rk_free(metric);
    return NULL;
}

static bool number_of(rk_metric *metric, const rk_column *column, int64_t row, uint32_t *out)
{
    const char *text = column->bytes + column->offsets[row];
    size_t n = (size_t)(column->offsets[row + 1] - column->offsets[row]);
    int64_t id = rk_map_get(metric->ids, text, n);

    if (id < 0) {
        id = (int64_t)rk_map_size(metric->ids);
        if (!rk_map_put(metric->ids, text, n, id, NULL))
            return false;
    }
    *out = (uint32_t)id;
    return id < UINT32_MAX;
}

static bool reserve(rk_metric *metric, size_t n)
{
    uint64_t *rows = rk_grow(metric->rows, &metric->row_capacity, n, sizeof *rows);
    uint32_t *groups;

    if (!rows)
        return false;
    metric->rows = rows;
    groups = rk_grow(metric->group_of, &metric->group_capacity, n, sizeof *groups);
    if (groups)
        metric->group_of = groups;
    return groups != NULL;
}

rocket_status rk_grouped_auc_add(rk_metric *metric, const rk_metric_batch *batch, rocket_error *err)
{
    RK_FAIL_IF(!reserve(metric, metric->n + (size_t)batch->n_rows), FAILED, err,
               "no memory for the scores of more than %zu evaluation rows", metric->n);
    for (int64_t row = 0; row < batch->n_rows; row++) {
        RK_FAIL_IF(!number_of(metric, batch->group, row, &metric->group_of[metric->n]), FAILED, err,
                   "no memory for more than %zu groups of rows", rk_map_size(metric->ids));
        metric->rows[metric->n++] = rk_rank_row(rk_metric_score(batch, row), rk_metric_positive(batch, row),
                                                batch->units ? batch->units[row] : 0);
    }
    return ROCKET_OK;
}

/* by_group [n] gets the rows; end moves from a group's begin to its end. */
static void lay_out(uint64_t *by_group, rk_metric *metric)
{
    size_t at = 0;

    for (size_t i = 0; i < metric->n; i++)
        metric->groups[metric->group_of[i]].end++;
    for (size_t g = 0; g < metric->n_groups; g++) {
        size_t count = metric->groups[g].end;

        metric->groups[g].begin = metric->groups[g].end = at;
        at += count;
    }
    for (size_t i = 0; i < metric->n; i++)
        by_group[metric->groups[metric->group_of[i]].end++] = metric->rows[i];
}

static void measure(group *g, uint64_t *rows, uint64_t *scratch)
{
    g->unit = rk_rank_unit(rows[g->begin]);
    g->within = true;
    for (size_t i = g->begin; i < g->end; i++)
        g->within &= rk_rank_unit(rows[i]) == g->unit;
    rk_rank_sort(rows + g->begin, scratch, g->end - g->begin);
    g->all = rk_rank_auc(rows + g->begin, g->end - g->begin, NULL);
}

rocket_status rk_grouped_auc_finish(rk_metric *metric, rocket_error *err)
{
    uint64_t *by_group = rk_alloc(metric->n, sizeof *by_group);

    metric->n_groups = rk_map_size(metric->ids);
    metric->groups = rk_alloc(metric->n_groups, sizeof *metric->groups);
    if (!by_group || !metric->groups) {
        rk_free(by_group);
        return rk_fail(err, ROCKET_FAILED, "no memory to sort the scores of %zu evaluation rows", metric->n);
    }
    lay_out(by_group, metric);
    for (size_t g = 0; g < metric->n_groups; g++)
        measure(&metric->groups[g], by_group, metric->rows); /* laid out: now they are scratch */
    rk_free(metric->rows);
    metric->rows = by_group;
    return ROCKET_OK;
}

static double weight_of(reduction by, const rk_rank_result *r)
{
    return by == BY_GROUP ? 1 : by == BY_SAMPLES ? (double)(r->n_positive + r->n_negative) : (double)r->n_positive;
}

rocket_status rk_grouped_auc_result(double *out, const rk_metric *metric, const uint32_t *counts, rocket_error *err)
{
    double sum = 0, weights = 0;

    (void)err;
    for (size_t i = 0; i < metric->n_groups; i++) {
        const group *g = &metric->groups[i];
        bool again = counts && !g->within;
        rk_rank_result r = again ? rk_rank_auc(metric->rows + g->begin, g->end - g->begin, counts) : g->all;
        double weight = weight_of(metric->by, &r) * (counts && g->within ? counts[g->unit] : 1);

        if (isnan(r.auc))
            continue;
        sum += weight * r.auc;
        weights += weight;
    }
    *out = weights > 0 ? sum / weights : counts ? NAN : 0;
    return ROCKET_OK;
}

void rk_grouped_auc_close(rk_metric *metric)
{
    rk_map_free(metric->ids);
    rk_free(metric->rows);
    rk_free(metric->group_of);
    rk_free(metric->groups);
    rk_free(metric);
}
