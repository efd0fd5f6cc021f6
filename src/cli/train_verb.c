/* rocket train: see train.h. */
#include <stdio.h>
#include <string.h>

#include "common.h"
#include "error.h"
#include "eval_report.h"
#include "log.h"
#include "slice_args.h"
#include "train.h"

static void print_summary(const rk_train_result *result)
{
    double rate = result->seconds > 0 ? (double)result->rows / result->seconds : 0;

    rk_log(RK_LOG_INFO, "%llu steps, %llu examples in %.1f s (%.0f examples/s; %.1f s waiting for data)",
           (unsigned long long)result->steps, (unsigned long long)result->rows, result->seconds, rate,
           result->waited_s);
    if (result->checkpoint[0] != '\0')
        rk_log(RK_LOG_INFO, "checkpoint: %s", result->checkpoint);
    if (result->model[0] != '\0')
        rk_log(RK_LOG_INFO, "light net: %s", result->model);
}

static rocket_status print_figures(const rk_args *args, const rk_train_result *result, rocket_error *err)
{
    rk_figure step = { "global_step", (double)result->steps }; /* --json promises an object, also without evaluation */
    rk_figures none = { .item = &step, .n = 1 };
    bool json = rk_args_has(args, "json");
    rk_eval_report report = { .figures = result->last.n > 0 ? &result->last : &none,
                              .slices = result->sliced.item,
                              .n_slices = result->sliced.n };

    return result->last.n > 0 || json ? rk_eval_report_print(&report, json, err) : ROCKET_OK;
}

static rocket_status train(const rk_args *args, const rk_config *config, rocket_error *err)
{
    rk_train_options options = { .resume = rk_args_has(args, "resume"), .carry_on = rk_args_get(args, "continue") };
    rk_train_result result;

    RK_TRY(rk_cli_run_options(&options.run, args, err));
    RK_TRY(rk_cli_slices(&options.slices, args, config, err));
    options.run.kept = options.slices.fields;
    options.run.n_kept = options.slices.n;
    RK_TRY(rk_train(&result, config, &options, err));
    print_summary(&result);
    rocket_status status = print_figures(args, &result, err);
    rk_figures_clear(&result.last);
    rk_sliced_clear(&result.sliced);
    return status;
}

static rocket_status run(const rk_args *args, rocket_error *err)
{
    rk_config *config;

    RK_TRY(rk_cli_config(&config, args, err));
    rocket_status status = train(args, config, err);
    rk_config_free(config);
    return status;
}

static const rk_option options[] = {
    { "config", 'c', "FILE", "pipeline config" },
    { "resume", 0, NULL, "continue from the newest checkpoint of model_dir" },
    { "continue", 0, "RUN",
      "go on from another run's weights and optimizer (its folder, or a checkpoint) with new data" },
    RK_SLICE_OPTIONS,
    { 0 },
};

const rk_verb rk_verb_train = {
    .name = "train",
    .usage = "-c pipeline.config [--resume] [--continue RUN]",
    .summary = "train light net and booster; write checkpoints, logs and the light net alone",
    .options = options,
    .takes = RK_TAKES_SET | RK_TAKES_THREADS | RK_TAKES_SHARD | RK_TAKES_SEED | RK_TAKES_JSON,
    .max_words = 1,
    .run = run,
};
