/* rocket check: every fault of a config at once. */
#include <stdio.h>

#include "common.h"
#include "error.h"
#include "stop.h"
#include "stream.h"

/* Read every row of a file list through the schema: the first bad row is reported. */
static rocket_status check_rows(const rk_config *config, const rk_schema *schema, const char *paths, rocket_error *err)
{
    rk_stream_options options = { .paths = paths, .n_threads = rk_cpu_count() };
    rk_stream *stream;
    rk_batch *batch;

    if (paths == NULL || paths[0] == '\0')
        return ROCKET_OK;
    RK_TRY(rk_stream_open(&stream, config, schema, &options, err));
    rocket_status status = rk_stream_next(stream, &batch, err);
    while (status == ROCKET_OK && batch != NULL) {
        rk_stream_give_back(stream, batch);
        status = rk_stop_requested() ? rk_fail(err, ROCKET_STOPPED, "stopped by signal %d", rk_stop_signal())
                                     : rk_stream_next(stream, &batch, err);
    }
    rk_stream_stats stats = rk_stream_get_stats(stream);
    if (status == ROCKET_OK)
        printf("%s: %llu rows ok, %llu bad rows\n", paths, (unsigned long long)stats.rows,
               (unsigned long long)stats.dropped_rows);
    rk_stream_close(stream);
    return status;
}

static rocket_status check_data(const rk_config *config, rocket_error *err)
{
    rk_schema_options columns = { .labels = true };
    rk_schema *schema;

    RK_TRY(rk_schema_new(&schema, config, &columns, err));
    rocket_status status = check_rows(config, schema, rk_config_root(config)->train_input_path, err);
    if (status == ROCKET_OK)
        status = check_rows(config, schema, rk_config_root(config)->eval_input_path, err);
    rk_schema_free(schema);
    return status;
}

static rocket_status run(const rk_args *args, rocket_error *err)
{
    rk_config *config;
    rocket_status status = ROCKET_OK;

    RK_TRY(rk_cli_config(&config, args, err));
    if (rk_args_has(args, "data"))
        status = check_data(config, err);
    if (status == ROCKET_OK)
        printf("%s: ok\n", rk_config_name(config));
    rk_config_free(config);
    return status;
}

static const rk_option options[] = {
    { "config", 'c', "FILE", "pipeline config" },
    { "data", 0, NULL, "read the training and evaluation files too" },
    { 0 },
};

const rk_verb rk_verb_check = {
    .name = "check",
    .usage = "CONFIG [--data]",
    .summary = "every fault of a config at once, with its line",
    .options = options,
    .takes = RK_TAKES_SET,
    .max_words = 1,
    .run = run,
};
