/* Any text as a file of libsvm or libffm, with columns of every type: parsing must not crash or leave its memory, rows
 * and faults come in any order, and what a line becomes does not depend on the lines before it. The first byte chooses
 * the reader.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char config_text[] =
    "data_config { input_type: %s label_fields: 'y' sample_weight: '4' input_fields { input_name: 'y' input_type: "
    "INT32 } "
    "input_fields { input_name: '1' input_type: STRING } input_fields { input_name: '2' input_type: INT64 } "
    "input_fields { input_name: '3' input_type: FLOAT } input_fields { input_name: '4' input_type: DOUBLE } "
    "input_fields { input_name: '18446744073709551615' input_type: STRING default_val: '1:1' } "
    "input_fields { input_name: 'all' input_type: STRING } input_fields { input_name: 'qid' input_type: STRING } } "
    "feature_config { features { input_names: '1' feature_type: TagFeature embedding_dim: 4 num_buckets: 9 "
    "separator: ' ' kv_separator: ':' } features { input_names: '2' embedding_dim: 4 num_buckets: 9 } "
    "features { input_names: '3' feature_type: RawFeature } "
    "features { input_names: '18446744073709551615' embedding_dim: 4 hash_bucket_size: 10 } "
    "features { input_names: 'all' feature_type: TagFeature embedding_dim: 4 hash_bucket_size: 9 separator: ' \\t' "
    "kv_separator: ':' } features { input_names: 'qid' feature_type: PassThroughFeature } } "
    "model_config { feature_groups { group_name: 'all' feature_names: ['1','2','3','18446744073709551615','all','qid'] "
    "} "
    "rocket_launching { } }";

typedef struct world {
    rk_config *config;
    rk_schema *schema;
    rk_block *block;
    rk_block_rules rules;
    rk_arena arena;
} world;

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void set_up(world *w, const char *name)
{
    static char text[sizeof config_text + 20];
    size_t n = (size_t)snprintf(text, sizeof text, config_text, name);
    rk_config_source source = { .name = "fuzz.config", .text = text, .n = n };
    rk_schema_options options = { .labels = true };

    require(rk_config_parse(&w->config, &source, NULL, NULL) == ROCKET_OK);
    require(rk_schema_new(&w->schema, w->config, &options, NULL) == ROCKET_OK);
    w->rules.reader = rk_reader_find((int)rk_config_view(w->config)->data->input_type);
    w->rules.schema = w->schema;
    w->rules.ignore_error = true;
    require((w->block = rk_block_new(w->schema, w->rules.reader)) != NULL);
    rk_arena_init(&w->arena, 0);
    require(w->rules.reader->layout(&w->rules.layout, &w->arena, w->config, NULL, NULL) == ROCKET_OK);
}

static int64_t parse(world *w, const char *text, size_t n)
{
    rk_block *block = w->block;

    require(rk_block_reserve(block, n));
    if (n > 0)
        memcpy(block->text, text, n);
    block->n_text = n;
    rk_error_clear(&block->error);
    rk_block_parse(block, &w->rules);
    require(block->error.status == ROCKET_OK);
    require(block->n_records == (uint64_t)block->rows->n_rows + block->n_dropped);
    return block->rows->n_rows;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static world worlds[2];
    static const char *const names[2] = { "LibsvmInput", "LibffmInput" };
    const char *text = (const char *)data + 1;
    int64_t rows = 0;

    if (size == 0)
        return 0;
    for (int i = 0; i < 2 && !worlds[i].schema; i++)
        set_up(&worlds[i], names[i]);
    world *w = &worlds[data[0] & 1];
    for (size_t at = 0; at < size - 1;) {
        size_t n = w->rules.reader->next(text + at, size - 1 - at);

        rows += parse(w, text + at, n);
        at += n;
    }
    require(parse(w, text, size - 1) == rows);
    return 0;
}
