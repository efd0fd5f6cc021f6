/* rocket tune: see tuner.h. */
#include <stdio.h>
#include <string.h>

#include "common.h"
#include "error.h"
#include "log.h"
#include "tuner.h"

static void put_trial(rk_buf *out, const rk_trial *trial)
{
    rk_buf_printf(out, "{\"trial\": %llu, \"steps\": %llu, \"metric\": ", (unsigned long long)trial->number,
                  (unsigned long long)trial->steps);
    rk_buf_json_number(out, trial->metric);
    rk_buf_printf(out, ", \"multiplications\": %lld, \"pareto\": %s, \"overrides\": [",
                  (long long)trial->multiplications, trial->on_front ? "true" : "false");
    for (size_t i = 0; i < trial->n_overrides; i++) {
        rk_buf_puts(out, i > 0 ? ", " : "");
        rk_buf_json_string(out, trial->overrides[i], strlen(trial->overrides[i]));
    }
    rk_buf_puts(out, "]}");
}

static void put_json(rk_buf *out, const rk_tune_result *result, const char *metric)
{
    rk_buf_puts(out, "{\"metric\": ");
    rk_buf_json_string(out, metric, strlen(metric));
    rk_buf_puts(out, ", \"best_config\": ");
    rk_buf_json_string(out, result->best_config, strlen(result->best_config));
    rk_buf_puts(out, ", \"trials\": [");
    for (size_t i = 0; i < result->n_trials; i++) {
        rk_buf_puts(out, i > 0 ? ",\n" : "\n");
        put_trial(out, &result->trials[i]);
    }
    rk_buf_puts(out, "\n]}\n");
}

/* Where the path of "path=value" ends: at the first = outside of brackets. */
static const char *equals_of(const char *override)
{
    int depth = 0;

    for (; *override != '\0' && (depth > 0 || *override != '='); override++)
        depth += (*override == '[') - (*override == ']');
    return override;
}

static bool ends_with(const char *override, const char *tail, size_t n)
{
    size_t length = (size_t)(equals_of(override) - override);

    return length >= n && memcmp(override + length - n, tail, n) == 0;
}

/* The last names of path k that tell it from the others: "hidden_units", or "light_dnn.hidden_units". */
static const char *short_path(const rk_trial *trial, size_t k)
{
    const char *path = trial->overrides[k], *end = equals_of(path), *at = end;

    for (size_t alike = 2; alike > 1 && at > path;) {
        for (at--; at > path && at[-1] != '.'; at--)
            ;
        alike = 0;
        for (size_t i = 0; i < trial->n_overrides; i++)
            alike += ends_with(trial->overrides[i], at, (size_t)(end - at));
    }
    return at;
}

/* Columns are as wide as their longest text. */
static int column_width(const rk_tune_result *result, size_t k)
{
    const rk_trial *first = &result->trials[0];
    size_t width = (size_t)(equals_of(first->overrides[k]) - short_path(first, k));

    for (size_t i = 0; i < result->n_trials; i++) {
        const char *equals = equals_of(result->trials[i].overrides[k]);
        size_t n = *equals == '=' ? strlen(equals + 1) : 0;
        width = n > width ? n : width;
    }
    return (int)width;
}

static void put_header(rk_buf *out, const rk_tune_result *result, const char *metric)
{
    const rk_trial *first = &result->trials[0];

    rk_buf_printf(out, "trial     step  multiplications  %-14s", metric);
    for (size_t k = 0; k < first->n_overrides; k++) {
        const char *name = short_path(first, k);
        rk_buf_printf(out, "  %*.*s", column_width(result, k), (int)(equals_of(first->overrides[k]) - name), name);
    }
    rk_buf_puts(out, "\n");
}

/* A line per trial; * marks the Pareto front. */
static void put_table(rk_buf *out, const rk_tune_result *result, const char *metric)
{
    put_header(out, result, metric);
    for (size_t i = 0; i < result->n_trials; i++) {
        const rk_trial *trial = &result->trials[i];
        rk_buf_printf(out, "%5llu %8llu %16lld %c", (unsigned long long)trial->number, (unsigned long long)trial->steps,
                      (long long)trial->multiplications, trial->on_front ? '*' : ' ');
        if (trial->failure != NULL)
            rk_buf_printf(out, "%-14s", "failed");
        else
            rk_buf_printf(out, "%-14.6f", trial->metric);
        for (size_t k = 0; k < trial->n_overrides; k++) {
            const char *equals = equals_of(trial->overrides[k]);
            rk_buf_printf(out, "  %*s", column_width(result, k), *equals == '=' ? equals + 1 : "");
        }
        rk_buf_puts(out, "\n");
    }
    rk_buf_puts(out, "* no other trial of as many steps is as good with as few multiplications\n");
}

static rocket_status read_options(rk_tune_options *out, const rk_args *args, rocket_error *err)
{
    RK_FAIL_IF(rk_args_get(args, "config") == NULL, USAGE, err, "no config: give -c FILE");
    RK_FAIL_IF(rk_args_get(args, "search") == NULL, USAGE, err, "no search file: give -s FILE");
    RK_FAIL_IF(rk_args_get(args, "output") == NULL, USAGE, err, "no folder for the search: give -o DIR");
    *out = (rk_tune_options){ .config = rk_args_get(args, "config"),
                              .space = rk_args_get(args, "search"),
                              .dir = rk_args_get(args, "output"),
                              .metric = rk_args_get(args, "metric"),
                              .lower_is_better = rk_args_has(args, "minimize"),
                              .resume = rk_args_has(args, "resume") };
    out->sets = rk_args_all(args, "set", &out->n_sets);
    if (out->metric == NULL)
        out->metric = "auc_light";
    RK_TRY(rk_args_number(&out->n_trials, args, "trials", (rk_number_rule){ 20, 1, 100000 }, err));
    RK_TRY(rk_args_number(&out->halving, args, "halving", (rk_number_rule){ 0, 2, 100 }, err));
    return rk_cli_run_options(&out->run, args, err);
}

static rocket_status run(const rk_args *args, rocket_error *err)
{
    rk_tune_options options;
    rk_tune_result result;
    rk_config *config;
    rk_buf text;

    RK_TRY(read_options(&options, args, err));
    RK_TRY(rk_cli_config(&config, args, err)); /* all its faults and notes, once */
    rk_config_free(config);
    RK_TRY(rk_tune(&result, &options, err));
    rk_log(RK_LOG_INFO, "the best config: %s", result.best_config);
    rk_buf_init(&text, 0);
    (rk_args_has(args, "json") ? put_json : put_table)(&text, &result, options.metric);
    rk_tune_result_clear(&result);
    return rk_cli_print_buf(&text, err);
}

static const rk_option options[] = {
    { "config", 'c', "FILE", "pipeline config" },
    { "search", 's', "FILE",
      "what to try: lines \"path: choice(a, b) | uniform(a, b) | log_uniform(a, b) | int(a, b)\"" },
    { "output", 'o', "DIR", "where trials, their figures and the best config go" },
    { "trials", 0, "N", "how many to draw (default 20)" },
    { "halving", 0, "E", "successive halving: the best 1/E of the trials go on for E times as many steps" },
    { "metric", 0, "NAME", "figure of the evaluation that counts (default auc_light)" },
    { "minimize", 0, NULL, "lower figures are better" },
    { "resume", 0, NULL, "go on with the search in DIR" },
    { 0 },
};

const rk_verb rk_verb_tune = {
    .name = "tune",
    .usage = "-c pipeline.config -s search.txt -o DIR [--trials N] [--halving E]",
    .summary = "train with values drawn at random; find the best config and the Pareto front against size",
    .options = options,
    .takes = RK_TAKES_SET | RK_TAKES_THREADS | RK_TAKES_SEED | RK_TAKES_JSON,
    .max_words = 0,
    .run = run,
};
