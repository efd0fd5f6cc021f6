/* rocket compare: see train/compare.h; this file reads the options and prints. */
#include <string.h>

#include "common.h"
#include "compare_report.h"
#include "error.h"
#include "text.h"

enum { DEFAULT_RESAMPLES = 1000 };

static rocket_status read_net(int *net, const rk_args *args, rocket_error *err)
{
    const char *name = rk_args_get(args, "net");

    *net = -1;
    for (int i = 0; name != NULL && i < RK_N_NETS; i++)
        if (strcmp(name, rk_net_names[i]) == 0)
            *net = i;
    RK_FAIL_IF(name != NULL && *net < 0, USAGE, err, "--net expects light or booster, got \"%s\"", name);
    return ROCKET_OK;
}

static rocket_status read_options(rk_compare_options *options, const rk_args *args, rocket_error *err)
{
    rk_run_options common;
    uint64_t resamples;

    RK_TRY(rk_cli_run_options(&common, args, err));
    RK_TRY(
        rk_args_number(&resamples, args, "bootstrap", (rk_number_rule){ DEFAULT_RESAMPLES, 0, RK_MAX_RESAMPLES }, err));
    *options = (rk_compare_options){ .paths = rk_args_get(args, "input"),
                                     .label = rk_args_get(args, "label"),
                                     .by = rk_args_get(args, "by"),
                                     .n_resamples = resamples,
                                     .seed = 1,
                                     .n_threads = common.n_threads };
    if (options->label == NULL)
        options->label = "label";
    RK_TRY(read_net(&options->net, args, err));
    return rk_args_level(&options->level, args, "level", 95, err);
}

/* The metric of the verdict: the one that is named, else exact_auc, else the first. */
static rocket_status choose_metric(size_t *out, const rk_args *args, const rk_comparison *c, rocket_error *err)
{
    const char *wanted = rk_args_get(args, "metric"), *name = wanted ? wanted : "exact_auc";
    const char *names[RK_MAX_METRICS * 2];
    char hint[RK_HINT_BYTES];
    size_t n = 0;

    *out = 0;
    for (size_t i = 0; i < c->n_metrics; i++) {
        if (strcmp(c->metrics[i].name, name) == 0) {
            *out = i;
            return ROCKET_OK;
        }
        if (n < sizeof names / sizeof names[0])
            names[n++] = c->metrics[i].name;
    }
    RK_FAIL_IF(wanted != NULL, USAGE, err, "--metric: the runs have no \"%s\"%s", wanted,
               rk_did_you_mean(hint, wanted, names, n));
    return ROCKET_OK;
}

static rocket_status print(const rk_args *args, const rk_comparison *c, rocket_error *err)
{
    size_t metric;
    rk_buf out;

    RK_TRY(choose_metric(&metric, args, c, err));
    rk_buf_init(&out, 0);
    if (rk_args_has(args, "json"))
        rk_compare_report_json(&out, c, metric);
    else
        rk_compare_report_text(&out, c, metric);
    return rk_cli_print_buf(&out, err);
}

static rocket_status run(const rk_args *args, rocket_error *err)
{
    rk_compare_options options;
    rk_comparison comparison;
    const char *paths[RK_MAX_RUNS];
    size_t n = rk_args_n_words(args);

    RK_TRY(read_options(&options, args, err));
    for (size_t i = 0; i < n && i < RK_MAX_RUNS; i++)
        paths[i] = rk_args_word(args, i);
    RK_TRY(rk_compare(&comparison, paths, n, &options, err));
    rocket_status status = print(args, &comparison, err);
    rk_comparison_clear(&comparison);
    return status;
}

static const rk_option options[] = {
    { "input", 'i', "PATHS", "evaluation files for all runs (default: each run's eval_input_path)" },
    { "metric", 0, "NAME", "what the verdict is about (default exact_auc)" },
    { "net", 0, "NAME", "light or booster (default: the light net, or the booster of a run without one)" },
    { "bootstrap", 0, "N", "resamples of the users (default 1000; 0: figures of metrics.jsonl, no evaluation)" },
    { "level", 0, "PERCENT", "of the intervals (default 95)" },
    { "by", 0, "FIELD", "field of the users (default: that of gauc, else of session_auc, else rows are drawn)" },
    { "label", 0, "NAME", "column of the labels in files of rows (default label)" },
    { 0 },
};

const rk_verb rk_verb_compare = {
    .name = "compare",
    .usage = "RUN RUN... [-i PATHS] [--metric NAME]",
    .summary = "runs side by side: differences with intervals, cost, configs",
    .options = options,
    .takes = RK_TAKES_THREADS | RK_TAKES_JSON,
    .min_words = 2,
    .max_words = -1,
    .run = run,
};
