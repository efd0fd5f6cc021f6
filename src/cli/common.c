/* See common.h. */
#include "common.h"

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "input_files.h"
#include "log.h"

static void report(const rk_faults *faults)
{
    for (size_t i = 0; i < faults->n; i++) {
        const rk_fault *fault = &faults->items[i];
        bool note = fault->severity == RK_FAULT_NOTE;
        rk_log(note ? RK_LOG_INFO : RK_LOG_ERROR, "%s: %s%s", fault->where, note ? "note: " : "", fault->sentence);
    }
}

rocket_status rk_cli_config_at(rk_config **out, const rk_args *args, const char *path, rocket_error *err)
{
    rk_faults faults;
    rk_config *config = NULL;
    size_t n_sets;
    const char *const *sets = rk_args_all(args, "set", &n_sets);
    rocket_error first = { 0 };

    rk_faults_init(&faults);
    rocket_status status = rk_config_load(&config, path, sets, n_sets, &faults, &first);
    if (status == ROCKET_OK)
        status = rk_run_check(config, &faults, &first);
    report(&faults);
    bool told = faults.n_errors > 0;
    size_t n_errors = faults.n_errors;
    rk_faults_clear(&faults);
    if (status == ROCKET_OK) {
        *out = config;
        return ROCKET_OK;
    }
    rk_config_free(config);
    if (!told)
        return rk_fail(err, status, "%s", first.text);
    return rk_fail(err, status, "%s: %zu error%s", path, n_errors, n_errors == 1 ? "" : "s");
}

rocket_status rk_cli_config(rk_config **out, const rk_args *args, rocket_error *err)
{
    const char *path = rk_args_get(args, "config");

    RK_FAIL_IF(path != NULL && rk_args_n_words(args) > 0, USAGE, err, "expected one config, found -c %s and \"%s\"",
               path, rk_args_word(args, 0));
    if (path == NULL)
        path = rk_args_word(args, 0);
    RK_FAIL_IF(path == NULL, USAGE, err, "no config: give -c FILE");
    return rk_cli_config_at(out, args, path, err);
}

rocket_status rk_cli_spare(const char *output, const char *input, rocket_error *err)
{
    RK_FAIL_IF(output != NULL && input != NULL && rk_file_is_same(output, input), USAGE, err,
               "%s: expected another output, this file is an input", output);
    return ROCKET_OK;
}

rocket_status rk_cli_spare_listed(const char *output, const char *paths, rocket_error *err)
{
    rk_arena arena;
    rk_paths files = { NULL, 0 };

    if (output == NULL || paths == NULL)
        return ROCKET_OK;
    rk_arena_init(&arena, 0);
    rocket_status status = rk_input_files(&files, &arena, paths, err);
    for (size_t i = 0; i < files.n && status == ROCKET_OK; i++)
        status = rk_cli_spare(output, files.path[i], err);
    rk_arena_clear(&arena);
    return status;
}

rocket_status rk_cli_shard(rk_shard *out, const rk_args *args, rocket_error *err)
{
    const char *text = rk_args_get(args, "shard");

    *out = (rk_shard){ 0 };
    rocket_status status = text ? rk_shard_parse(out, text, err) : ROCKET_OK;
    if (status != ROCKET_OK)
        rk_error_prefix(err, "--shard");
    return status;
}

rocket_status rk_cli_run_options(rk_run_options *out, const rk_args *args, rocket_error *err)
{
    uint64_t threads, seed;

    RK_TRY(rk_args_number(&threads, args, "threads", (rk_number_rule){ 0, 1, RK_MAX_THREADS }, err));
    RK_TRY(rk_args_number(&seed, args, "seed", (rk_number_rule){ 0, 0, UINT64_MAX }, err));
    *out = (rk_run_options){ .n_threads = (int)threads, .seed_given = rk_args_has(args, "seed"), .seed = seed };
    return rk_cli_shard(&out->shard, args, err);
}

rocket_status rk_cli_print_buf(rk_buf *text, rocket_error *err)
{
    bool failed = rk_buf_failed(text) || fwrite(text->data, 1, text->size, stdout) != text->size;

    rk_buf_clear(text);
    RK_FAIL_IF(failed, FAILED, err, "writing to standard output failed");
    return ROCKET_OK;
}

void rk_cli_print_figures(const rk_args *args, const rk_figures *figures)
{
    rk_buf line;

    rk_buf_init(&line, 0);
    for (size_t i = 0; i < figures->n; i++) {
        const rk_figure *figure = &figures->item[i];
        rk_buf_reset(&line);
        if (rk_args_has(args, "json")) {
            rk_buf_puts(&line, i == 0 ? "{" : ", ");
            rk_buf_json_string(&line, figure->name, strlen(figure->name));
            rk_buf_puts(&line, ": ");
            rk_buf_json_number(&line, figure->value);
        } else {
            rk_buf_printf(&line, "%-40s %.6g\n", figure->name, figure->value);
        }
        fwrite(line.data, 1, line.size, stdout);
    }
    if (rk_args_has(args, "json"))
        fputs("}\n", stdout);
    rk_buf_clear(&line);
}
