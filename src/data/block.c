/* From a block of records to rows. This is where the time goes: everything else in the stream handles blocks. */
#include "block.h"

#include <string.h>

#include "error.h"
#include "header.h"
#include "mem.h"

rk_block *rk_block_new(const rk_schema *schema, const rk_reader_def *reader)
{
    size_t n = rk_schema_n_fields(schema);
    rk_block *block = rk_alloc(1, sizeof *block);

    if (!block)
        return NULL;
    block->scratch_factor = reader->scratch_factor > 0 ? reader->scratch_factor : 1;
    block->rows = rk_batch_new(schema);
    block->parsed = rk_queue_new(1);
    block->fields = rk_alloc(n, sizeof *block->fields);
    block->columns = rk_alloc(n, sizeof *block->columns);
    if (block->rows && block->parsed && block->fields && block->columns && rk_block_reserve(block, RK_BLOCK_BYTES))
        return block;
    rk_block_free(block);
    return NULL;
}

void rk_block_free(rk_block *block)
{
    if (!block)
        return;
    rk_batch_free(block->rows);
    rk_queue_free(block->parsed);
    rk_free(block->fields);
    rk_free(block->columns);
    rk_free(block->scratch);
    rk_free(block->text);
    rk_free(block);
}

bool rk_block_reserve(rk_block *block, size_t bytes)
{
    if (bytes <= block->capacity)
        return true;
    char *text = rk_realloc(block->text, bytes, 1);
    if (!text)
        return false;
    block->text = text;
    char *scratch = rk_realloc(block->scratch, bytes, block->scratch_factor);
    if (!scratch)
        return false;
    block->scratch = scratch;
    block->capacity = bytes;
    return true;
}

/* The record's row, appended to the block's rows. *drops: a bad row may be left out. */
static rocket_status parse_record(rk_block *block, const rk_block_rules *rules, rk_text record, bool *drops)
{
    rk_row row = { .fields = block->fields, .columns = block->columns, .scratch = block->scratch };
    rocket_status status;
    int bad_field = -1;

    memset(block->fields, 0, rules->layout.n_fields * sizeof *block->fields);
    status = rules->reader->parse(&row, &rules->layout, record, &block->error);
    block->bad_column = row.bad_column;
    *drops = rules->ignore_error && !row.damaged;
    if (status != ROCKET_OK)
        return status;
    status = rk_schema_append(rules->schema, block->rows, block->fields, &bad_field, &block->error);
    block->bad_column = bad_field >= 0 ? block->columns[bad_field] : 0;
    return status;
}

void rk_block_parse(rk_block *block, const rk_block_rules *rules)
{
    const char *p = block->text, *end = p + block->n_text;
    bool skip = block->first && rules->has_header;

    rk_batch_reset(block->rows);
    block->n_records = block->n_dropped = 0;
    block->in_record = false;
    while (p < end && block->error.status == ROCKET_OK) {
        rk_text record = { p, rules->reader->next(p, (size_t)(end - p)) };
        bool drops = false;
        rocket_status status = skip ? rk_header_compare(rules, record, &block->bad_column, &block->error)
                                    : parse_record(block, rules, record, &drops);

        skip = false;
        block->n_records++;
        if (status == ROCKET_DATA && drops) {
            rk_error_clear(&block->error);
            block->n_dropped++;
        } else if (status != ROCKET_OK) {
            block->in_record = true;
            block->bad_offset = (size_t)(p - block->text);
        }
        p += record.n;
    }
}
