/* rocket pack: the table of a config parsed once, for reading it many times. */
#include <stdio.h>

#include "common.h"
#include "error.h"
#include "log.h"
#include "packed_file.h"

/* Files that training would read in turn are one file now. A shard of rows is read file after file anyway. */
static void warn_of_order(const rk_config *config, const rk_pack_options *options, const rk_pack_stats *stats)
{
    const Rocket__DatasetConfig *data = rk_config_view(config)->data;

    if (data->shuffle && stats->n_files > 1 && (options->shard.n == 0 || data->file_shard))
        rk_log(
            RK_LOG_WARN,
            "%zu files become one: data_config.shuffle would have changed their order and taken them in turn, and now "
            "mixes their rows by shuffle_buffer_size alone, so that training differs from that on the files",
            stats->n_files);
}

static rocket_status pack(const rk_args *args, const rk_config *config, const char *out, rocket_error *err)
{
    const char *paths = rk_args_get(args, "data");
    rk_schema_options columns = { .labels = true };
    rk_pack_stats stats = { 0 };
    uint64_t level, threads;
    rk_schema *schema;

    if (paths == NULL)
        paths = rk_config_root(config)->train_input_path;
    RK_FAIL_IF(paths == NULL || paths[0] == '\0', CONFIG, err, "%s: no train_input_path; give --data FILES",
               rk_config_name(config));
    RK_TRY(rk_cli_spare_listed(out, paths, err));
    RK_TRY(rk_args_number(&level, args, "level", (rk_number_rule){ 0, 0, 19 }, err));
    RK_TRY(rk_args_number(&threads, args, "threads", (rk_number_rule){ (uint64_t)rk_cpu_count(), 1, RK_MAX_THREADS },
                          err));
    rk_pack_options options = { paths, (int)threads, (int)level, { 0 } };
    RK_TRY(rk_cli_shard(&options.shard, args, err));
    RK_TRY(rk_schema_new(&schema, config, &columns, err));
    rocket_status status = rk_pack_write(out, config, schema, &options, &stats, err);
    rk_schema_free(schema);
    RK_TRY(status);
    if (stats.dropped_rows > 0)
        rk_log(RK_LOG_WARN, "%llu bad rows were dropped (ignore_error)", (unsigned long long)stats.dropped_rows);
    warn_of_order(config, &options, &stats);
    rk_log(RK_LOG_INFO, "%s -> %s: %llu rows, %.1f MB of text, %.1f MB packed", paths, out,
           (unsigned long long)stats.rows, (double)stats.text_bytes * 1e-6, (double)stats.packed_bytes * 1e-6);
    return ROCKET_OK;
}

static rocket_status run(const rk_args *args, rocket_error *err)
{
    const char *out = rk_args_get(args, "output");
    rk_config *config;

    RK_FAIL_IF(out == NULL, USAGE, err, "no output: give -o FILE");
    RK_TRY(rk_cli_config(&config, args, err));
    rocket_status status = pack(args, config, out, err);
    rk_config_free(config);
    return status;
}

static const rk_option options[] = {
    { "config", 'c', "FILE", "pipeline config" },
    { "output", 'o', "FILE", "packed file to write; give it as train_input_path or eval_input_path" },
    { "data", 0, "FILES", "input files (default: train_input_path)" },
    { "level", 0, "N", "compression, 0 to 19: smaller and slower to read (default 0, none)" },
    { 0 },
};

const rk_verb rk_verb_pack = {
    .name = "pack",
    .usage = "-c pipeline.config -o train.rkpack",
    .summary = "parse a table once, for reading it at several times the speed",
    .options = options,
    .takes = RK_TAKES_SET | RK_TAKES_THREADS | RK_TAKES_SHARD,
    .max_words = 1,
    .run = run,
};
