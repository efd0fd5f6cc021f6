/* Reading model files and checkpoints: see bundle.h. Foreign bytes: the container is checked by tensors.h, the graph by
 * rk_graph_read_json, the config by its own reader; here the tensors must be exactly those that the graph names.
 */
#include <string.h>

#include "bundle.h"
#include "error.h"
#include "json.h"
#include "mem.h"
#include "number.h"
#include "variables.h"
#include "words.h"

const char *const rk_light_outputs[RK_N_LIGHT_OUTPUTS] = { "logits_light", "probs_light" };

static rocket_status meta(const char **text, size_t *n, const rk_tensor_file *file, const char *key, rocket_error *err)
{
    *text = rk_tensor_file_meta(file, key, n);
    RK_FAIL_IF(*text == NULL, CORRUPT, err, "not a file of rocket: no %s in __metadata__", key);
    return ROCKET_OK;
}

static rocket_status meta_number(uint64_t *out, const rk_tensor_file *file, const char *key, rocket_error *err)
{
    const char *text;
    size_t n;

    RK_TRY(meta(&text, &n, file, key, err));
    RK_FAIL_IF(!rk_parse_u64(text, n, out), CORRUPT, err, "%s is not a number: \"%s\"", key, text);
    return ROCKET_OK;
}

static rocket_status read_shard(rk_shard *shard, const rk_tensor_file *file, rocket_error *err)
{
    const char *text = rk_tensor_file_meta(file, "rocket.shard", NULL);

    RK_FAIL_IF(text && rk_shard_parse(shard, text, NULL) != ROCKET_OK, CORRUPT, err, "rocket.shard is no shard: \"%s\"",
               text);
    return ROCKET_OK;
}

static rocket_status read_best(rk_run_state *state, const rk_tensor_file *file, rocket_error *err)
{
    size_t n;
    const char *text = rk_tensor_file_meta(file, "rocket.best", &n);

    if (text == NULL)
        return ROCKET_OK;
    RK_FAIL_IF(!rk_parse_double(text, n, &state->best), CORRUPT, err, "rocket.best is not a number: \"%s\"", text);
    RK_TRY(meta_number(&state->best_step, file, "rocket.best_step", err));
    state->has_best = true;
    return ROCKET_OK;
}

static rocket_status read_state(rk_run_state *state, bool *is_checkpoint, const rk_tensor_file *file, rocket_error *err)
{
    const char *kind, *version;
    size_t n;

    RK_TRY(meta(&kind, &n, file, "rocket.kind", err));
    *is_checkpoint = strcmp(kind, "checkpoint") == 0;
    RK_FAIL_IF(!*is_checkpoint && strcmp(kind, "model") != 0, CORRUPT, err, "rocket.kind is \"%s\"", kind);
    RK_TRY(meta(&version, &n, file, "rocket.version", err));
    RK_FAIL_IF(strcmp(version, "1") != 0 && strcmp(version, "2") != 0, CORRUPT, err,
               "version \"%s\" is not known; this rocket reads versions 1 and 2: a newer one wrote the file", version);
    RK_TRY(meta_number(&state->step, file, "rocket.step", err));
    if (*is_checkpoint) {
        RK_TRY(meta_number(&state->seed, file, "rocket.seed", err));
        RK_TRY(meta_number(&state->batch_size, file, "rocket.batch_size", err));
        if (rk_tensor_file_meta(file, "rocket.first_step", NULL) != NULL)
            RK_TRY(meta_number(&state->first_step, file, "rocket.first_step", err));
        RK_FAIL_IF(state->first_step > state->step, CORRUPT, err, "rocket.first_step is behind rocket.step");
        RK_TRY(read_shard(&state->shard, file, err));
        RK_TRY(read_best(state, file, err));
    }
    return ROCKET_OK;
}

static rocket_status meta_json(rk_json **out, const rk_tensor_file *file, const char *key, rocket_error *err)
{
    const char *text;
    size_t n;

    RK_TRY(meta(&text, &n, file, key, err));
    rocket_status status = rk_json_parse(out, text, n, key, err);
    if (status == ROCKET_FAILED || status == ROCKET_OK)
        return status;
    if (err != NULL)
        err->status = ROCKET_CORRUPT;
    return ROCKET_CORRUPT;
}

static rocket_status read_graph(rk_bundle *bundle, const rk_tensor_file *file, const char *const *outputs,
                                size_t n_outputs, rocket_error *err)
{
    rk_json *json;
    rk_graph *whole = NULL;

    RK_TRY(meta_json(&json, file, "rocket.graph", err));
    rocket_status status = rk_graph_read_json(&whole, json, err);
    rk_json_free(json);
    RK_TRY(status);
    if (n_outputs == 0) {
        bundle->graph = whole;
        return ROCKET_OK;
    }
    status = rk_graph_cut(&bundle->graph, whole, outputs, n_outputs, err);
    rk_graph_free(whole);
    return status;
}

/* The config's own faults begin with the file's name already. */
static rocket_status read_config(rk_bundle *bundle, const rk_tensor_file *file, const char *name, rocket_error *err)
{
    rk_config_source source = { .name = name };
    rocket_status status = meta(&source.text, &source.n, file, "rocket.config", err);

    if (status != ROCKET_OK) {
        rk_error_prefix(err, "%s", name);
        return status;
    }
    status = rk_config_parse(&bundle->config, &source, NULL, err);
    if (status == ROCKET_CONFIG && err != NULL)
        err->status = ROCKET_CORRUPT;
    return status == ROCKET_CONFIG ? ROCKET_CORRUPT : status;
}

/* Where the values go: floats of everything, or, packed, of what the file does not have as integers. */
static rocket_status make_weights(rk_bundle *bundle, const rk_tensor_file *file, bool packed, rocket_error *err)
{
    RK_TRY(rk_weights_new_dense(&bundle->weights, bundle->graph, err));
    for (int i = 0; i < rk_graph_n_tables(bundle->graph); i++) {
        const rk_tensor_info *tensor = rk_tensor_file_find(file, rk_graph_table_at(bundle->graph, i)->name);

        if (!packed || tensor->type != RK_I8)
            RK_TRY(rk_weights_add_table(bundle->weights, i, err));
    }
    return rk_variables_load(bundle->weights, NULL, file, err);
}

/* What is read of a file, and how. */
typedef struct wanted {
    const char *name; /* of the file, in messages */
    const char *const *outputs;
    size_t n_outputs;
    bool packed;
} wanted;

static rocket_status read_model(rk_bundle *bundle, const rk_tensor_file *file, const wanted *as, rocket_error *err)
{
    rk_json *json;

    RK_TRY(meta_json(&json, file, "rocket.vocabularies", err));
    rocket_status status = rk_words_read(&bundle->vocabularies, file, json, &bundle->arena, err);
    rk_json_free(json);
    RK_TRY(status);
    RK_TRY(read_graph(bundle, file, as->outputs, as->n_outputs, err));
    RK_TRY(rk_variables_check(bundle->graph, file, err)); /* so that no more memory is taken than the file has bytes */
    return make_weights(bundle, file, as->packed, err);
}

/* The state first: of a file of the future its version is to be told, not what that has changed. */
static rocket_status read_parts(rk_bundle *bundle, const rk_tensor_file *file, const wanted *as, rocket_error *err)
{
    rocket_status status = read_state(&bundle->state, &bundle->is_checkpoint, file, err);

    if (status == ROCKET_OK) {
        RK_TRY(read_config(bundle, file, as->name, err));
        status = read_model(bundle, file, as, err);
    }
    if (status != ROCKET_OK)
        rk_error_prefix(err, "%s", as->name);
    return status;
}

static rocket_status read_bundle(rk_bundle **out, const rk_tensor_file *file, const wanted *as, rocket_error *err)
{
    rk_bundle *bundle = rk_alloc(1, sizeof *bundle);

    RK_FAIL_IF(bundle == NULL, FAILED, err, "%s: out of memory", as->name);
    rk_arena_init(&bundle->arena, 0);
    rocket_status status = read_parts(bundle, file, as, err);
    if (status != ROCKET_OK) {
        rk_bundle_close(bundle);
        return status;
    }
    *out = bundle;
    return ROCKET_OK;
}

static rocket_status open_bundle(rk_bundle **out, const wanted *as, rocket_error *err)
{
    rk_tensor_file *file;

    RK_TRY(rk_tensor_file_open(&file, as->name, true, err));
    rocket_status status = read_bundle(out, file, as, err);
    rk_tensor_file_close(file);
    return status;
}

rocket_status rk_bundle_read(rk_bundle **out, const rk_tensor_file *file, const char *name, const char *const *outputs,
                             size_t n_outputs, rocket_error *err)
{
    return read_bundle(out, file, &(wanted){ name, outputs, n_outputs, false }, err);
}

rocket_status rk_bundle_open(rk_bundle **out, const char *path, const char *const *outputs, size_t n_outputs,
                             rocket_error *err)
{
    return open_bundle(out, &(wanted){ path, outputs, n_outputs, false }, err);
}

rocket_status rk_bundle_read_packed(rk_bundle **out, const rk_tensor_file *file, const char *name,
                                    const char *const *outputs, size_t n_outputs, rocket_error *err)
{
    return read_bundle(out, file, &(wanted){ name, outputs, n_outputs, true }, err);
}

rocket_status rk_bundle_open_packed(rk_bundle **out, const char *path, const char *const *outputs, size_t n_outputs,
                                    rocket_error *err)
{
    return open_bundle(out, &(wanted){ path, outputs, n_outputs, true }, err);
}

void rk_bundle_close(rk_bundle *bundle)
{
    if (bundle == NULL)
        return;
    rk_weights_free(bundle->weights);
    rk_graph_free(bundle->graph);
    rk_config_free(bundle->config);
    rk_arena_clear(&bundle->arena);
    rk_free(bundle);
}

/* Missing or different tensors mean that the config describes another model than the file holds. */
static rocket_status blame_config(rocket_status status, rocket_error *err)
{
    if (status != ROCKET_CORRUPT)
        return status;
    if (err != NULL)
        err->status = ROCKET_CONFIG;
    rk_error_prefix(err, "the file is of another model or optimizer than the config");
    return ROCKET_CONFIG;
}

static rocket_status load(rk_run_state *state, const rk_tensor_file *file, rk_weights *weights, rk_updater *updater,
                          rocket_error *err)
{
    rk_run_state found = { 0 };
    bool is_checkpoint;

    RK_TRY(read_state(&found, &is_checkpoint, file, err));
    RK_FAIL_IF(updater != NULL && !is_checkpoint, CONFIG, err,
               "this is a model, not a checkpoint: training cannot continue from it");
    RK_TRY(blame_config(rk_variables_load(weights, updater, file, err), err));
    *state = found;
    return ROCKET_OK;
}

rocket_status rk_bundle_resume(rk_run_state *state, const char *path, rk_weights *weights, rk_updater *updater,
                               rocket_error *err)
{
    rk_tensor_file *file;

    RK_TRY(rk_tensor_file_open(&file, path, true, err));
    rocket_status status = load(state, file, weights, updater, err);
    if (status != ROCKET_OK)
        rk_error_prefix(err, "%s", path);
    rk_tensor_file_close(file);
    return status;
}

rocket_status rk_bundle_load_weights(rk_run_state *state, const char *path, rk_weights *weights, rocket_error *err)
{
    return rk_bundle_resume(state, path, weights, NULL, err);
}
