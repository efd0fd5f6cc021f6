/* See run_record.h. Kinds of lines and members that are not known are passed over: a later version may write more. A
 * last line without its end was torn and is passed over too.
 */
#include "run_record.h"

#include <math.h>
#include <string.h>

#include "bundle.h"
#include "checkpoint.h"
#include "error.h"
#include "file.h"
#include "json.h"
#include "mem.h"
#include "number.h"
#include "resolve.h"

enum { MAX_BYTES = 1 << 28 };

double rk_run_record_figure(const rk_record_eval *eval, const char *name)
{
    for (size_t i = 0; i < eval->n; i++)
        if (strcmp(eval->item[i].name, name) == 0)
            return eval->item[i].value;
    return NAN;
}

static double number_of(const rk_json *object, const char *key, double absent)
{
    double value = absent;

    return rk_json_number(rk_json_get(object, key), &value) ? value : absent;
}

static rocket_status take_eval(rk_run_record *record, rk_arena *arena, const rk_json *line, uint64_t step,
                               rocket_error *err)
{
    rk_record_eval *evals = rk_grow(record->evals, &record->eval_capacity, record->n_evals + 1, sizeof *evals);

    RK_FAIL_IF(!evals, FAILED, err, "out of memory");
    record->evals = evals;
    rk_record_eval *eval = &evals[record->n_evals];
    *eval = (rk_record_eval){ .step = step, .item = rk_arena_alloc(arena, rk_json_size(line), sizeof *eval->item) };
    for (size_t i = 0; eval->item && i < rk_json_size(line); i++) {
        const rk_json *member = rk_json_member(line, i);
        rk_json_kind kind = rk_json_kind_of(member);

        if (kind != RK_JSON_NUMBER && kind != RK_JSON_NULL)
            continue;
        eval->item[eval->n].name = rk_arena_strdup(arena, rk_json_key(line, i));
        eval->item[eval->n].value = number_of(line, rk_json_key(line, i), NAN);
        eval->n++;
    }
    RK_FAIL_IF(rk_arena_failed(arena), FAILED, err, "out of memory");
    record->n_evals++;
    return ROCKET_OK;
}

/* *began: seconds of the attempts before this one; a resumed run counts from 0 again. */
static rocket_status take_line(rk_run_record *record, rk_arena *arena, const rk_json *line, double *began,
                               rocket_error *err)
{
    const char *kind = rk_json_string(rk_json_get(line, "kind"));
    double step = number_of(line, "step", -1), seed;

    if (!kind || !(step >= 0 && step < 0x1p53))
        return rk_fail(err, ROCKET_DATA, "expected an object with \"kind\" and \"step\"");
    if (strcmp(kind, "start") == 0) {
        *began = record->seconds;
        seed = number_of(line, "seed", -1);
        if (seed >= 0 && seed < 0x1p53)
            record->seed = (uint64_t)seed;
    }
    record->seconds = *began + number_of(line, "seconds", 0);
    record->steps = (uint64_t)step;
    return strcmp(kind, "eval") == 0 ? take_eval(record, arena, line, (uint64_t)step, err) : ROCKET_OK;
}

rocket_status rk_run_record_parse(rk_run_record *record, rk_arena *arena, const char *name, const char *text, size_t n,
                                  rocket_error *err)
{
    const char *at = text, *end = text + n, *newline;
    double began = 0;

    for (size_t number = 1; at < end && (newline = memchr(at, '\n', (size_t)(end - at))); at = newline + 1, number++) {
        rk_json *line;
        rocket_error inner = { 0 };
        rocket_status status = rk_json_parse(&line, at, (size_t)(newline - at), "", &inner);

        RK_FAIL_IF(status != ROCKET_OK, DATA, err, "%s:%zu: expected an object as training writes it: %s", name, number,
                   inner.text + strspn(inner.text, ":0123456789 "));
        status = take_line(record, arena, line, &began, err);
        rk_json_free(line);
        if (status != ROCKET_OK) {
            rk_error_prefix(err, "%s:%zu", name, number);
            return status;
        }
    }
    return ROCKET_OK;
}

static rocket_status read_lines(rk_run_record *record, rk_arena *arena, rocket_error *err)
{
    const char *path = rk_arena_printf(arena, "%s/metrics.jsonl", record->path);
    rk_buf text;

    RK_FAIL_IF(!path, FAILED, err, "out of memory");
    if (!rk_file_exists(path))
        return ROCKET_OK;
    rk_buf_init(&text, MAX_BYTES);
    rocket_status status = rk_file_read(&text, path, err);
    if (status == ROCKET_OK && text.size > 0)
        status = rk_run_record_parse(record, arena, path, text.data, text.size, err);
    rk_buf_clear(&text);
    return status;
}

static rocket_status read_config(rk_run_record *record, rk_arena *arena, rocket_error *err)
{
    const char *path = rk_arena_printf(arena, "%s/pipeline.config", record->path);

    RK_FAIL_IF(!path, FAILED, err, "out of memory");
    RK_FAIL_IF(!rk_file_exists(path), DATA, err,
               "%s: expected a model_dir with pipeline.config in it, or a file of rows (rocket eval --rows)",
               record->path);
    RK_TRY(rk_config_load(&record->config, path, NULL, 0, NULL, err));
    record->seed = rk_config_view(record->config)->train->seed;
    return rk_config_values_list(&record->values, arena, record->config, err);
}

/* Size of export/<greatest step>/model.safetensors. */
static rocket_status find_model(rk_run_record *record, rk_arena *arena, rocket_error *err)
{
    const char *folder = rk_arena_printf(arena, "%s/export", record->path), *path;
    uint64_t step, best = 0;
    rk_map_file file;
    rk_paths names;

    record->model_bytes = -1;
    RK_FAIL_IF(!folder, FAILED, err, "out of memory");
    if (!rk_file_is_folder(folder))
        return ROCKET_OK;
    RK_TRY(rk_list_dir(&names, arena, folder, err));
    for (size_t i = 0; i < names.n; i++)
        if (rk_parse_u64(names.path[i], strlen(names.path[i]), &step) && step > best)
            best = step;
    path = rk_arena_printf(arena, "%s/%llu/model.safetensors", folder, (unsigned long long)best);
    RK_FAIL_IF(!path, FAILED, err, "out of memory");
    if (!rk_file_exists(path))
        return ROCKET_OK;
    RK_TRY(rk_file_map(&file, path, err));
    record->model_bytes = (int64_t)file.size;
    rk_file_unmap(&file);
    return ROCKET_OK;
}

static rocket_status read_checkpoint(rk_run_record *record, rk_arena *arena, rocket_error *err)
{
    static const char *const logits[RK_N_NETS] = { [RK_LIGHT] = "logits_light", [RK_BOOSTER] = "logits_booster" };
    rk_bundle *bundle;

    RK_TRY(rk_checkpoint_latest(&record->checkpoint, arena, record->path, err));
    if (!record->checkpoint)
        return ROCKET_OK;
    RK_TRY(rk_bundle_open(&bundle, record->checkpoint, NULL, 0, err));
    for (int net = 0; net < RK_N_NETS; net++) {
        int output = rk_graph_find_output(bundle->graph, logits[net]);

        if (output >= 0)
            record->cost[net] = rk_graph_cost(bundle->graph, output);
    }
    rk_bundle_close(bundle);
    return ROCKET_OK;
}

static void find_nets(rk_run_record *record)
{
    const Rocket__RocketLaunching *launching = rk_config_view(record->config)->launching;
    Rocket__RocketLaunching__Arm arm = rk_launch_of(launching, 1).arm;

    record->nets[RK_LIGHT] = rk_arm_has_light(arm);
    record->nets[RK_BOOSTER] = rk_arm_has_booster(arm);
}

static rocket_status read_folder(rk_run_record *record, rk_arena *arena, rocket_error *err)
{
    RK_TRY(read_config(record, arena, err));
    find_nets(record);
    RK_TRY(read_lines(record, arena, err));
    RK_TRY(find_model(record, arena, err));
    return read_checkpoint(record, arena, err);
}

rocket_status rk_run_record_read(rk_run_record *out, rk_arena *arena, const char *path, rocket_error *err)
{
    rk_run_record record = { .path = path, .model_bytes = -1 };

    RK_FAIL_IF(!rk_file_exists(path), DATA, err, "%s: no such run: expected a model_dir or a file of rows", path);
    record.is_file = !rk_file_is_folder(path);
    rocket_status status = record.is_file ? ROCKET_OK : read_folder(&record, arena, err);
    if (status == ROCKET_OK)
        *out = record;
    else
        rk_run_record_clear(&record);
    return status;
}

void rk_run_record_clear(rk_run_record *record)
{
    rk_config_values_clear(&record->values);
    rk_config_free(record->config);
    rk_free(record->evals);
    *record = (rk_run_record){ 0 };
}
