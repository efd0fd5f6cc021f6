/* Any bytes as the tf.Examples of a TFRecord file whose frames are right (fuzz_readers.c has those that are not):
 * reading must not crash or leave its memory, and a row is the same whether its record stands alone or behind others.
 * The first byte says where the bytes are cut into two records.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "error.h"
#include "tf_records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char config_text[] =
    "data_config { input_type: TFRecordInput label_fields: 'y' sample_weight: 'd' "
    "input_fields { input_name: 'y' input_type: INT32 } input_fields { input_name: 'l' input_type: INT64 } "
    "input_fields { input_name: 's' input_type: STRING default_val: 'v' } "
    "input_fields { input_name: 'f' input_type: FLOAT } input_fields { input_name: 'd' input_type: DOUBLE } "
    "input_fields { input_name: 'b' input_type: BOOL } input_fields { input_name: 't' input_type: STRING } } "
    "feature_config { features { input_names: 'l' embedding_dim: 4 hash_bucket_size: 100 } "
    "features { input_names: 's' embedding_dim: 4 hash_bucket_size: 100 } "
    "features { input_names: 'f' feature_type: RawFeature } features { input_names: 'b' feature_type: "
    "PassThroughFeature } features { input_names: 't' feature_type: TagFeature embedding_dim: 4 hash_bucket_size: 50 } "
    "features { feature_name: 'clash' input_names: 's' feature_type: TagFeature embedding_dim: 4 separator: ',' "
    "hash_bucket_size: 50 } } "
    "model_config { num_class: 2 feature_groups { group_name: 'all' feature_names: ['l','s','f','b','t','clash'] } "
    "rocket_launching { } }";

static rk_config *config;
static rk_schema *schema;
static rk_block *block;
static rk_block_rules rules;
static rk_arena arena;

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void set_up(void)
{
    rk_config_source source = { .name = "fuzz.config", .text = config_text, .n = sizeof config_text - 1 };
    rk_schema_options options = { .labels = true };

    require(rk_config_parse(&config, &source, NULL, NULL) == ROCKET_OK);
    require(rk_schema_new(&schema, config, &options, NULL) == ROCKET_OK);
    rules.reader = rk_reader_find(ROCKET__DATASET_CONFIG__INPUT_TYPE__TFRecordInput);
    rules.schema = schema;
    require((block = rk_block_new(schema, rules.reader)) != NULL);
    rk_arena_init(&arena, 0);
    require(rules.reader->layout(&rules.layout, &arena, config, NULL, NULL) == ROCKET_OK);
}

static int64_t parse(const rk_buf *file, bool ignore_error)
{
    require(rk_block_reserve(block, file->size));
    memcpy(block->text, file->data, file->size);
    block->n_text = file->size;
    rk_error_clear(&block->error);
    rules.ignore_error = ignore_error;
    rk_block_parse(block, &rules);
    require(ignore_error ? block->error.status == ROCKET_OK : true);
    return block->rows->n_rows;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data + 1;
    rk_buf both, alone;

    if (size == 0)
        return 0;
    if (!schema)
        set_up();
    size_t n = size - 1, first = n * data[0] / 255;
    rk_buf_init(&both, 0);
    rk_buf_init(&alone, 0);
    put_frame(&both, bytes, first);
    put_frame(&both, bytes + first, n - first);
    put_frame(&alone, bytes + first, n - first);
    int64_t rows = parse(&both, true), last = parse(&alone, true);
    require(rows - last == 0 || rows - last == 1);
    require(parse(&alone, false) == last);
    require((block->error.status == ROCKET_OK) == (last == 1));
    rk_buf_clear(&both);
    rk_buf_clear(&alone);
    return 0;
}
