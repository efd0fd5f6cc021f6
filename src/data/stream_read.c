/* The reading thread of a stream: files in the order of the epoch, cut into blocks of whole records.
 *
 * What is behind a block's last whole record is carried over into the next one of the file, so no record is looked at
 * twice, and nothing is known of lines here but where they end.
 */
#include "stream_state.h"

#include <string.h>

#include "error.h"
#include "rng.h"

void rk_stream_close_file(rk_open_file *file)
{
    rk_source_close(file->source);
    file->source = NULL;
    file->begun = false;
    rk_buf_reset(&file->carry);
}

rocket_status rk_stream_open_source(rk_stream *stream, rk_open_file *file, const char *path, rocket_error *err)
{
    RK_TRY(rk_source_open(&file->source, path, &stream->stopping, err));
    if (!stream->rules.reader->binary)
        rk_source_is_text(file->source);
    return ROCKET_OK;
}

/* Unless it is open already, as the first one may be whose header was read from a pipe. */
static rocket_status open_file(rk_stream *stream, rk_open_file *file, rocket_error *err)
{
    rk_open_file *held = &stream->reading.held, closed = *file;

    if (!held->source || file->file != 0)
        return rk_stream_open_source(stream, file, stream->files.path[file->file], err);
    file->source = held->source;
    file->carry = held->carry;
    held->source = NULL;
    held->carry = closed.carry;
    atomic_fetch_add_explicit(&stream->bytes, file->carry.size, memory_order_relaxed);
    return ROCKET_OK;
}

/* Read on behind what the block holds until it has `limit` bytes or the file has ended. */
static rocket_status fill(rk_stream *stream, rk_open_file *file, rk_block *block, size_t limit, bool *at_end)
{
    size_t room = limit - block->n_text, got = 0;
    rocket_error *err = &block->error;

    RK_FAIL_IF(!rk_block_reserve(block, limit), FAILED, err, "%s: out of memory", block->path);
    RK_TRY(rk_source_read(file->source, block->text + block->n_text, room, &got, err));
    block->n_text += got;
    *at_end = got < room;
    atomic_fetch_add_explicit(&stream->bytes, got, memory_order_relaxed);
    return ROCKET_OK;
}

static rocket_status move_carry(rk_buf *carry, rk_block *block, rocket_error *err)
{
    RK_FAIL_IF(!rk_block_reserve(block, carry->size), FAILED, err, "%s: out of memory", block->path);
    if (carry->size > 0)
        memcpy(block->text, carry->data, carry->size);
    block->n_text = carry->size;
    rk_buf_reset(carry);
    return ROCKET_OK;
}

/* Fill a block with whole records; what is behind them is carried over. How much that is depends on the file alone, not
 * on what the block had room for the last time: where files take turns, it shows in the order of rows. */
static rocket_status read_block(rk_stream *stream, rk_open_file *file, rk_block *block, bool *at_end)
{
    size_t limit = stream->reading.n_open > 1 ? RK_PIECE_BYTES : RK_BLOCK_BYTES, whole = 0;
    const rk_reader_def *reader = stream->rules.reader;
    rk_buf *carry = &file->carry;
    rocket_error *err = &block->error;

    *at_end = false;
    RK_TRY(move_carry(carry, block, err));
    while (whole == 0 && !*at_end) {
        RK_FAIL_IF(block->n_text >= RK_MAX_RECORD_BYTES, DATA, err,
                   "%s: expected %s of at most %d bytes, found a longer one", block->path,
                   reader->binary ? "records" : "lines", (int)RK_MAX_RECORD_BYTES);
        if (reader->wanted)
            limit = reader->wanted(block->text, block->n_text);
        while (limit <= block->n_text)
            limit *= 2;
        RK_TRY(fill(stream, file, block, limit, at_end));
        whole = reader->cut(block->text, block->n_text, *at_end);
    }
    rk_buf_append(carry, block->text + whole, block->n_text - whole);
    RK_FAIL_IF(rk_buf_failed(carry), FAILED, err, "%s: out of memory", block->path);
    block->n_text = whole;
    return ROCKET_OK;
}

/* An empty block; NULL: the stream is being closed. */
static rk_block *take_block(rk_stream *stream)
{
    void *item;

    if (!rk_queue_pop(stream->free_blocks, &item) || atomic_load(&stream->stopping))
        return NULL;
    rk_block *block = item;
    block->n_text = 0;
    block->first = block->ends_epoch = block->ends_input = false;
    rk_error_clear(&block->error);
    return block;
}

static void send_block(rk_stream *stream, rk_block *block)
{
    rk_queue_push(stream->in_order, block);
    rk_queue_push(stream->to_parse, block);
}

/* The next block of a file. false: nothing more is to be read at all. */
static bool read_some(rk_stream *stream, rk_open_file *file, bool *at_end)
{
    rk_block *block = take_block(stream);
    rocket_status status = ROCKET_OK;

    if (!block)
        return false;
    block->file = file->file;
    block->path = stream->files.path[file->file];
    block->first = !file->source;
    if (block->first)
        status = open_file(stream, file, &block->error);
    if (status == ROCKET_OK)
        status = read_block(stream, file, block, at_end);
    if (status != ROCKET_OK)
        block->n_text = 0;
    send_block(stream, block);
    return status == ROCKET_OK;
}

bool rk_stream_shuffles_files(const rk_stream *stream)
{
    return stream->shuffled && stream->of_rows.n == 0;
}

/* Fisher-Yates from the order of the config, so that an epoch's order does not depend on the one before. */
static void order_files(const rk_stream *stream, uint64_t epoch, size_t *order)
{
    rk_rng rng = rk_rng_at(stream->options.seed, RK_RNG_FILES, epoch, 0);
    size_t n = stream->files.n;

    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t i = n; rk_stream_shuffles_files(stream) && i > 1; i--) {
        size_t j = rk_rng_below(&rng, i), moved = order[i - 1];

        order[i - 1] = order[j];
        order[j] = moved;
    }
}

/* All files: n_open at a time, a block of each in turn; where one has ended the next one begins. */
static bool read_files(rk_stream *stream)
{
    rk_stream_reading *reading = &stream->reading;
    size_t n_begun = 0, n_left = stream->files.n;

    while (n_left > 0)
        for (size_t i = 0; i < reading->n_open; i++) {
            rk_open_file *file = &reading->open[i];
            bool at_end = false;

            if (!file->begun && n_begun == stream->files.n)
                continue;
            if (!file->begun)
                file->file = reading->order[n_begun++];
            file->begun = true;
            if (!read_some(stream, file, &at_end))
                return false;
            if (at_end) {
                rk_stream_close_file(file);
                n_left--;
            }
        }
    return true;
}

static bool read_epoch(rk_stream *stream)
{
    uint64_t epoch = stream->reading.epoch++;

    order_files(stream, epoch, stream->reading.order);
    if (!read_files(stream))
        return false;
    rk_block *block = take_block(stream);
    if (!block)
        return false;
    block->file = 0;
    block->path = stream->files.path[0];
    block->ends_epoch = true;
    block->ends_input = stream->reading.epoch == stream->options.num_epochs;
    bool more = !block->ends_input;
    send_block(stream, block);
    return more;
}

void rk_stream_read_thread(void *arg)
{
    while (read_epoch(arg))
        continue;
}
