/* rocket eval: metrics of a checkpoint on evaluation data, with intervals and by slices where they are asked for. */
#include <stdio.h>
#include <string.h>

#include "bundle.h"
#include "checkpoint.h"
#include "common.h"
#include "error.h"
#include "eval_report.h"
#include "log.h"
#include "rows_file.h"
#include "slice_args.h"

typedef struct evaluation {
    const rk_args *args;
    const rk_config *config;
    rk_run *run;
    rk_arena arena;
    rk_slice_options slicing;
    const char *fields[RK_MAX_SLICES + 1]; /* of the slices, and behind them of the units */
    size_t n_fields;
    uint64_t n_resamples;
    double level;
    const char *by; /* what is drawn again; NULL: rows */
    rk_figures figures;
    rk_sliced sliced; /* and the rows */
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

static rocket_status read_options(evaluation *e, rocket_error *err)
{
    RK_TRY(rk_cli_slices(&e->slicing, e->args, e->config, err));
    RK_TRY(rk_args_number(&e->n_resamples, e->args, "bootstrap", (rk_number_rule){ 0, 0, RK_MAX_RESAMPLES }, err));
    RK_TRY(rk_args_level(&e->level, e->args, "level", 95, err));
    for (; e->n_fields < e->slicing.n; e->n_fields++)
        e->fields[e->n_fields] = e->slicing.fields[e->n_fields];
    e->by = rk_unit_field(e->config);
    if (rk_args_has(e->args, "by")) {
        e->by = rk_args_get(e->args, "by");
        RK_TRY(rk_cli_input_field(e->config, "by", e->by, err));
    }
    if (e->by)
        e->fields[e->n_fields++] = e->by;
    return ROCKET_OK;
}

static rocket_status add_intervals(evaluation *e, rk_eval_report *report, rocket_error *err)
{
    const rk_scored_field *field = e->by ? rk_scored_rows_field(&e->sliced.rows, e->by) : NULL;
    rk_row_choice choice = { .n = e->sliced.rows.n, .units = true, .by = field };
    rk_metric_set *set;

    if (e->n_resamples == 0)
        return ROCKET_OK;
    RK_TRY(rk_scored_rows_measure(&set, &e->sliced.rows, e->config, &choice, err));
    rk_bootstrap bootstrap = { .sets = (const rk_metric_set *const *)&set,
                               .n_sets = 1,
                               .n_units = field ? field->n_texts : e->sliced.rows.n,
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

/* All that needs the rows. */
static rocket_status look_closer(evaluation *e, rocket_error *err)
{
    rk_eval_report report = { .figures = &e->figures };
    const char *path = rk_args_get(e->args, "rows");
    rocket_status status = path ? rk_rows_write(path, &e->sliced.rows, err) : ROCKET_OK;

    if (status == ROCKET_OK)
        status = add_intervals(e, &report, err);
    if (status == ROCKET_OK)
        status = rk_sliced_measure(&e->sliced, &e->slicing, e->config, err);
    report.slices = e->sliced.item;
    report.n_slices = e->sliced.n;
    return status == ROCKET_OK ? rk_eval_report_print(&report, rk_args_has(e->args, "json"), err) : status;
}

static rocket_status evaluate(evaluation *e, rocket_error *err)
{
    bool closer = e->slicing.n > 0 || e->n_resamples > 0 || rk_args_has(e->args, "rows");
    rk_keep keep = { .fields = e->fields, .n_fields = e->n_fields, .rows = &e->sliced.rows };
    const char *path, *rows = rk_args_get(e->args, "rows"), *input = rk_args_get(e->args, "input");
    rk_run_state state;

    RK_TRY(find_checkpoint(&path, e, err));
    RK_TRY(rk_cli_spare(rows, path, err));
    RK_TRY(rk_cli_spare_listed(rows, input ? input : rk_config_root(e->config)->eval_input_path, err));
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
    rk_sliced_clear(&e.sliced);
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
    RK_SLICE_OPTIONS,
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
