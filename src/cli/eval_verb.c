/* rocket eval: metrics of a checkpoint on evaluation data, with intervals and by slices where they are asked for. */
#include <stdio.h>
#include <string.h>

#include "bundle.h"
#include "checkpoint.h"
#include "common.h"
#include "error.h"
#include "eval_report.h"
#include "log.h"
#include "mem.h"
#include "resolve.h"
#include "rows_file.h"
#include "text.h"

enum { MAX_SLICES = 32, DEFAULT_TOP = 20 };

typedef struct evaluation {
    const rk_args *args;
    const rk_config *config;
    rk_run *run;
    rk_arena arena;
    const char *fields[MAX_SLICES + 1]; /* of the slices, and behind them of the units */
    size_t n_slices, n_fields;
    uint64_t n_resamples, top;
    double level;
    const char *by; /* what is drawn again; NULL: rows */
    rk_figures figures;
    rk_scored_rows rows;
} evaluation;

static rocket_status find_checkpoint(const char **path, evaluation *e, rocket_error *err)
{
    *path = rk_args_get(e->args, "checkpoint");
    if (*path != NULL)
        return ROCKET_OK;
    RK_TRY(rk_checkpoint_latest(path, &e->arena, rk_run_dir(e->run), err));
    RK_FAIL_IF(*path == NULL, FAILED, err, "no checkpoint in model_dir \"%s\"; train first, or give --checkpoint FILE",
               rk_run_dir(e->run));
    return ROCKET_OK;
}

static rocket_status check_field(const evaluation *e, const char *option, const char *name, rocket_error *err)
{
    const rk_resolved *view = rk_config_view(e->config);
    const char **known;

    if (rk_field_find(view, name) != RK_NONE)
        return ROCKET_OK;
    known = rk_alloc(view->n_fields, sizeof *known);
    for (size_t i = 0; known && i < view->n_fields; i++)
        known[i] = view->fields[i].name;
    const char *near = known ? rk_closest(name, known, view->n_fields) : NULL;
    rk_free(known);
    return rk_fail(err, ROCKET_USAGE, "--%s: expected one of data_config.input_fields, found \"%s\"%s%s%s", option,
                   name, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static rocket_status read_options(evaluation *e, rocket_error *err)
{
    const char *const *slices = rk_args_all(e->args, "slice", &e->n_slices);

    RK_FAIL_IF(e->n_slices > MAX_SLICES, USAGE, err, "--slice: expected at most %d fields, found %zu", MAX_SLICES,
               e->n_slices);
    RK_TRY(rk_args_number(&e->top, e->args, "top", (rk_number_rule){ DEFAULT_TOP, 1, 1 << 20 }, err));
    RK_TRY(rk_args_number(&e->n_resamples, e->args, "bootstrap", (rk_number_rule){ 0, 0, RK_MAX_RESAMPLES }, err));
    RK_TRY(rk_args_level(&e->level, e->args, "level", 95, err));
    for (; e->n_fields < e->n_slices; e->n_fields++) {
        e->fields[e->n_fields] = slices[e->n_fields];
        RK_TRY(check_field(e, "slice", slices[e->n_fields], err));
    }
    e->by = rk_unit_field(e->config);
    if (rk_args_has(e->args, "by")) {
        e->by = rk_args_get(e->args, "by");
        RK_TRY(check_field(e, "by", e->by, err));
    }
    if (e->by)
        e->fields[e->n_fields++] = e->by;
    return ROCKET_OK;
}

static rocket_status add_intervals(evaluation *e, rk_eval_report *report, rocket_error *err)
{
    const rk_scored_field *field = e->by ? rk_scored_rows_field(&e->rows, e->by) : NULL;
    rk_row_choice choice = { .n = e->rows.n, .units = true, .by = field };
    rk_metric_set *set;

    if (e->n_resamples == 0)
        return ROCKET_OK;
    RK_TRY(rk_scored_rows_measure(&set, &e->rows, e->config, &choice, err));
    rk_bootstrap bootstrap = { .sets = (const rk_metric_set *const *)&set,
                               .n_sets = 1,
                               .n_units = field ? field->n_texts : e->rows.n,
                               .n_resamples = e->n_resamples,
                               .seed = e->run->seed,
                               .pool = e->run->pool };
    report->n_intervals = rk_metric_set_size(set);
    report->n_resamples = e->n_resamples;
    report->n_units = bootstrap.n_units;
    report->by = e->by;
    report->level = e->level;
    rk_interval *intervals = rk_arena_alloc(&e->arena, report->n_intervals, sizeof *intervals);
    rocket_status status = intervals ? rk_bootstrap_intervals(intervals, &bootstrap, e->level, err)
                                     : rk_fail(err, ROCKET_FAILED, "out of memory");
    report->intervals = intervals;
    rk_metric_set_free(set);
    return status;
}

static rocket_status add_slices(evaluation *e, rk_eval_report *report, rk_slices *slices, rocket_error *err)
{
    for (; report->n_slices < e->n_slices; report->n_slices++)
        RK_TRY(rk_slices_measure(&slices[report->n_slices], &e->rows, e->config,
                                 rk_scored_rows_field(&e->rows, e->fields[report->n_slices]), e->top, err));
    return ROCKET_OK;
}

/* All that needs the rows. */
static rocket_status look_closer(evaluation *e, rocket_error *err)
{
    rk_slices slices[MAX_SLICES];
    rk_eval_report report = { .figures = &e->figures, .slices = slices };
    const char *path = rk_args_get(e->args, "rows");
    rocket_status status = path ? rk_rows_write(path, &e->rows, err) : ROCKET_OK;

    if (status == ROCKET_OK)
        status = add_intervals(e, &report, err);
    if (status == ROCKET_OK)
        status = add_slices(e, &report, slices, err);
    if (status == ROCKET_OK)
        status = rk_eval_report_print(&report, rk_args_has(e->args, "json"), err);
    while (report.n_slices > 0)
        rk_slices_clear(&slices[--report.n_slices]);
    return status;
}

static rocket_status evaluate(evaluation *e, rocket_error *err)
{
    bool closer = e->n_slices > 0 || e->n_resamples > 0 || rk_args_has(e->args, "rows");
    rk_keep keep = { .fields = e->fields, .n_fields = e->n_fields, .rows = &e->rows };
    const char *path;
    rk_run_state state;

    RK_TRY(find_checkpoint(&path, e, err));
    RK_TRY(rk_bundle_load_weights(&state, path, e->run->weights, err));
    RK_TRY(rk_evaluate_keeping(&e->figures, closer ? &keep : NULL, e->run, rk_args_get(e->args, "input"), state.step,
                               err));
    rk_log(RK_LOG_INFO, "%s: %llu rows in %.1f s", path, (unsigned long long)e->figures.rows, e->figures.seconds);
    if (closer)
        return look_closer(e, err);
    rk_cli_print_figures(e->args, &e->figures);
    return ROCKET_OK;
}

static rocket_status open_and_evaluate(evaluation *e, rocket_error *err)
{
    rk_run_options options;

    RK_TRY(rk_cli_run_options(&options, e->args, err));
    RK_TRY(read_options(e, err));
    options.kept = e->fields;
    options.n_kept = e->n_fields;
    RK_TRY(rk_run_open(&e->run, e->config, &options, err));
    return evaluate(e, err);
}

static rocket_status run(const rk_args *args, rocket_error *err)
{
    evaluation e = { .args = args };
    rk_config *config;

    RK_TRY(rk_cli_config(&config, args, err));
    e.config = config;
    rk_arena_init(&e.arena, 0);
    rocket_status status = open_and_evaluate(&e, err);
    rk_scored_rows_clear(&e.rows);
    rk_figures_clear(&e.figures);
    rk_run_close(e.run);
    rk_arena_clear(&e.arena);
    rk_config_free(config);
    return status;
}

static const rk_option options[] = {
    { "config", 'c', "FILE", "pipeline config" },
    { "checkpoint", 0, "FILE", "checkpoint (default: the newest of model_dir)" },
    { "input", 'i', "PATHS", "evaluation files (default: eval_input_path)" },
    { "slice", 0, "FIELD", "metrics for every value of an input field too (repeatable)" },
    { "top", 0, "N", "values of a slice, the most frequent (default 20); all others are one line" },
    { "bootstrap", 0, "N", "intervals from N resamples of the users (default 0: none)" },
    { "level", 0, "PERCENT", "of the intervals (default 95)" },
    { "by", 0, "FIELD", "field of the users (default: that of gauc, else of session_auc, else rows are drawn)" },
    { "rows", 0, "FILE", "write label and scores of every row, for rocket compare" },
    { 0 },
};

const rk_verb rk_verb_eval = {
    .name = "eval",
    .usage = "-c pipeline.config [--checkpoint FILE] [-i PATHS] [--slice FIELD] [--bootstrap N]",
    .summary = "metrics of a checkpoint on evaluation data",
    .options = options,
    .takes = RK_TAKES_SET | RK_TAKES_THREADS | RK_TAKES_SHARD | RK_TAKES_JSON,
    .max_words = 1,
    .run = run,
};
