/* rocket eval: metrics of a checkpoint on evaluation data. */
#include <stdio.h>

#include "bundle.h"
#include "checkpoint.h"
#include "common.h"
#include "error.h"
#include "log.h"

static rocket_status find_checkpoint(const char **path, rk_arena *arena, const rk_args *args, const rk_run *run,
                                     rocket_error *err)
{
    *path = rk_args_get(args, "checkpoint");
    if (*path != NULL)
        return ROCKET_OK;
    RK_TRY(rk_checkpoint_latest(path, arena, rk_run_dir(run), err));
    RK_FAIL_IF(*path == NULL, FAILED, err, "no checkpoint in model_dir \"%s\"; train first, or give --checkpoint FILE",
               rk_run_dir(run));
    return ROCKET_OK;
}

static rocket_status evaluate(const rk_args *args, rk_run *run, rk_arena *arena, rocket_error *err)
{
    const char *path;
    rk_run_state state;
    rk_figures figures;

    RK_TRY(find_checkpoint(&path, arena, args, run, err));
    RK_TRY(rk_bundle_load_weights(&state, path, run->weights, err));
    RK_TRY(rk_evaluate(&figures, run, rk_args_get(args, "input"), state.step, err));
    rk_log(RK_LOG_INFO, "%s: %llu rows in %.1f s", path, (unsigned long long)figures.rows, figures.seconds);
    rk_cli_print_figures(args, &figures);
    rk_figures_clear(&figures);
    return ROCKET_OK;
}

static rocket_status run(const rk_args *args, rocket_error *err)
{
    rk_config *config;
    rk_run_options options;
    rk_run *run = NULL;
    rk_arena arena;

    RK_TRY(rk_cli_run_options(&options, args, err));
    RK_TRY(rk_cli_config(&config, args, err));
    rk_arena_init(&arena, 0);
    rocket_status status = rk_run_open(&run, config, &options, err);
    if (status == ROCKET_OK)
        status = evaluate(args, run, &arena, err);
    rk_run_close(run);
    rk_arena_clear(&arena);
    rk_config_free(config);
    return status;
}

static const rk_option options[] = {
    { "config", 'c', "FILE", "pipeline config" },
    { "checkpoint", 0, "FILE", "checkpoint (default: the newest of model_dir)" },
    { "input", 'i', "PATHS", "evaluation files (default: eval_input_path)" },
    { 0 },
};

const rk_verb rk_verb_eval = {
    .name = "eval",
    .usage = "-c pipeline.config [--checkpoint FILE] [-i PATHS]",
    .summary = "metrics of a checkpoint on evaluation data",
    .options = options,
    .takes = RK_TAKES_SET | RK_TAKES_THREADS | RK_TAKES_JSON,
    .max_words = 1,
    .run = run,
};
