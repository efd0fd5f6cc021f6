/* rocket hash: what the features make of raw values: ids, weights and numbers, as an exported ONNX model takes them.
 * The code is that of training, so there is no skew.
 *
 * Rows go out in batches, one JSON object a line with a member for each input of the model (onnx_rows.h), or as CSV
 * with a line a row. With --buckets it is TensorFlow's string_to_hash_bucket_fast of the words of the command line.
 */
#include <stdio.h>
#include <string.h>

#include "bundle.h"
#include "common.h"
#include "error.h"
#include "hash.h"
#include "log.h"
#include "number.h"
#include "onnx_rows.h"
#include "pool.h"
#include "stop.h"
#include "stream.h"
#include "text_output.h"

typedef struct hashing {
    const rk_args *args;
    rk_bundle *bundle; /* of -m, or */
    rk_config *own;    /* of -c */
    const rk_config *config;
    rk_schema *schema;
    rk_stream *stream;
    rk_text_output out;
    uint64_t rows;
} hashing;

/* ---- words */

static rocket_status hash_words(const rk_args *args, rocket_error *err)
{
    uint64_t n_buckets;
    rk_buf out;

    RK_TRY(rk_args_number(&n_buckets, args, "buckets", (rk_number_rule){ 0, 1, INT64_MAX }, err));
    RK_FAIL_IF(rk_args_n_words(args) == 0, USAGE, err, "--buckets: expected values to hash, found none");
    RK_FAIL_IF(rk_args_has(args, "model") || rk_args_has(args, "config"), USAGE, err,
               "expected --buckets, -m or -c, found several");
    rk_buf_init(&out, 0);
    for (size_t i = 0; i < rk_args_n_words(args); i++) {
        const char *word = rk_args_word(args, i);

        rk_buf_printf(&out, "%llu\n", (unsigned long long)(rk_fingerprint64(word, strlen(word)) % n_buckets));
    }
    return rk_cli_print_buf(&out, err);
}

/* ---- rows */

/* A number within a list, or alone. */
static void put_item(rk_buf *out, bool first, double value)
{
    char digits[RK_NUMBER_BYTES];

    rk_buf_puts(out, first ? "" : " ");
    rk_buf_append(out, digits, rk_format_float(digits, (float)value));
}

static void put_floats(rk_buf *out, const rk_column *column, int64_t row)
{
    for (int64_t i = 0; i < column->width; i++)
        put_item(out, i == 0, (double)column->values[row * column->width + i]);
}

static void put_ids(rk_buf *out, const rk_column *column, int64_t row, bool list)
{
    int64_t n = list ? column->offsets[row + 1] - column->offsets[row] : 1;

    for (int64_t i = 0; i < n; i++)
        rk_buf_printf(out, "%s%lld", i == 0 ? "" : " ", (long long)rk_onnx_item_at(column, row, i).id);
    rk_buf_puts(out, list ? "," : "");
    for (int64_t i = 0; list && i < n; i++)
        put_item(out, i == 0, (double)rk_onnx_item_at(column, row, i).weight);
}

static void put_csv(hashing *h, const rk_batch *batch)
{
    for (int64_t row = 0; row < batch->n_rows; row++)
        for (size_t i = 0, n = rk_schema_n_features(h->schema); i < n; i++) {
            const rk_feature *feature = rk_schema_feature(h->schema, i);

            if (feature->kind == RK_COLUMN_FLOATS)
                put_floats(&h->out.text, &batch->columns[i], row);
            else
                put_ids(&h->out.text, &batch->columns[i], row, rk_onnx_is_list(feature));
            rk_buf_puts(&h->out.text, i + 1 < n ? "," : "\n");
        }
}

static void put_csv_header(hashing *h)
{
    for (size_t i = 0; i < rk_schema_n_features(h->schema); i++) {
        const rk_feature *feature = rk_schema_feature(h->schema, i);

        rk_buf_printf(&h->out.text, "%s%s", i == 0 ? "" : ",", feature->name);
        if (rk_onnx_is_list(feature))
            rk_buf_printf(&h->out.text, ",%s" RK_ONNX_WEIGHTS, feature->name);
    }
    rk_buf_puts(&h->out.text, "\n");
}

static void put_json(hashing *h, const rk_batch *batch)
{
    for (size_t i = 0, n = rk_schema_n_features(h->schema); i < n; i++) {
        rk_buf_puts(&h->out.text, i == 0 ? "{" : ", ");
        rk_onnx_put_rows(&h->out.text, rk_schema_feature(h->schema, i), &batch->columns[i], batch->n_rows);
    }
    rk_buf_puts(&h->out.text, "}\n");
}

static rocket_status hash_batches(hashing *h, rocket_error *err)
{
    bool csv = rk_args_has(h->args, "csv");
    rk_batch *batch;

    if (csv)
        put_csv_header(h);
    for (;;) {
        RK_TRY(rk_stream_next(h->stream, &batch, err));
        if (batch == NULL)
            return rk_text_output_flush(&h->out, err);
        (csv ? put_csv : put_json)(h, batch);
        h->rows += (uint64_t)batch->n_rows;
        rk_stream_give_back(h->stream, batch);
        RK_TRY(rk_text_output_flush(&h->out, err));
        RK_FAIL_IF(rk_stop_requested(), STOPPED, err, "stopped by signal %d%s", rk_stop_signal(),
                   h->out.file != NULL ? "; nothing was written" : "");
    }
}

/* ---- opening */

static rocket_status open_rule(hashing *h, rocket_error *err)
{
    const char *model = rk_args_get(h->args, "model");
    rk_schema_options columns = { 0 };

    RK_FAIL_IF((model != NULL) == rk_args_has(h->args, "config"), USAGE, err,
               "give one of -m MODEL, -c CONFIG and --buckets N");
    if (model != NULL) {
        RK_TRY(rk_bundle_open(&h->bundle, model, rk_light_outputs, RK_N_LIGHT_OUTPUTS, err));
        columns.given = &h->bundle->vocabularies;
        h->config = h->bundle->config;
    } else {
        RK_TRY(rk_cli_config(&h->own, h->args, err));
        h->config = h->own;
    }
    return rk_schema_new(&h->schema, h->config, &columns, err);
}

static rocket_status open_rows(hashing *h, rocket_error *err)
{
    rk_stream_options options = { .paths = rk_args_get(h->args, "input") };
    uint64_t threads;

    if (options.paths == NULL)
        options.paths = "-";
    RK_TRY(rk_args_number(&threads, h->args, "threads", (rk_number_rule){ (uint64_t)rk_cpu_count(), 1, RK_MAX_THREADS },
                          err));
    options.n_threads = (int)threads;
    RK_TRY(rk_args_number(&options.batch_size, h->args, "batch-size", (rk_number_rule){ 1024, 1, 1 << 20 }, err));
    RK_TRY(rk_cli_shard(&options.shard, h->args, err));
    RK_TRY(rk_stream_open(&h->stream, h->config, h->schema, &options, err));
    return rk_text_output_open(&h->out, rk_args_get(h->args, "output"), err);
}

static rocket_status hash_rows(hashing *h, rocket_error *err)
{
    RK_FAIL_IF(rk_args_n_words(h->args) > 0, USAGE, err,
               "unexpected argument \"%s\"; values are hashed with --buckets N", rk_args_word(h->args, 0));
    RK_TRY(rk_cli_spare_listed(rk_args_get(h->args, "output"), rk_args_get(h->args, "input"), err));
    RK_TRY(rk_cli_spare(rk_args_get(h->args, "output"), rk_args_get(h->args, "model"), err));
    RK_TRY(open_rule(h, err));
    RK_TRY(open_rows(h, err));
    RK_TRY(hash_batches(h, err));
    RK_TRY(rk_text_output_commit(&h->out, err));
    rk_log(RK_LOG_INFO, "%llu rows", (unsigned long long)h->rows);
    return ROCKET_OK;
}

static rocket_status run(const rk_args *args, rocket_error *err)
{
    hashing h = { .args = args };

    if (rk_args_has(args, "buckets"))
        return hash_words(args, err);
    rk_text_output_init(&h.out);
    rocket_status status = hash_rows(&h, err);
    rk_text_output_clear(&h.out);
    rk_stream_close(h.stream);
    rk_schema_free(h.schema);
    rk_bundle_close(h.bundle);
    rk_config_free(h.own);
    return status;
}

static const rk_option options[] = {
    { "model", 'm', "FILE", "model file (export) or checkpoint whose features make the ids" },
    { "config", 'c', "FILE", "pipeline config, instead of a model" },
    { "input", 'i', "PATHS", "rows in the layout of data_config; globs, lists, - for standard input (the default)" },
    { "output", 'o', "FILE", "file to write; - for standard output (the default)" },
    { "batch-size", 0, "N", "rows in a line of JSON (default 1024)" },
    { "csv", 0, NULL, "a line for each row instead of JSON, lists with blanks between" },
    { "buckets", 0, "N", "hash the VALUEs to 0 ... N-1, as TensorFlow's string_to_hash_bucket_fast" },
    { 0 },
};

const rk_verb rk_verb_hash = {
    .name = "hash",
    .usage = "-m model.safetensors -i rows.csv | --buckets N VALUE...",
    .summary = "the ids that features make of raw values",
    .options = options,
    .takes = RK_TAKES_SET | RK_TAKES_THREADS | RK_TAKES_SHARD,
    .max_words = -1,
    .run = run,
};
