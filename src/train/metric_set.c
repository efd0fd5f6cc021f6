/* The accumulators of one evaluation: which there are, what they are called, and what they are fed.
 *
 * Scores and labels are looked at once here, before any metric sees them: a NaN would otherwise sort anywhere, and an
 * AUC of it would look like any other.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "mem.h"
#include "metric.h"
#include "resolve.h"

typedef struct entry {
    const rk_metric_def *def;
    const char *group; /* name of the grouping field, or NULL */
    char name[RK_METRIC_NAME_BYTES - 16];
    rk_metric *nets[RK_N_NETS];
} entry;

typedef struct result {
    rk_metric_result is;
    rk_metric *metric;
} result;

struct rk_metric_set {
    entry *entries;
    size_t n_entries;
    result *results; /* of entries and nets, in their order */
    size_t n_results;
    bool nets[RK_N_NETS];
    int64_t rows[RK_N_NETS];
};

static bool name_is_taken(const rk_metric_set *set, const char *name)
{
    for (size_t i = 0; i < set->n_entries; i++)
        if (!strcmp(set->entries[i].name, name))
            return true;
    return false;
}

/* The first of: plain, with variant, with variant and grouping field. false: all taken, the entry is a repetition. */
static bool choose_name(entry *e, const rk_metric_set *set, const ProtobufCMessage *options)
{
    char variant[32] = "";

    if (e->def->variant && options)
        e->def->variant(variant, options);
    for (int tries = 0; tries < 3; tries++) {
        bool with_group = tries == 2 && e->group;

        snprintf(e->name, sizeof e->name, "%s%s%s%s%s", e->def->field, tries && *variant ? "_" : "",
                 tries ? variant : "", with_group ? "_" : "", with_group ? e->group : "");
        if (!name_is_taken(set, e->name))
            return true;
    }
    return false;
}

static rocket_status add_entry(rk_metric_set *set, const rk_metric_def *def, const ProtobufCMessage *options,
                               rocket_error *err)
{
    entry *e = &set->entries[set->n_entries];

    *e = (entry){ .def = def, .group = def->group_field ? def->group_field(options) : NULL };
    if (!choose_name(e, set, options))
        return ROCKET_OK;
    set->n_entries++; /* now, so that rk_metric_set_free closes what was opened */
    for (int net = 0; net < RK_N_NETS; net++) {
        if (!set->nets[net])
            continue;
        e->nets[net] = def->open(def, options);
        RK_FAIL_IF(!e->nets[net], FAILED, err, "no memory for metric %s", e->name);
    }
    return ROCKET_OK;
}

static bool defined_for(const rk_metric_def *def, int64_t n_classes)
{
    return n_classes >= def->min_classes && (def->max_classes == 0 || n_classes <= def->max_classes);
}

static rocket_status add_entries(rk_metric_set *set, const rk_resolved *view, rocket_error *err)
{
    const Rocket__EvalConfig *eval = view->eval;

    for (size_t i = 0; i < eval->n_metrics_set; i++) {
        const ProtobufCMessage *options = NULL;
        const char *name = rk_oneof_name(&eval->metrics_set[i]->base, &options);
        const rk_metric_def *def = name ? rk_metric_find(name) : NULL;

        if (def)
            RK_TRY(add_entry(set, def, options, err));
    }
    for (const rk_metric_def *const *def = rk_metrics; *def; def++)
        if ((*def)->always && !name_is_taken(set, (*def)->field) && defined_for(*def, view->model->num_class))
            RK_TRY(add_entry(set, *def, NULL, err));
    return ROCKET_OK;
}

static bool list_results(rk_metric_set *set)
{
    set->results = rk_alloc(set->n_entries * RK_N_NETS, sizeof *set->results);
    for (size_t i = 0; set->results && i < set->n_entries; i++)
        for (int net = 0; net < RK_N_NETS; net++) {
            const entry *e = &set->entries[i];
            result *r = &set->results[set->n_results];

            if (!e->nets[net])
                continue;
            *r = (result){ .is = { .def = e->def, .net = net }, .metric = e->nets[net] };
            snprintf(r->is.name, sizeof r->is.name, "%s_%s", e->name, rk_net_names[net]);
            set->n_results++;
        }
    return set->results != NULL;
}

static size_t count_metrics(void)
{
    size_t n = 0;

    while (rk_metrics[n])
        n++;
    return n;
}

rocket_status rk_metric_set_new(rk_metric_set **out, const rk_config *config, bool light, bool booster,
                                rocket_error *err)
{
    const rk_resolved *view = rk_config_view(config);
    rk_metric_set *set = rk_alloc(1, sizeof *set);
    rocket_status status;

    RK_FAIL_IF(!set, FAILED, err, "no memory for the metrics");
    set->nets[RK_LIGHT] = light;
    set->nets[RK_BOOSTER] = booster;
    set->entries = rk_alloc(view->eval->n_metrics_set + count_metrics(), sizeof *set->entries);
    status = set->entries ? add_entries(set, view, err) : rk_fail(err, ROCKET_FAILED, "no memory for the metrics");
    if (status == ROCKET_OK && !list_results(set))
        status = rk_fail(err, ROCKET_FAILED, "no memory for the metrics");
    if (status == ROCKET_OK)
        *out = set;
    else
        rk_metric_set_free(set);
    return status;
}

void rk_metric_set_free(rk_metric_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; set->entries && i < set->n_entries; i++)
        for (int net = 0; net < RK_N_NETS; net++)
            if (set->entries[i].nets[net])
                set->entries[i].def->close(set->entries[i].nets[net]);
    rk_free(set->entries);
    rk_free(set->results);
    rk_free(set);
}

static rocket_status check_label(const rk_metric_batch *batch, int64_t row, int64_t number, rocket_error *err)
{
    float label = batch->labels[row];

    RK_FAIL_IF(!isfinite(label), DATA, err, "label of evaluation row %lld is %g", (long long)number, (double)label);
    RK_FAIL_IF(batch->n_classes > 1 && !(label >= 0 && label < (float)batch->n_classes && truncf(label) == label), DATA,
               err, "label of evaluation row %lld is %g, expected a class from 0 to %lld", (long long)number,
               (double)label, (long long)batch->n_classes - 1);
    return ROCKET_OK;
}

static rocket_status check_rows(const rk_metric_set *set, int net, const rk_metric_batch *batch, rocket_error *err)
{
    for (int64_t row = 0; row < batch->n_rows; row++) {
        int64_t number = set->rows[net] + row + 1;

        RK_TRY(check_label(batch, row, number, err));
        for (int64_t c = 0; c < batch->n_classes; c++) {
            float logit = batch->logits[row * batch->ld_logits + c], prob = batch->probs[row * batch->ld_probs + c];

            RK_FAIL_IF(!isfinite(logit) || !(prob >= 0 && prob < 1.01F), FAILED, err,
                       "score of the %s net for evaluation row %lld is not a number: logit %g, probability %g",
                       rk_net_names[net], (long long)number, (double)logit, (double)prob);
        }
    }
    return ROCKET_OK;
}

rocket_status rk_metric_set_add(rk_metric_set *set, int net, const rk_metric_batch *batch,
                                const rk_column *(*groups)(void *ctx, const char *field), void *ctx, rocket_error *err)
{
    RK_TRY(check_rows(set, net, batch, err));
    set->rows[net] += batch->n_rows;
    for (size_t i = 0; i < set->n_entries; i++) {
        const entry *e = &set->entries[i];
        rk_metric_batch seen = *batch;

        if (!e->nets[net])
            continue;
        seen.group = e->group ? groups(ctx, e->group) : NULL;
        RK_FAIL_IF(e->group && !seen.group, FAILED, err, "metric %s: no column of field \"%s\" in the batch", e->name,
                   e->group);
        RK_TRY(e->def->add(e->nets[net], &seen, err));
    }
    return ROCKET_OK;
}

rocket_status rk_metric_set_finish(rk_metric_set *set, rocket_error *err)
{
    for (int net = 0; net < RK_N_NETS; net++)
        RK_FAIL_IF(set->nets[net] && set->rows[net] == 0, DATA, err, "no rows to evaluate");
    for (size_t i = 0; i < set->n_results; i++) {
        const result *r = &set->results[i];

        if (r->is.def->finish)
            RK_TRY(r->is.def->finish(r->metric, err));
    }
    return ROCKET_OK;
}

size_t rk_metric_set_size(const rk_metric_set *set)
{
    return set->n_results;
}

const rk_metric_result *rk_metric_set_result(const rk_metric_set *set, size_t i)
{
    return &set->results[i].is;
}

rocket_status rk_metric_set_values(double *values, const rk_metric_set *set, const uint32_t *counts, rocket_error *err)
{
    for (size_t i = 0; i < set->n_results; i++)
        RK_TRY(set->results[i].is.def->result(&values[i], set->results[i].metric, counts, err));
    return ROCKET_OK;
}

size_t rk_metric_set_groups(const rk_metric_set *set, const char **fields, size_t most)
{
    size_t n = 0;

    for (size_t i = 0; i < set->n_entries; i++) {
        bool seen = !set->entries[i].group;

        for (size_t k = 0; k < i && !seen; k++)
            seen = set->entries[k].group && !strcmp(set->entries[k].group, set->entries[i].group);
        if (seen)
            continue;
        if (n < most)
            fields[n] = set->entries[i].group;
        n++;
    }
    return n;
}
