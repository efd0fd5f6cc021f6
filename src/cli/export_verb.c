/* rocket export: the light net of a checkpoint as a model file, found by the cut through the graph. */
#include <stdio.h>

#include "bundle.h"
#include "checkpoint.h"
#include "common.h"
#include "error.h"
#include "log.h"

static rocket_status export_checkpoint(const char *path, const char *out, rocket_error *err)
{
    static const char *const outputs[] = { "logits_light", "probs_light" };
    rk_bundle *bundle;
    rk_schema *schema = NULL;

    RK_TRY(rk_bundle_open(&bundle, path, outputs, 2, err));
    rk_schema_options columns = { .given = &bundle->vocabularies };
    rocket_status status = rk_schema_new(&schema, bundle->config, &columns, err);
    if (status == ROCKET_OK) {
        rk_bundle_source source = { .config = bundle->config,
                                    .schema = schema,
                                    .graph = bundle->graph,
                                    .weights = bundle->weights,
                                    .state = { .step = bundle->state.step } };
        status = rk_bundle_write(out, &source, err);
    }
    rk_schema_free(schema);
    rk_bundle_close(bundle);
    return status;
}

static rocket_status latest(const char **path, rk_arena *arena, const rk_args *args, rocket_error *err)
{
    rk_config *config;

    RK_TRY(rk_cli_config(&config, args, err));
    const char *dir = rk_config_root(config)->model_dir;
    rocket_status status = rk_checkpoint_latest(path, arena, dir != NULL ? dir : "", err);
    if (status == ROCKET_OK && *path == NULL)
        status =
            rk_fail(err, ROCKET_FAILED, "no checkpoint in model_dir \"%s\"; train first, or give --checkpoint FILE",
                    dir != NULL ? dir : "");
    rk_config_free(config);
    return status;
}

static rocket_status run(const rk_args *args, rocket_error *err)
{
    const char *out = rk_args_get(args, "output"), *path = rk_args_get(args, "checkpoint");
    rk_arena arena;

    RK_FAIL_IF(out == NULL, USAGE, err, "no output: give -o FILE");
    rk_arena_init(&arena, 0);
    rocket_status status = path != NULL ? ROCKET_OK : latest(&path, &arena, args, err);
    if (status == ROCKET_OK)
        status = export_checkpoint(path, out, err);
    if (status == ROCKET_OK)
        rk_log(RK_LOG_INFO, "%s -> %s", path, out);
    rk_arena_clear(&arena);
    return status;
}

static const rk_option options[] = {
    { "config", 'c', "FILE", "pipeline config, for its model_dir" },
    { "checkpoint", 0, "FILE", "checkpoint (default: the newest of model_dir)" },
    { "output", 'o', "FILE", "model file to write (safetensors)" },
    { 0 },
};

const rk_verb rk_verb_export = {
    .name = "export",
    .usage = "-c pipeline.config -o model.safetensors",
    .summary = "write the light net alone, ready to be served",
    .options = options,
    .takes = RK_TAKES_SET,
    .max_words = 1,
    .run = run,
};
