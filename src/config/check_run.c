/* Checks of train_config, eval_config and export_config: how long, when to save, which columns the metrics need. */
#include <string.h>

#include "check_parts.h"
#include "mem.h"
#include "text.h"

static void check_length(const rk_check *check)
{
    const rk_resolved *view = check->view;

    if (view->train->num_steps == 0 && view->data->num_epochs == 0)
        rk_check_error(check, rk_at(&view->train->base, "num_steps", 0),
                       "expected train_config.num_steps or data_config.num_epochs above 0, both are 0");
    if (view->train->has_save_checkpoints_steps && view->train->has_save_checkpoints_secs)
        rk_check_error(check, rk_at(&view->train->base, "save_checkpoints_secs", 0),
                       "expected save_checkpoints_steps or save_checkpoints_secs, found both");
}

/* Upstream knows features only; a column that no feature reads serves as well. */
static void check_metric_field(const rk_check *check, rk_spot spot, const char *name)
{
    const rk_resolved *view = check->view;

    if (!name || !name[0]) {
        rk_check_error(check, spot, "expected %s, the column by which rows are grouped", spot.field);
    } else if (rk_field_find(view, name) == RK_NONE && rk_feature_find(view, name) == RK_NONE) {
        const char **names = rk_check_field_names(check);
        rk_known_names known = { "a field of data_config.input_fields", names, view->n_fields };
        rk_check_unknown(check, spot, name, &known);
        rk_free(names);
    }
}

static void check_metrics(const rk_check *check)
{
    const Rocket__EvalConfig *eval = check->view->eval;

    for (size_t i = 0; i < eval->n_metrics_set; i++) {
        const Rocket__EvalMetrics *metric = eval->metrics_set[i];
        if (metric->metric_case == ROCKET__EVAL_METRICS__METRIC_GAUC)
            check_metric_field(check, rk_at(&metric->gauc->base, "uid_field", 0), metric->gauc->uid_field);
        if (metric->metric_case == ROCKET__EVAL_METRICS__METRIC_SESSION_AUC)
            check_metric_field(check, rk_at(&metric->session_auc->base, "session_id_field", 0),
                               metric->session_auc->session_id_field);
    }
}

static void check_export(const rk_check *check)
{
    static const char *const types[] = { "final", "latest", "best", "none" };
    const Rocket__ExportConfig *export_config = check->view->export_config;
    const char *type = export_config->exporter_type, *near;
    rk_spot spot = rk_at(&export_config->base, "exporter_type", 0);

    if (strcmp(type, "final") == 0)
        return;
    if (strcmp(type, "best") == 0) {
        rk_check_error(check, spot,
                       "exporter_type \"best\" is not supported and would change the result: use \"final\"");
        if (strcmp(export_config->best_exporter_metric, "auc") == 0)
            rk_check_note(check, rk_at(&export_config->base, "best_exporter_metric", 0),
                          "this model has no metric \"auc\", and upstream fails on it; \"auc_light\" is meant");
    } else if (strcmp(type, "latest") == 0 || strcmp(type, "none") == 0) {
        rk_check_note(check, spot, "exporter_type \"%s\": rocket exports once, after the last step", type);
    } else {
        near = rk_closest(type, types, sizeof types / sizeof types[0]);
        rk_check_error(check, spot, "exporter_type: expected \"final\", found \"%s\"%s%s%s", type,
                       near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    }
}

void rk_check_run(const rk_check *check)
{
    check_length(check);
    check_metrics(check);
    check_export(check);
}
