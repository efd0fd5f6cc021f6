/* rocket check: every fault of a config at once, and of the vocabularies that it names. */
#include <stdio.h>

#include "common.h"
#include "error.h"
#include "log.h"
#include "stop.h"
#include "stream.h"

/* The words that a feature looks up in a file, read and forgotten. */
static rocket_status check_vocabulary(const Rocket__FeatureConfig *feature, rocket_error *err)
{
    rk_vocabulary item;
    const rk_vocabulary *found;
    rk_arena arena;

    if (feature->hash_bucket_size > 0 || feature->n_vocab_list > 0 || !feature->vocab_file || !feature->vocab_file[0])
        return ROCKET_OK;
    rk_arena_init(&arena, 0);
    rk_vocabularies none = { .item = &item, .from_files = true, .arena = &arena };
    rocket_status status = rk_vocabulary_get(&found, &none, feature->vocab_file, err);
    rk_arena_clear(&arena);
    return status;
}

/* Files that the config names are part of it: all that cannot be used are told. */
static rocket_status check_vocabularies(const rk_config *config, rocket_error *err)
{
    const rk_resolved *view = rk_config_view(config);
    size_t n_bad = 0;

    for (size_t i = 0; i < view->n_features; i++) {
        const Rocket__FeatureConfig *feature = view->features[i].config;
        rocket_error own = { 0 };

        if (check_vocabulary(feature, &own) == ROCKET_OK)
            continue;
        rk_log(RK_LOG_ERROR, "%s: feature \"%s\": %s", rk_config_where(config, &feature->base, "vocab_file", 0),
               view->features[i].key, own.text);
        n_bad++;
    }
    RK_FAIL_IF(n_bad > 0, DATA, err, "%s: %zu vocabular%s that cannot be used", rk_config_name(config), n_bad,
               n_bad == 1 ? "y" : "ies");
    return ROCKET_OK;
}

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
    rocket_status status;

    RK_TRY(rk_cli_config(&config, args, err));
    status = check_vocabularies(config, err);
    if (status == ROCKET_OK && rk_args_has(args, "data"))
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
