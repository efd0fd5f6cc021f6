/* One text parsed in every way that there is: row by row, and many rows at once by each set of kernels that this
 * processor can run. All must end in the same batch, the same counts and the same error at the same place. */
#ifndef RK_SLAB_TWINS_H
#define RK_SLAB_TWINS_H

#include <string.h>

#include "block.h"
#include "error.h"

/* Any config that the text could belong to; every kind of feature that has a way for many rows, and some that have
 * none. */
static const char slab_twins_config[] =
    "data_config { input_type: %s label_fields: 'y' sample_weight: 'w' "
    "input_fields { input_name: 'y' input_type: INT32 } input_fields { input_name: 's' input_type: STRING } "
    "input_fields { input_name: 'd' input_type: STRING default_val: 'a|bc' } "
    "input_fields { input_name: 'l' input_type: INT64 default_val: '7' } "
    "input_fields { input_name: 'w' input_type: FLOAT default_val: '1.5' } "
    "input_fields { input_name: 'u' input_type: INT32 } } "
    "feature_config { "
    "features { feature_name: '0' input_names: 's' embedding_dim: 4 hash_bucket_size: 1000 } "
    "features { feature_name: '1' input_names: 'd' embedding_dim: 4 hash_bucket_size: 1 } "
    "features { feature_name: '2' input_names: 'l' embedding_dim: 4 hash_bucket_size: 123456789012 } "
    "features { feature_name: '3' input_names: 'l' embedding_dim: 4 num_buckets: 100 } "
    "features { feature_name: '4' input_names: 's' embedding_dim: 4 vocab_list: ['u', 'v', '1'] } "
    "features { feature_name: '5' input_names: 'd' feature_type: TagFeature embedding_dim: 4 hash_bucket_size: 50 "
    "           separator: '|' } "
    "features { feature_name: '6' input_names: 's' feature_type: TagFeature embedding_dim: 4 hash_bucket_size: 4097 "
    "           separator: ' ' } "
    "features { feature_name: '7' input_names: 'w' feature_type: RawFeature } "
    "features { feature_name: '8' input_names: 'd' feature_type: PassThroughFeature } "
    "features { feature_name: '9' input_names: ['s', 'l'] feature_type: ComboFeature embedding_dim: 4 "
    "           hash_bucket_size: 77 } } "
    "eval_config { metrics_set { gauc { uid_field: 's' } } } "
    "model_config { num_class: 2 feature_groups { group_name: 'all' "
    "feature_names: ['0','1','2','3','4','5','6','7','8','9'] } rocket_launching { } }";

static inline bool twin_bytes(const void *a, const void *b, size_t n)
{
    return n == 0 || memcmp(a, b, n) == 0;
}

static inline bool twin_columns(const rk_column *a, const rk_column *b, int64_t n_rows)
{
    if (a->kind == RK_COLUMN_FLOATS)
        return twin_bytes(a->values, b->values, (size_t)(n_rows * a->width) * sizeof(float));
    size_t n = (size_t)a->offsets[n_rows];
    return twin_bytes(a->offsets, b->offsets, (size_t)(n_rows + 1) * sizeof(int64_t)) &&
           (a->kind == RK_COLUMN_BYTES ? twin_bytes(a->bytes, b->bytes, n) : twin_bytes(a->ids, b->ids, n * 8)) &&
           (!a->weights || twin_bytes(a->weights, b->weights, n * sizeof(float)));
}

static inline bool twin_blocks(const rk_block *a, const rk_block *b)
{
    bool same =
        a->n_records == b->n_records && a->n_dropped == b->n_dropped && a->in_record == b->in_record &&
        a->rows->n_rows == b->rows->n_rows && a->error.status == b->error.status &&
        (a->error.status == ROCKET_OK || (a->bad_column == b->bad_column && strcmp(a->error.text, b->error.text) == 0));

    for (size_t i = 0; i < a->rows->n_columns && same; i++)
        same = twin_columns(&a->rows->columns[i], &b->rows->columns[i], a->rows->n_rows);
    return same;
}

/* The text into the block, parsed by the kernels (NULL: row by row). false without memory. */
static inline bool twin_parse(rk_block *block, rk_block_rules *rules, const rk_text_kernels *kernels, rk_text text)
{
    if (!rk_block_reserve(block, text.n))
        return false;
    if (text.n > 0)
        memcpy(block->text, text.data, text.n);
    block->n_text = text.n;
    block->first = true;
    rk_error_clear(&block->error);
    rules->kernels = kernels;
    rk_block_parse(block, rules);
    return true;
}

/* Names the kernels that differ; NULL: none does. */
static inline const char *twins_differ(rk_block *blocks[2], rk_block_rules *rules, rk_text text)
{
    static const struct {
        const char *name;
        const rk_text_kernels *kernels;
    } all[] = { { "avx2", &rk_text_kernels_avx2 }, { "avx512", &rk_text_kernels_avx512 } };

    if (!twin_parse(blocks[0], rules, NULL, text))
        return NULL;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i].kernels->supported() && twin_parse(blocks[1], rules, all[i].kernels, text) &&
            !twin_blocks(blocks[0], blocks[1]))
            return all[i].name;
    return NULL;
}

#endif
