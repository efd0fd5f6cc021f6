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
    block->slab = rk_slab_new(schema);
    if (block->rows && block->parsed && block->fields && block->columns && block->slab &&
        rk_block_reserve(block, RK_BLOCK_BYTES))
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
    rk_slab_free(block->slab);
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
    char *text = rk_realloc(block->text, bytes + RK_TEXT_PADDING, 1);
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
    if (rules->reader->rows)
        return rules->reader->rows(block->rows, rules->schema, record, block->scratch, &block->error);
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

/* One record; its bytes. */
static size_t take_record(rk_block *block, const rk_block_rules *rules, const char *p, bool header)
{
    rk_text record = { p, rules->reader->next(p, (size_t)(block->text + block->n_text - p)) };
    bool drops = false;
    rocket_status status = header ? rk_header_compare(rules, record, &block->bad_column, &block->error)
                                  : parse_record(block, rules, record, &drops);

    block->n_records++;
    if (status == ROCKET_DATA && drops) {
        rk_error_clear(&block->error);
        block->n_dropped++;
    } else if (status != ROCKET_OK) {
        block->in_record = true;
        block->bad_offset = (size_t)(p - block->text);
    }
    return record.n;
}

/* Many records at once if they are plain; their bytes. 0: *n_careful of them, at least one, are to be taken one by one.
 */
static size_t take_slab(rk_block *block, const rk_block_rules *rules, const char *p, size_t *n_careful)
{
    rk_text rest = { p, (size_t)(block->text + block->n_text - p) };
    rocket_status status = rk_slab_take(block->slab, rules->kernels, &rules->layout, rest, block->rows);
    size_t n = rk_slab_rows(block->slab);

    *n_careful = n > 0 ? n : 1;
    if (status == ROCKET_FAILED)
        rk_fail(&block->error, ROCKET_FAILED, "out of memory");
    if (status != ROCKET_OK)
        return 0;
    block->n_records += n;
    return rk_slab_bytes(block->slab);
}

void rk_block_parse(rk_block *block, const rk_block_rules *rules)
{
    const char *p = block->text, *end = p + block->n_text;
    bool header = block->first && rules->has_header, at_once = rules->kernels && rules->reader->plain_lines;

    rk_batch_reset(block->rows);
    block->n_records = block->n_dropped = 0;
    block->in_record = false;
    while (p < end && block->error.status == ROCKET_OK) {
        size_t n_careful = 1, bytes = at_once && !header ? take_slab(block, rules, p, &n_careful) : 0;

        p += bytes;
        for (; bytes == 0 && n_careful > 0 && block->error.status == ROCKET_OK; n_careful--) {
            p += take_record(block, rules, p, header);
            header = false;
        }
    }
}
