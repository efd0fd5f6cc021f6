/* Exact AUC per group, weighted mean over the groups that have both classes (easyrec.md 4.6); 0 if there is none, as
 * upstream.
 *
 * Eight bytes per row are kept: the row's word (rank_auc.h) and the number of its group. At the end words are laid out
 * group after group by counting, and each group is a short sort.
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

struct rk_metric {
    reduction by;
    rk_map *ids; /* group's text -> its number */
    uint32_t *words, *groups;
    size_t n, word_capacity, group_capacity;
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
    const char *near;

    if (find(name) != N_REDUCTIONS)
        return;
    near = rk_closest(name, reduction_names, N_REDUCTIONS);
    rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, options, "reduction", 0),
                  "reduction must be mean, mean_by_sample_num or mean_by_positive_num, got \"%s\"%s%s%s", name,
                  near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
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

static bool group_of(rk_metric *metric, const rk_column *column, int64_t row, uint32_t *out)
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

rocket_status rk_grouped_auc_add(rk_metric *metric, const rk_metric_batch *batch, rocket_error *err)
{
    size_t more = (size_t)batch->n_rows;

    RK_FAIL_IF(!rk_rank_reserve(&metric->words, &metric->word_capacity, metric->n, more) ||
                   !rk_rank_reserve(&metric->groups, &metric->group_capacity, metric->n, more),
               FAILED, err, "no memory for the scores of more than %zu evaluation rows", metric->n);
    for (int64_t row = 0; row < batch->n_rows; row++) {
        RK_FAIL_IF(!group_of(metric, batch->group, row, &metric->groups[metric->n]), FAILED, err,
                   "no memory for more than %zu groups of rows", rk_map_size(metric->ids));
        metric->words[metric->n++] = rk_rank_word(rk_metric_score(batch, row), rk_metric_positive(batch, row));
    }
    return ROCKET_OK;
}

typedef struct layout {
    uint32_t *words, *scratch; /* [n] by group */
    size_t *end;               /* [n_groups] where each group ends */
    size_t n_groups;
} layout;

static void lay_out(layout *l, const rk_metric *metric)
{
    size_t at = 0;

    for (size_t i = 0; i < metric->n; i++)
        l->end[metric->groups[i]]++;
    for (size_t g = 0; g < l->n_groups; g++) {
        size_t count = l->end[g];

        l->end[g] = at;
        at += count;
    }
    for (size_t i = 0; i < metric->n; i++)
        l->words[l->end[metric->groups[i]]++] = metric->words[i];
}

static double average(const layout *l, reduction by)
{
    double sum = 0, weights = 0;
    size_t begin = 0;

    for (size_t g = 0; g < l->n_groups; g++) {
        size_t n = l->end[g] - begin;
        rk_rank_result r = rk_rank_auc(l->words + begin, l->scratch, n);
        double weight = by == BY_GROUP ? 1 : by == BY_SAMPLES ? (double)n : (double)r.n_positive;

        begin = l->end[g];
        if (isnan(r.auc))
            continue;
        sum += weight * r.auc;
        weights += weight;
    }
    return weights > 0 ? sum / weights : 0;
}

rocket_status rk_grouped_auc_result(double *out, rk_metric *metric, rocket_error *err)
{
    layout l = { .words = rk_alloc(metric->n, sizeof *l.words),
                 .scratch = rk_alloc(metric->n, sizeof *l.scratch),
                 .n_groups = rk_map_size(metric->ids) };
    bool ok;

    l.end = rk_alloc(l.n_groups, sizeof *l.end);
    ok = l.words && l.scratch && l.end;
    if (ok) {
        lay_out(&l, metric);
        *out = average(&l, metric->by);
    }
    rk_free(l.words);
    rk_free(l.scratch);
    rk_free(l.end);
    RK_FAIL_IF(!ok, FAILED, err, "no memory to sort the scores of %zu evaluation rows", metric->n);
    return ROCKET_OK;
}

void rk_grouped_auc_close(rk_metric *metric)
{
    rk_map_free(metric->ids);
    rk_free(metric->words);
    rk_free(metric->groups);
    rk_free(metric);
}
