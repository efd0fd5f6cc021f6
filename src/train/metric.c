/* The table of metrics, what they share, and the checks of eval_config.metrics_set. */
#include "metric.h"

#include <string.h>

#include "mem.h"
#include "resolve.h"
#include "text.h"

#define RK_METRIC(name) extern const rk_metric_def rk_metric_##name;
#include "metrics.def"
#undef RK_METRIC

const rk_metric_def *const rk_metrics[] = {
#define RK_METRIC(name) &rk_metric_##name,
#include "metrics.def"
#undef RK_METRIC
    NULL
};

const rk_metric_def *rk_metric_find(const char *field)
{
    for (const rk_metric_def *const *def = rk_metrics; *def; def++)
        if (!strcmp((*def)->field, field))
            return *def;
    return NULL;
}

float rk_metric_score(const rk_metric_batch *batch, int64_t row)
{
    return batch->probs[row * batch->ld_probs + (batch->n_classes > 1)];
}

float rk_metric_logit(const rk_metric_batch *batch, int64_t row)
{
    return batch->logits[row * batch->ld_logits + (batch->n_classes > 1)];
}

bool rk_metric_positive(const rk_metric_batch *batch, int64_t row)
{
    return batch->labels[row] >= 1 || batch->labels[row] <= -1;
}

static void check_classes(const rk_config *config, const rk_metric_def *def, const char *where, rk_faults *faults)
{
    int64_t n = rk_config_view(config)->model->num_class;

    if (n >= def->min_classes && (def->max_classes == 0 || n <= def->max_classes))
        return;
    if (def->max_classes == 0)
        rk_faults_add(faults, RK_FAULT_ERROR, where, "%s needs model_config.num_class >= %d, got %lld", def->field,
                      def->min_classes, (long long)n);
    else
        rk_faults_add(faults, RK_FAULT_ERROR, where, "%s needs model_config.num_class %s, got %lld", def->field,
                      def->max_classes == 1 ? "1" : "1 or 2", (long long)n);
}

static void add_unknown_group(const rk_resolved *view, const char *field, const char *where, rk_faults *faults)
{
    const char **names = rk_alloc(view->n_fields, sizeof *names);
    char hint[RK_HINT_BYTES];

    for (size_t i = 0; names && i < view->n_fields; i++)
        names[i] = view->fields[i].name;
    rk_faults_add(faults, RK_FAULT_ERROR, where,
                  "\"%s\" is neither one of data_config.input_fields nor a feature of one input%s", field,
                  rk_did_you_mean(hint, field, names, view->n_fields));
    rk_free(names);
}

static void check_group(const rk_config *config, const char *field, const char *where, rk_faults *faults)
{
    if (!field || !*field)
        rk_faults_add(faults, RK_FAULT_ERROR, where, "the field that names the groups is missing");
    else if (rk_field_of_metric(rk_config_view(config), field) == RK_NONE)
        add_unknown_group(rk_config_view(config), field, where, faults);
}

static void check_entry(const rk_config *config, const Rocket__EvalMetrics *entry, rk_faults *faults)
{
    const ProtobufCMessage *options = NULL;
    const char *name = rk_oneof_name(&entry->base, &options);
    const rk_metric_def *def = name ? rk_metric_find(name) : NULL;
    const char *where = rk_config_where(config, options ? options : &entry->base, NULL, 0);

    if (!def) {
        rk_faults_add(faults, RK_FAULT_NOTE, where, "an entry of metrics_set without a metric is ignored");
        return;
    }
    check_classes(config, def, where, faults);
    if (def->group_field)
        check_group(config, def->group_field(options), where, faults);
    if (def->check)
        def->check(config, options, faults);
}

void rk_metric_set_check(const rk_config *config, rk_faults *faults)
{
    const Rocket__EvalConfig *eval = rk_config_view(config)->eval;

    if (eval->n_metrics_set > RK_MAX_METRICS)
        rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &eval->base, "metrics_set", RK_MAX_METRICS),
                      "metrics_set: expected at most %d metrics, found %zu", (int)RK_MAX_METRICS, eval->n_metrics_set);
    for (size_t i = 0; i < eval->n_metrics_set; i++)
        check_entry(config, eval->metrics_set[i], faults);
}
