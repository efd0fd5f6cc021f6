/* Any bytes as an input file of every reader, with every feature type and every type of column: parsing must not crash,
 * and what comes out must be a batch (ids within their tables, offsets that rise, one entry per row), the same when the
 * file is cut into two blocks, and the same again when its rows are packed and unpacked. The first byte chooses header
 * or none, whether bad rows are dropped, and the reader.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "error.h"
#include "mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char config_text[] =
    "data_config { input_type: %s selected_cols: '1,2' label_fields: 'y' sample_weight: 'd' "
    "input_fields { input_name: 'y' input_type: INT32 } input_fields { input_name: 'l' input_type: INT64 } "
    "input_fields { input_name: 's' input_type: STRING default_val: 'v:1' } "
    "input_fields { input_name: 'f' input_type: FLOAT default_val: '1.5' } "
    "input_fields { input_name: 'd' input_type: DOUBLE } input_fields { input_name: 'b' input_type: BOOL } "
    "input_fields { input_name: 't' input_type: STRING } } "
    "feature_config { "
    "features { feature_name: '0' input_names: 's' embedding_dim: 4 hash_bucket_size: 1000 } "
    "features { feature_name: '1' input_names: 'f' embedding_dim: 4 hash_bucket_size: 1000 precision: 5 } "
    "features { feature_name: '2' input_names: 'l' embedding_dim: 4 num_buckets: 100 } "
    "features { feature_name: '3' input_names: 's' embedding_dim: 4 vocab_list: ['u', 'v', '1'] } "
    "features { feature_name: '4' input_names: 't' feature_type: TagFeature embedding_dim: 4 hash_bucket_size: 50 } "
    "features { feature_name: '5' input_names: 's' feature_type: TagFeature embedding_dim: 4 vocab_list: ['1', '2'] "
    "           separator: '|;' kv_separator: ':' combiner: 'mean' } "
    "features { feature_name: '6' input_names: 't' input_names: 't' feature_type: TagFeature embedding_dim: 4 "
    "           hash_bucket_size: 9 separator: '|' combiner: 'sqrtn' } "
    "features { feature_name: '7' input_names: 'd' feature_type: RawFeature } "
    "features { feature_name: '8' input_names: 'f' feature_type: RawFeature embedding_dim: 4 boundaries: [0, 1, 2] } "
    "features { feature_name: '9' input_names: 't' feature_type: RawFeature raw_input_dim: 3 embedding_dim: 4 "
    "           min_val: 0 max_val: 9 combiner: 'mean' } "
    "features { feature_name: 'A' input_names: 't' feature_type: RawFeature raw_input_dim: 2 separator: '|' "
    "           seq_multi_sep: ';' combiner: 'max' } "
    "features { feature_name: 'B' input_names: ['s', 'l', 't'] feature_type: ComboFeature embedding_dim: 4 "
    "           hash_bucket_size: 77 combo_input_seps: ['', '', '|'] } "
    "features { feature_name: 'C' input_names: ['t', 'f', 'b'] feature_type: ComboFeature embedding_dim: 4 "
    "           hash_bucket_size: 77 combo_input_seps: '|' combo_join_sep: '__' precision: 3 } "
    "features { feature_name: 'D' input_names: 't' feature_type: PassThroughFeature } "
    "features { feature_name: 'E' input_names: ['l', 't'] feature_type: LookupFeature embedding_dim: 4 "
    "           hash_bucket_size: 50 kv_separator: ':' lookup_max_sel_elem_num: 2 combiner: 'mean' } "
    "features { feature_name: 'F' input_names: ['f', 'd', 'l'] feature_type: ExprFeature "
    "           expression: '(f / d > tf.log(l)) | (l == 1)' } "
    "features { feature_name: 'G' input_names: 'd' feature_type: RawFeature normalizer_fn: 'tf.log1p' } } "
    "eval_config { metrics_set { gauc { uid_field: 's' } } } "
    "model_config { num_class: 2 feature_groups { group_name: 'all' "
    "feature_names: ['0','1','2','3','4','5','6','7','8','9','A','B','C','D','E','F','G'] } rocket_launching { } }";

enum { MAX_READERS = 64 };

/* What it takes to read with one of rk_readers. */
typedef struct world {
    rk_config *config;
    rk_schema *schema;
    rk_block *blocks[3]; /* the whole file, and its two parts */
} world;

static world worlds[MAX_READERS];
static size_t n_worlds;

/* abort() is what libFuzzer counts as a finding. */
static void require(bool condition)
{
    if (!condition)
        abort();
}

static void set_up(world *w, const rk_reader_def *reader)
{
    static char text[sizeof config_text + 100];
    size_t n = (size_t)snprintf(text, sizeof text, config_text, reader->name);
    rk_config_source source = { .name = "fuzz.config", .text = text, .n = n };
    rk_schema_options options = { .labels = true };

    require(rk_config_parse(&w->config, &source, NULL, NULL) == ROCKET_OK);
    require(rk_schema_new(&w->schema, w->config, &options, NULL) == ROCKET_OK);
    for (int i = 0; i < 3; i++)
        require((w->blocks[i] = rk_block_new(w->schema, reader)) != NULL);
}

static void parse(rk_block *block, const rk_block_rules *rules, const char *text, size_t n, bool first)
{
    require(rk_block_reserve(block, n));
    if (n > 0)
        memcpy(block->text, text, n);
    block->n_text = n;
    block->first = first;
    rk_error_clear(&block->error);
    rk_block_parse(block, rules);
}

static void check_column(const rk_column *column, int64_t n_rows, const rk_feature *feature)
{
    if (column->kind == RK_COLUMN_FLOATS)
        return;
    require(column->offsets[0] == 0);
    for (int64_t i = 0; i < n_rows; i++)
        require(column->offsets[i] <= column->offsets[i + 1]);
    for (int64_t i = 0; feature && column->kind == RK_COLUMN_IDS && i < column->offsets[n_rows]; i++) {
        require(column->ids[i] >= 0 && column->ids[i] < feature->n_buckets);
        require(feature->combiner == RK_COMBINER_SUM || !column->weights || column->weights[i] > 0);
    }
}

static bool same_bytes(const void *a, const void *b, size_t n)
{
    return n == 0 || memcmp(a, b, n) == 0;
}

static void check_same(const rk_batch *a, const rk_batch *b)
{
    require(a->n_rows == b->n_rows);
    for (size_t i = 0; i < a->n_columns; i++) {
        const rk_column *x = &a->columns[i], *y = &b->columns[i];

        if (x->kind == RK_COLUMN_FLOATS) {
            require(same_bytes(x->values, y->values, (size_t)(a->n_rows * x->width) * sizeof(float)));
            continue;
        }
        size_t n = (size_t)x->offsets[a->n_rows];
        require(same_bytes(x->offsets, y->offsets, (size_t)(a->n_rows + 1) * sizeof(int64_t)));
        require(x->kind == RK_COLUMN_BYTES ? same_bytes(x->bytes, y->bytes, n) : same_bytes(x->ids, y->ids, n * 8));
        require(!x->weights || same_bytes(x->weights, y->weights, n * sizeof(float)));
    }
}

/* The rows of two parts, one by one through their packed form. */
static void check_parts(const world *w)
{
    const rk_block *whole = w->blocks[0], *first = w->blocks[1], *second = w->blocks[2];
    rk_batch *rows = rk_batch_new(w->schema);
    char *packed = NULL;

    require(rows && rk_batch_append_rows(rows, first->rows, 0, first->rows->n_rows));
    for (int64_t i = 0; i < second->rows->n_rows; i++) {
        packed = rk_realloc(packed, rk_batch_packed_bytes(second->rows, i), 1);
        require(packed != NULL);
        rk_batch_pack_row(packed, second->rows, i);
        require(rk_batch_append_packed(rows, packed));
    }
    check_same(whole->rows, rows);
    rk_free(packed);
    rk_batch_free(rows);
}

static void run(const world *w, const rk_block_rules *rules, const char *text, size_t n)
{
    rk_block *const *blocks = w->blocks;
    size_t at = rules->reader->cut(text, n / 2, false);
    bool one_part = at == 0;

    parse(blocks[0], rules, text, n, true);
    for (size_t i = 0; i < rk_schema_n_columns(w->schema); i++)
        check_column(&blocks[0]->rows->columns[i], blocks[0]->rows->n_rows,
                     i < rk_schema_n_features(w->schema) ? rk_schema_feature(w->schema, i) : NULL);
    parse(blocks[1], rules, text, at, true);
    parse(blocks[2], rules, text + at, n - at, one_part);
    if (blocks[1]->error.status != ROCKET_OK)
        rk_batch_reset(blocks[2]->rows);
    check_parts(w);
    if (rules->ignore_error && !rules->reader->binary) /* a broken frame stays an error */
        require(blocks[0]->error.status == ROCKET_OK && blocks[0]->n_records == (uint64_t)blocks[0]->rows->n_rows +
                                                                                    blocks[0]->n_dropped +
                                                                                    (rules->has_header && n > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data + 1;
    rk_arena arena;

    if (size == 0)
        return 0;
    for (; rk_readers[n_worlds]; n_worlds++) {
        require(n_worlds < MAX_READERS);
        set_up(&worlds[n_worlds], rk_readers[n_worlds]);
    }
    size_t n = size - 1, chosen = (data[0] >> 2) % n_worlds;
    const world *w = &worlds[chosen];
    rk_block_rules rules = { .reader = rk_readers[chosen], .schema = w->schema };
    rules.has_header = data[0] & 1;
    rules.ignore_error = data[0] & 2;
    rk_arena_init(&arena, 0);
    rk_text header = { text, n > 0 ? rules.reader->next(text, n) : 0 };
    rocket_status status =
        rules.reader->layout(&rules.layout, &arena, w->config, rules.has_header ? &header : NULL, NULL);
    if (status == ROCKET_OK)
        run(w, &rules, text, n);
    rk_arena_clear(&arena);
    return 0;
}
