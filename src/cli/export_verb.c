/* rocket export: the light net of a checkpoint as a model file, found by the cut through the graph; as ONNX too; into a
 * folder of versions, as servers poll them; with weights of 8 bits, if the scores allow it. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "atomic_folder.h"
#include "bundle.h"
#include "checkpoint.h"
#include "common.h"
#include "error.h"
#include "file.h"
#include "log.h"
#include "number.h"
#include "onnx_export.h"
#include "quantize_gate.h"

#define DEFAULT_LOSS 0.0005 /* of AUC */

/* What is to be written; NULL: not. */
typedef struct outputs {
    const char *model, *onnx; /* paths */
    const char *folder;       /* of the version, in which both are */
    rk_quantize_gate *gate;   /* NULL: weights stay as they are */
} outputs;

static rocket_status write_outputs(const rk_bundle *bundle, const rk_schema *schema, const outputs *out,
                                   rocket_error *err)
{
    rk_bundle_source source = { .config = bundle->config,
                                .schema = schema,
                                .graph = bundle->graph,
                                .weights = bundle->weights,
                                .state = { .step = bundle->state.step } };

    if (out->onnx != NULL)
        RK_TRY(rk_onnx_export(out->onnx, &source, err));
    return out->model != NULL ? rk_bundle_write(out->model, &source, err) : ROCKET_OK;
}

static rocket_status export_checkpoint(const char *path, const outputs *out, rocket_error *err)
{
    rk_bundle *bundle;
    rk_schema *schema = NULL;

    RK_TRY(rk_bundle_open(&bundle, path, rk_light_outputs, RK_N_LIGHT_OUTPUTS, err));
    rk_schema_options columns = { .given = &bundle->vocabularies };
    rocket_status status = out->gate != NULL ? rk_quantize_checked(bundle, out->gate, err) : ROCKET_OK;
    if (status == ROCKET_OK)
        status = rk_schema_new(&schema, bundle->config, &columns, err);
    if (status == ROCKET_OK)
        status = write_outputs(bundle, schema, out, err);
    rk_schema_free(schema);
    rk_bundle_close(bundle);
    return status;
}

/* The same into a folder that appears when all is written. */
static rocket_status export_version(const char *path, const outputs *names, rk_arena *arena, rocket_error *err)
{
    rk_atomic_folder *folder;

    RK_TRY(rk_atomic_folder_open(&folder, names->folder, err));
    const char *place = rk_atomic_folder_place(folder);
    outputs out = { .model = rk_arena_printf(arena, "%s/%s", place, names->model),
                    .onnx = names->onnx != NULL ? rk_arena_printf(arena, "%s/%s", place, names->onnx) : NULL,
                    .gate = names->gate };
    rocket_status status =
        rk_arena_failed(arena) ? rk_fail(err, ROCKET_FAILED, "out of memory") : export_checkpoint(path, &out, err);
    if (status == ROCKET_OK)
        return rk_atomic_folder_commit(folder, err);
    rk_atomic_folder_abort(folder);
    return status;
}

/* Servers take the greatest number: the time, or one more than the greatest there is if that is from the future. */
static rocket_status next_version(uint64_t *out, const char *dir, rk_arena *arena, rocket_error *err)
{
    rk_paths found;
    uint64_t version = (uint64_t)time(NULL), other;

    RK_TRY(rk_list_dir(&found, arena, dir, err));
    for (size_t i = 0; i < found.n; i++)
        if (rk_parse_u64(found.path[i], strlen(found.path[i]), &other) && other >= version && other < INT64_MAX)
            version = other + 1;
    *out = version;
    return ROCKET_OK;
}

static rocket_status name_version(outputs *out, const rk_args *args, rk_arena *arena, rocket_error *err)
{
    const char *dir = rk_args_get(args, "export-dir");
    uint64_t version;

    out->model = "model.safetensors";
    RK_TRY(rk_args_number(&version, args, "version", (rk_number_rule){ 0, 0, INT64_MAX }, err));
    RK_TRY(rk_mkdirs(dir, err));
    if (!rk_args_has(args, "version"))
        RK_TRY(next_version(&version, dir, arena, err));
    out->folder = rk_arena_printf(arena, "%s/%llu", dir, (unsigned long long)version);
    RK_FAIL_IF(out->folder == NULL, FAILED, err, "out of memory");
    return ROCKET_OK;
}

static rocket_status choose_outputs(outputs *out, const rk_args *args, rocket_error *err)
{
    const char *dir = rk_args_get(args, "export-dir");

    *out = (outputs){ .model = rk_args_get(args, "output"), .onnx = rk_args_get(args, "onnx") };
    RK_FAIL_IF(out->model == NULL && out->onnx == NULL && dir == NULL, USAGE, err,
               "no output: give -o FILE, --onnx FILE or --export-dir DIR");
    RK_FAIL_IF((out->model != NULL && strcmp(out->model, "-") == 0) ||
                   (out->onnx != NULL && strcmp(out->onnx, "-") == 0),
               USAGE, err, "-o, --onnx: expected the name of a file, found \"-\": models are written to files only");
    RK_FAIL_IF(out->model != NULL && out->onnx != NULL && strcmp(out->model, out->onnx) == 0, USAGE, err,
               "-o and --onnx: expected two files, found \"%s\" twice", out->model);
    RK_FAIL_IF(dir == NULL && rk_args_has(args, "version"), USAGE, err, "--version: expected --export-dir with it");
    RK_FAIL_IF(dir != NULL && out->model != NULL, USAGE, err, "expected -o or --export-dir, found both");
    RK_FAIL_IF(dir != NULL && out->onnx != NULL &&
                   (strchr(out->onnx, '/') != NULL || strcmp(out->onnx, "model.safetensors") == 0),
               USAGE, err, "--onnx: expected a name for the file in --export-dir's version, found \"%s\"", out->onnx);
    return ROCKET_OK;
}

/* --quantize and what belongs to it. */
static rocket_status choose_gate(outputs *out, rk_quantize_gate *gate, const rk_args *args, rocket_error *err)
{
    const char *kind = rk_args_get(args, "quantize"), *loss = rk_args_get(args, "most-auc-loss");

    *gate = (rk_quantize_gate){ .data = rk_args_get(args, "check"), .most_loss = DEFAULT_LOSS };
    RK_FAIL_IF(kind == NULL && (gate->data != NULL || loss != NULL), USAGE, err,
               "--check, --most-auc-loss: expected --quantize KIND with them");
    if (kind == NULL)
        return ROCKET_OK;
    while (gate->kind < RK_N_QUANTIZE_KINDS && strcmp(kind, rk_quantize_kinds[gate->kind]) != 0)
        gate->kind++;
    RK_FAIL_IF(gate->kind == RK_N_QUANTIZE_KINDS, USAGE, err, "--quantize: expected int8 or bf16, found \"%s\"", kind);
    RK_FAIL_IF(gate->data == NULL, USAGE, err, "--quantize: expected --check FILES, rows to compare AUC on");
    RK_FAIL_IF(out->onnx != NULL, USAGE, err, "--quantize: expected no --onnx with it, that is written in floats");
    RK_FAIL_IF(loss != NULL && (!rk_parse_double(loss, strlen(loss), &gate->most_loss) || !(gate->most_loss >= 0)),
               USAGE, err, "--most-auc-loss: expected a number of 0 or more, found \"%s\"", loss);
    out->gate = gate;
    return ROCKET_OK;
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

/* A checkpoint has the booster, which its light net alone cannot replace. */
static rocket_status spare_inputs(const outputs *out, const char *checkpoint, rocket_error *err)
{
    RK_TRY(rk_cli_spare(out->model, checkpoint, err));
    RK_TRY(rk_cli_spare(out->onnx, checkpoint, err));
    return out->gate != NULL ? rk_cli_spare_listed(out->model, out->gate->data, err) : ROCKET_OK;
}

static rocket_status export_light_net(const rk_args *args, rk_arena *arena, rocket_error *err)
{
    const char *path = rk_args_get(args, "checkpoint");
    outputs out;
    rk_quantize_gate gate;

    RK_TRY(choose_outputs(&out, args, err));
    RK_TRY(choose_gate(&out, &gate, args, err));
    if (path == NULL)
        RK_TRY(latest(&path, arena, args, err));
    if (rk_args_has(args, "export-dir")) {
        RK_TRY(name_version(&out, args, arena, err));
        RK_TRY(export_version(path, &out, arena, err));
        rk_log(RK_LOG_INFO, "%s -> %s/", path, out.folder);
        return ROCKET_OK;
    }
    RK_TRY(spare_inputs(&out, path, err));
    RK_TRY(export_checkpoint(path, &out, err));
    if (out.gate != NULL)
        rk_log(RK_LOG_INFO, "AUC %.6f with %s weights, %.6f without", gate.after, rk_quantize_kinds[gate.kind],
               gate.before);
    if (out.model != NULL)
        rk_log(RK_LOG_INFO, "%s -> %s", path, out.model);
    if (out.onnx != NULL)
        rk_log(RK_LOG_INFO, "%s -> %s", path, out.onnx);
    return ROCKET_OK;
}

static rocket_status run(const rk_args *args, rocket_error *err)
{
    rk_arena arena;

    rk_arena_init(&arena, 0);
    rocket_status status = export_light_net(args, &arena, err);
    rk_arena_clear(&arena);
    return status;
}

static const rk_option options[] = {
    { "config", 'c', "FILE", "pipeline config, for its model_dir" },
    { "checkpoint", 0, "FILE", "checkpoint (default: the newest of model_dir)" },
    { "output", 'o', "FILE", "model file to write (safetensors)" },
    { "onnx", 0, "FILE", "the same as an ONNX model" },
    { "export-dir", 0, "DIR", "write DIR/<version>/model.safetensors, all at once; --onnx names a file beside it" },
    { "version", 0, "N", "the version's number (default: seconds since 1970, greater than any in DIR)" },
    { "quantize", 0, "KIND",
      "int8 or bf16: kernels and tables in 8 or 16 bits; refused (exit 6) if AUC drops by more than allowed" },
    { "check", 0, "FILES", "rows with labels that --quantize compares AUC on" },
    { "most-auc-loss", 0, "X", "what AUC may lose (default 0.0005)" },
    { 0 },
};

const rk_verb rk_verb_export = {
    .name = "export",
    .usage = "-c pipeline.config -o model.safetensors [--onnx model.onnx]",
    .summary = "write the light net alone, ready to be served",
    .options = options,
    .takes = RK_TAKES_SET,
    .max_words = 1,
    .run = run,
};
