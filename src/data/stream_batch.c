/* The batching thread of a stream: parsed blocks in the order in which they were read, through the shuffle, into
 * batches.
 *
 * Lines are counted here, where errors are told: the records of a file's blocks are added up, so that the reading
 * thread need not look at the text beyond the last line end of a block.
 */
#include "stream_state.h"

#include "error.h"

/* A batch to fill, unless it is one to be skipped. false: the stream is being closed. */
static bool begin_batch(rk_stream *stream)
{
    rk_stream_batching *b = &stream->batching;
    void *item;

    if (b->batch || b->index < stream->options.skip_batches)
        return true;
    if (!rk_queue_pop(stream->free_batches, &item))
        return false;
    b->batch = item;
    rk_batch_reset(b->batch);
    b->batch->index = b->index;
    b->batch->epoch = b->epoch;
    b->batch->row = b->row;
    return true;
}

static void end_batch(rk_stream *stream)
{
    rk_stream_batching *b = &stream->batching;

    if (b->batch)
        rk_queue_push(stream->ready, b->batch);
    b->batch = NULL;
    b->n_filled = 0;
    b->index++;
}

/* n rows went into the batch. */
static void count_rows(rk_stream *stream, uint64_t n)
{
    rk_stream_batching *b = &stream->batching;

    b->n_filled += n;
    b->row += n;
    if (b->n_filled == stream->options.batch_size)
        end_batch(stream);
}

static rocket_status fail_memory(rk_stream *stream)
{
    return rk_fail(&stream->error, ROCKET_FAILED, "out of memory for a batch of %llu rows",
                   (unsigned long long)stream->options.batch_size);
}

static rocket_status emit_range(rk_stream *stream, rk_batch *rows, int64_t begin, int64_t end)
{
    rk_stream_batching *b = &stream->batching;

    while (begin < end) {
        uint64_t room = stream->options.batch_size - b->n_filled, left = (uint64_t)(end - begin);
        uint64_t n = left < room ? left : room;

        if (!begin_batch(stream))
            return ROCKET_STOPPED;
        if (b->batch && n == stream->options.batch_size && n == (uint64_t)rows->n_rows)
            rk_batch_exchange(b->batch, rows); /* the block is the batch, and nothing is copied */
        else if (b->batch && !rk_batch_append_rows(b->batch, rows, begin, begin + (int64_t)n))
            return fail_memory(stream);
        begin += (int64_t)n;
        count_rows(stream, n);
    }
    return ROCKET_OK;
}

/* What was picked from the block at hand, in one go: column by column it is several times as fast as row by row. */
static rocket_status emit_picked(rk_stream *stream, const rk_batch *rows)
{
    rk_stream_batching *b = &stream->batching;
    size_t n = b->n_picked;

    if (n == 0)
        return ROCKET_OK;
    if (!begin_batch(stream))
        return ROCKET_STOPPED;
    if (b->batch && !rk_batch_append_picked(b->batch, rows, b->picked, n))
        return fail_memory(stream);
    b->n_picked = 0;
    count_rows(stream, n);
    return ROCKET_OK;
}

static rocket_status emit_packed(rk_stream *stream, const char *row)
{
    if (!begin_batch(stream))
        return ROCKET_STOPPED;
    if (stream->batching.batch && !rk_batch_append_packed(stream->batching.batch, row))
        return fail_memory(stream);
    count_rows(stream, 1);
    return ROCKET_OK;
}

/* rows: of the block at hand, NULL: there is none. */
static rocket_status emit_shuffled(rk_stream *stream, const rk_batch *rows)
{
    rk_stream_batching *b = &stream->batching;
    int64_t row;
    const char *packed = rk_shuffle_take(b->shuffle, &row);

    if (row < 0) {
        RK_TRY(emit_picked(stream, rows));
        return emit_packed(stream, packed);
    }
    b->picked[b->n_picked++] = row;
    bool full = b->n_picked == RK_MOST_PICKED || b->n_filled + b->n_picked == stream->options.batch_size;
    return full ? emit_picked(stream, rows) : ROCKET_OK;
}

static rocket_status shuffle_range(rk_stream *stream, const rk_batch *rows, int64_t begin, int64_t end)
{
    rk_shuffle *shuffle = stream->batching.shuffle;

    for (int64_t i = begin; i < end; i++) {
        if (rk_shuffle_full(shuffle))
            RK_TRY(emit_shuffled(stream, rows));
        RK_FAIL_IF(!rk_shuffle_put(shuffle, rows, i), FAILED, &stream->error, "out of memory for the shuffle buffer");
    }
    return ROCKET_OK;
}

/* Its memory is another block's afterwards. */
static rocket_status leave_block(rk_stream *stream, const rk_batch *rows)
{
    rk_shuffle *shuffle = stream->batching.shuffle;

    RK_TRY(emit_picked(stream, rows));
    RK_FAIL_IF(shuffle && !rk_shuffle_keep(shuffle, rows), FAILED, &stream->error,
               "out of memory for the shuffle buffer");
    return ROCKET_OK;
}

static rocket_status add_range(rk_stream *stream, rk_batch *rows, int64_t begin, int64_t end)
{
    return stream->batching.shuffle ? shuffle_range(stream, rows, begin, end) : emit_range(stream, rows, begin, end);
}

/* Those of the shard, in runs. */
static rocket_status add_rows(rk_stream *stream, rk_batch *rows)
{
    uint64_t *seen = &stream->batching.n_seen;

    if (stream->of_rows.n == 0)
        return add_range(stream, rows, 0, rows->n_rows);
    for (int64_t begin = 0, end = 0; begin < rows->n_rows; begin = end) {
        bool own = rk_shard_has(stream->of_rows, *seen);

        for (; end < rows->n_rows && rk_shard_has(stream->of_rows, *seen) == own; end++)
            ++*seen;
        if (own)
            RK_TRY(add_range(stream, rows, begin, end));
    }
    return ROCKET_OK;
}

static rocket_status end_epoch(rk_stream *stream)
{
    rk_stream_batching *b = &stream->batching;
    char shard[RK_SHARD_BYTES];

    while (b->shuffle && !rk_shuffle_empty(b->shuffle))
        RK_TRY(emit_shuffled(stream, NULL));
    RK_FAIL_IF(b->row == 0 && b->n_seen > 0, DATA, &stream->error, "%s: expected rows for shard %s, found %llu in all",
               stream->options.paths, rk_shard_print(shard, stream->of_rows), (unsigned long long)b->n_seen);
    if (b->row == 0 && b->n_dropped > 0)
        return rk_fail(&stream->error, ROCKET_DATA,
                       "%s: expected rows, found bad ones only (%llu, dropped by ignore_error)", stream->options.paths,
                       (unsigned long long)b->n_dropped);
    RK_FAIL_IF(b->row == 0, DATA, &stream->error, "%s: expected rows, found none", stream->options.paths);
    b->epoch++;
    b->row = 0;
    b->n_seen = 0;
    b->n_dropped = 0;
    if (b->shuffle)
        rk_shuffle_begin(b->shuffle, stream->options.seed, b->epoch);
    return ROCKET_OK;
}

/* The error of a block becomes the stream's, with the line or the byte where it happened. */
static rocket_status report(rk_stream *stream, const rk_block *block)
{
    const rk_file_place *place = &stream->batching.places[block->file];
    unsigned long long line = place->records + block->n_records;
    unsigned long long byte = place->bytes + block->bad_offset + (block->bad_column > 0 ? block->bad_column - 1 : 0);

    stream->error = block->error;
    if (block->in_record && stream->rules.reader->binary)
        rk_error_prefix(&stream->error, "%s: record %llu, byte %llu", block->path, line, byte);
    else if (block->in_record && block->bad_column > 0)
        rk_error_prefix(&stream->error, "%s:%llu:%zu", block->path, line, block->bad_column);
    else if (block->in_record)
        rk_error_prefix(&stream->error, "%s:%llu", block->path, line);
    return stream->error.status;
}

static rocket_status batch_block(rk_stream *stream, const rk_block *block)
{
    rk_stream_batching *b = &stream->batching;
    rk_file_place *place = &b->places[block->file];

    if (block->first)
        *place = (rk_file_place){ 0 };
    RK_TRY(add_rows(stream, block->rows));
    RK_TRY(leave_block(stream, block->rows));
    b->n_dropped += block->n_dropped;
    atomic_fetch_add_explicit(&stream->dropped_rows, block->n_dropped, memory_order_relaxed);
    if (block->error.status != ROCKET_OK)
        return report(stream, block);
    place->records += block->n_records;
    place->bytes += block->n_text;
    return block->ends_epoch ? end_epoch(stream) : ROCKET_OK;
}

/* The next block in file order, parsed. NULL: the stream is being closed. */
static rk_block *next_parsed(rk_stream *stream)
{
    void *item;

    if (!rk_queue_pop(stream->in_order, &item))
        return NULL;
    rk_block *block = item;
    if (!rk_queue_pop(block->parsed, &item) || atomic_load(&stream->stopping))
        return NULL;
    return block;
}

void rk_stream_batch_thread(void *arg)
{
    rk_stream *stream = arg;
    rocket_status status = ROCKET_OK;
    bool more = true;

    while (more && status == ROCKET_OK) {
        rk_block *block = next_parsed(stream);

        if (!block)
            break;
        more = !block->ends_input;
        status = batch_block(stream, block);
        rk_queue_push_front(stream->free_blocks, block);
    }
    if (!more && status == ROCKET_OK && stream->batching.n_filled > 0)
        end_batch(stream);
    rk_queue_close(stream->ready);
}
