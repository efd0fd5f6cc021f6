/* See watch.h. */
#include "watch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "log.h"
#include "resolve.h"
#include "text.h"

static bool exports_best(const Rocket__ExportConfig *config)
{
    return strcmp(config->exporter_type, "best") == 0;
}

static Rocket__RocketLaunching__Arm arm_of(const rk_resolved *view)
{
    return rk_launch_of(view->launching, view->model->num_class).arm;
}

/* Upstream's default, "auc", is a name that its evaluations of this model do not have. */
static const char *metric_name(const rk_resolved *view)
{
    const char *given = view->export_config->best_exporter_metric;

    if (strcmp(given, "auc") != 0)
        return given;
    return rk_arm_has_light(arm_of(view)) ? "auc_light" : "auc_booster";
}

void rk_watch_init(rk_watch *watch, const rk_config *config)
{
    const rk_resolved *view = rk_config_view(config);
    const Rocket__ExportConfig *export_config = view->export_config;

    *watch = (rk_watch){ .config = export_config };
    if (export_config->enable_early_stop)
        watch->patience = (uint64_t)export_config->max_check_steps;
    if (export_config->enable_early_stop || exports_best(export_config))
        snprintf(watch->metric, sizeof watch->metric, "%s", metric_name(view));
}

rocket_status rk_watch_see(bool *better, rk_watch *watch, const rk_figures *figures, uint64_t step, rocket_error *err)
{
    size_t i = 0;

    while (i < figures->n && strcmp(figures->item[i].name, watch->metric) != 0)
        i++;
    RK_FAIL_IF(i == figures->n, CONFIG, err, "best_exporter_metric: the evaluation has no figure \"%s\"",
               watch->metric);
    double value = figures->item[i].value;
    bool beats = watch->config->metric_bigger ? value > watch->best : value < watch->best;
    *better = !isnan(value) && (!watch->has_best || beats);
    if (*better) {
        watch->has_best = true;
        watch->best = value;
        watch->best_step = step;
    }
    return ROCKET_OK;
}

bool rk_watch_gives_up(const rk_watch *watch, uint64_t step)
{
    if (watch->patience == 0 || !watch->has_best || step - watch->best_step < watch->patience)
        return false;
    rk_log(RK_LOG_INFO, "early stop at step %llu: %s was best at step %llu, with %g", (unsigned long long)step,
           watch->metric, (unsigned long long)watch->best_step, watch->best);
    return true;
}

/* ---- checks ---- */

typedef struct checking {
    const rk_config *config;
    const Rocket__ExportConfig *export_config;
    rk_faults *faults;
} checking;

static const char *place(const checking *c, const char *field)
{
    return rk_config_where(c->config, &c->export_config->base, field, 0);
}

static void note_unused(const checking *c, bool given, const char *field, const char *owner)
{
    if (given)
        rk_faults_add(c->faults, RK_FAULT_NOTE, place(c, field), "%s changes nothing here: it belongs to %s", field,
                      owner);
}

/* Names that an evaluation of this config will have. */
typedef struct names {
    char text[2 * RK_MAX_METRICS + 1][RK_METRIC_NAME_BYTES];
    const char *list[2 * RK_MAX_METRICS + 1];
    size_t n;
} names;

static void add_name(names *known, const char *name)
{
    if (known->n == sizeof known->list / sizeof known->list[0])
        return;
    snprintf(known->text[known->n], sizeof known->text[0], "%s", name);
    known->list[known->n] = known->text[known->n];
    known->n++;
}

static bool has_name(const names *known, const char *name)
{
    for (size_t i = 0; i < known->n; i++)
        if (strcmp(known->list[i], name) == 0)
            return true;
    return false;
}

static void check_metric(const checking *c)
{
    static const char losses[] = "loss/loss/"; /* which of them there are is the model's affair */
    const rk_resolved *view = rk_config_view(c->config);
    const char *name = metric_name(view);
    char hint[RK_HINT_BYTES];
    rk_metric_set *set;
    names known = { .n = 0 };

    if (strcmp(c->export_config->best_exporter_metric, "auc") == 0)
        rk_faults_add(c->faults, RK_FAULT_NOTE, place(c, "best_exporter_metric"),
                      "best_exporter_metric \"auc\" is taken as \"%s\": this model has no metric \"auc\", and upstream "
                      "fails on it",
                      name);
    bool light = rk_arm_has_light(arm_of(view)), booster = rk_arm_has_booster(arm_of(view));
    if (c->faults->n_errors > 0 || rk_metric_set_new(&set, c->config, light, booster, NULL) != ROCKET_OK)
        return; /* metrics_set itself may be at fault, and has been checked before */
    add_name(&known, "loss");
    for (size_t i = 0; i < rk_metric_set_size(set); i++)
        add_name(&known, rk_metric_set_result(set, i)->name);
    rk_metric_set_free(set);
    if (has_name(&known, name) || strncmp(name, losses, sizeof losses - 1) == 0)
        return;
    rk_faults_add(c->faults, RK_FAULT_ERROR, place(c, "best_exporter_metric"),
                  "best_exporter_metric: expected a figure of the evaluation, found \"%s\"%s", name,
                  rk_did_you_mean(hint, name, known.list, known.n));
}

static void check_rhythm(const checking *c, const char *owner)
{
    const Rocket__EasyRecConfig *root = rk_config_root(c->config);

    if (!root->eval_input_path || !root->eval_input_path[0])
        rk_faults_add(c->faults, RK_FAULT_ERROR, place(c, owner),
                      "%s needs evaluations: expected an eval_input_path, found none", owner);
    if (c->export_config->enable_early_stop && c->export_config->max_check_steps < 1)
        rk_faults_add(c->faults, RK_FAULT_ERROR, place(c, "max_check_steps"),
                      "max_check_steps: expected at least 1, found %d", c->export_config->max_check_steps);
}

void rk_watch_check(const rk_config *config, rk_faults *faults)
{
    const Rocket__ExportConfig *export_config = rk_config_view(config)->export_config;
    checking c = { config, export_config, faults };
    bool stops = export_config->enable_early_stop, best = exports_best(export_config);

    if (stops || best) {
        check_metric(&c);
        check_rhythm(&c, best ? "exporter_type" : "enable_early_stop");
    } else {
        static const char owner[] = "exporter_type \"best\" and enable_early_stop";
        note_unused(&c, export_config->has_metric_bigger, "metric_bigger", owner);
        note_unused(&c, strcmp(export_config->best_exporter_metric, "auc") != 0, "best_exporter_metric", owner);
    }
    if (!stops)
        note_unused(&c, export_config->has_max_check_steps, "max_check_steps", "enable_early_stop");
}
