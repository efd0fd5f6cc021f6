/* The input stream's threads.
 *
 * A fixed set of blocks goes round: free -> (read) -> in order and to parse at once -> (batch) -> free. The batching
 * thread takes blocks in the order in which they were read and waits for each to be parsed (a queue of one place per
 * block serves as its "done"), so that the result does not depend on which thread parses what. No queue can overflow:
 * each has room for everything that goes round, so only taking ever waits, and closing all queues wakes everybody.
 * What was given back last is taken next: it is still in cache, and what a fast consumer never needs is never touched.
 *
 * Lines are counted where the error is reported: the batching thread adds up the records of a file's blocks, so that
 * the reading thread need not look at the text beyond the last line end of a block.
 */
#include "stream.h"

#include <stdatomic.h>
#include <string.h>

#include "block.h"
#include "csv_line.h"
#include "error.h"
#include "header.h"
#include "input_files.h"
#include "mem.h"
#include "packed_file.h"
#include "rng.h"
#include "shuffle.h"
#include "source.h"

enum { SPARE_BLOCKS = 3, MAX_PARSERS = 256 };

/* A file being read. */
typedef struct rk_open_file {
    rk_source *source;
    rk_buf carry; /* what was read behind the last whole record */
    size_t file;
    bool begun; /* it has the file, which may not be open yet */
} rk_open_file;

/* The reading thread's own. */
typedef struct rk_stream_reading {
    rk_open_file *open; /* [n_open] read in turn, a block of each */
    size_t n_open;
    rk_open_file held; /* the first of the files, if its header had to be read from a pipe */
    size_t *order;     /* [files] of this epoch */
    uint64_t epoch;
} rk_stream_reading;

/* How much of a file the batching thread has seen. */
typedef struct rk_file_place {
    uint64_t records, bytes;
} rk_file_place;

/* The batching thread's own. */
typedef struct rk_stream_batching {
    rk_shuffle *shuffle; /* NULL: in file order */
    rk_batch *batch;     /* being filled, or NULL */
    uint64_t n_filled;   /* its rows, also when it is skipped and there is none */
    uint64_t index, epoch, row;
    uint64_t n_seen;       /* rows of this epoch, of all shards */
    rk_file_place *places; /* [files] before the current block */
    uint64_t n_dropped;
} rk_stream_batching;

struct rk_stream {
    const rk_config *config;
    rk_stream_options options; /* batch_size and num_epochs as they count */
    bool shuffled;
    rk_shard of_rows; /* n 0: every row of the files */
    rk_arena arena;
    rk_paths files;
    rk_block_rules rules;

    rk_queue *free_blocks, *to_parse, *in_order;
    rk_queue *free_batches, *ready;
    rk_block **blocks;
    rk_batch **batches;
    size_t n_blocks, n_batches;

    rk_thread *reader, *batcher, **parsers;
    int n_parsers;
    atomic_bool stopping;
    rk_stream_reading reading;
    rk_stream_batching batching;

    rocket_error error; /* set by the batching thread before it closes `ready` */
    _Atomic uint64_t bytes, dropped_rows;
    uint64_t rows; /* the caller's */
    double waited_s;
};

/* ---- reading ---- */

static void close_file(rk_open_file *file)
{
    rk_source_close(file->source);
    file->source = NULL;
    file->begun = false;
    rk_buf_reset(&file->carry);
}

static rocket_status open_source(rk_stream *stream, rk_open_file *file, const char *path, rocket_error *err)
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
        return open_source(stream, file, stream->files.path[file->file], err);
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
    rk_buf *carry = &file->carry;
    rocket_error *err = &block->error;

    *at_end = false;
    RK_TRY(move_carry(carry, block, err));
    while (whole == 0 && !*at_end) {
        RK_FAIL_IF(block->n_text >= RK_MAX_RECORD_BYTES, DATA, err,
                   "%s: expected %s of at most %d bytes, found a longer one", block->path,
                   stream->rules.reader->binary ? "records" : "lines", (int)RK_MAX_RECORD_BYTES);
        while (limit <= block->n_text)
            limit *= 2;
        RK_TRY(fill(stream, file, block, limit, at_end));
        whole = stream->rules.reader->cut(block->text, block->n_text, *at_end);
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

static bool shuffles_files(const rk_stream *stream)
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
    for (size_t i = n; shuffles_files(stream) && i > 1; i--) {
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
                close_file(file);
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

static void read_thread(void *arg)
{
    while (read_epoch(arg))
        continue;
}

/* ---- parsing ---- */

static void parse_thread(void *arg)
{
    rk_stream *stream = arg;
    void *item;

    while (rk_queue_pop(stream->to_parse, &item)) {
        rk_block *block = item;

        if (!atomic_load(&stream->stopping))
            rk_block_parse(block, &stream->rules);
        rk_queue_push(block->parsed, block);
    }
}

/* ---- batching ---- */

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

static rocket_status emit_range(rk_stream *stream, const rk_batch *rows, int64_t begin, int64_t end)
{
    rk_stream_batching *b = &stream->batching;

    while (begin < end) {
        uint64_t room = stream->options.batch_size - b->n_filled, left = (uint64_t)(end - begin);
        uint64_t n = left < room ? left : room;

        if (!begin_batch(stream))
            return ROCKET_STOPPED;
        if (b->batch && !rk_batch_append_rows(b->batch, rows, begin, begin + (int64_t)n))
            return rk_fail(&stream->error, ROCKET_FAILED, "out of memory for a batch of %llu rows",
                           (unsigned long long)stream->options.batch_size);
        begin += (int64_t)n;
        count_rows(stream, n);
    }
    return ROCKET_OK;
}

static rocket_status emit_shuffled(rk_stream *stream)
{
    const char *row = rk_shuffle_take(stream->batching.shuffle);

    if (!begin_batch(stream))
        return ROCKET_STOPPED;
    if (stream->batching.batch && !rk_batch_append_packed(stream->batching.batch, row))
        return rk_fail(&stream->error, ROCKET_FAILED, "out of memory for a batch of %llu rows",
                       (unsigned long long)stream->options.batch_size);
    count_rows(stream, 1);
    return ROCKET_OK;
}

static rocket_status shuffle_range(rk_stream *stream, const rk_batch *rows, int64_t begin, int64_t end)
{
    rk_shuffle *shuffle = stream->batching.shuffle;

    for (int64_t i = begin; i < end; i++) {
        if (rk_shuffle_full(shuffle))
            RK_TRY(emit_shuffled(stream));
        RK_FAIL_IF(!rk_shuffle_put(shuffle, rows, i), FAILED, &stream->error, "out of memory for the shuffle buffer");
    }
    return ROCKET_OK;
}

static rocket_status add_range(rk_stream *stream, const rk_batch *rows, int64_t begin, int64_t end)
{
    return stream->batching.shuffle ? shuffle_range(stream, rows, begin, end) : emit_range(stream, rows, begin, end);
}

/* Those of the shard, in runs. */
static rocket_status add_rows(rk_stream *stream, const rk_batch *rows)
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
        RK_TRY(emit_shuffled(stream));
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

static void batch_thread(void *arg)
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

/* ---- opening ---- */

/* The first record of a file, which is opened for it. */
static rocket_status read_header(rk_stream *stream, const char *path, rk_text *header, rocket_error *err)
{
    rk_open_file *file = &stream->reading.held;
    rk_buf *carry = &file->carry;
    bool at_end = false;

    RK_TRY(open_source(stream, file, path, err));
    while (stream->rules.reader->cut(carry->data, carry->size, at_end) == 0 && !at_end) {
        char piece[4096];
        size_t got = 0;

        RK_FAIL_IF(carry->size > RK_MAX_RECORD_BYTES, DATA, err,
                   "%s: expected a header of at most %d bytes, found more", path, (int)RK_MAX_RECORD_BYTES);
        RK_TRY(rk_source_read(file->source, piece, sizeof piece, &got, err));
        rk_buf_append(carry, piece, got);
        RK_FAIL_IF(rk_buf_failed(carry), FAILED, err, "%s: out of memory", path);
        at_end = got < sizeof piece;
    }
    RK_FAIL_IF(carry->size == 0, DATA, err, "%s: expected a header with the names of the columns, found an empty file",
               path);
    *header = (rk_text){ carry->data, stream->rules.reader->next(carry->data, carry->size) };
    return ROCKET_OK;
}

/* Scoring asks for fewer fields than training: rows without a label can be scored. */
static rocket_status find_optional(rk_stream *stream, rocket_error *err)
{
    size_t n = rk_schema_n_fields(stream->rules.schema);
    bool *optional = rk_arena_alloc(&stream->arena, n, sizeof *optional);

    RK_FAIL_IF(!optional, FAILED, err, "out of memory");
    for (size_t i = 0; i < n; i++)
        optional[i] = !rk_schema_reads(stream->rules.schema, i);
    stream->rules.layout.optional = optional;
    return ROCKET_OK;
}

/* The columns are those of the first file's header. */
static rocket_status layout_of_header(rk_stream *stream, rocket_error *err)
{
    rk_block_rules *rules = &stream->rules;
    const char *path = stream->files.path[0];
    rk_text header;

    RK_TRY(read_header(stream, path, &header, err));
    rocket_status status = rules->reader->layout(&rules->layout, &stream->arena, stream->config, &header, err);
    if (status != ROCKET_OK)
        rk_error_prefix(err, "%s:1", path);
    rules->header = rk_line_without_end(header);
    rules->header.data = rk_arena_strndup(&stream->arena, rules->header.data, rules->header.n);
    rules->header_path = path;
    RK_FAIL_IF(!rules->header.data, FAILED, err, "out of memory");
    if (!rk_source_is_pipe(path))
        close_file(&stream->reading.held);
    return status;
}

/* The headers of the other files: a pipe's is seen when its turn comes. */
static rocket_status check_headers(rk_stream *stream, rocket_error *err)
{
    for (size_t i = 1; i < stream->files.n; i++) {
        const char *path = stream->files.path[i];
        rk_text header;
        size_t column = 0;

        if (rk_source_is_pipe(path) || stream->reading.held.source)
            continue;
        RK_TRY(read_header(stream, path, &header, err));
        rocket_status status = rk_header_compare(&stream->rules, header, &column, err);
        if (status != ROCKET_OK)
            rk_error_prefix(err, "%s:1:%zu", path, column);
        close_file(&stream->reading.held);
        RK_TRY(status);
    }
    return ROCKET_OK;
}

static rocket_status make_layout(rk_stream *stream, rocket_error *err)
{
    rk_block_rules *rules = &stream->rules;

    RK_TRY(find_optional(stream, err));
    if (!rules->has_header)
        return rules->reader->layout(&rules->layout, &stream->arena, stream->config, NULL, err);
    RK_TRY(layout_of_header(stream, err));
    return check_headers(stream, err);
}

/* Every file can be opened: better known now than in the middle of the night. Pipes can be read once only, so they are
 * left alone until their turn. */
static rocket_status check_files(rk_stream *stream, rocket_error *err)
{
    size_t n_stdin = 0;

    for (size_t i = 0; i < stream->files.n; i++) {
        const char *path = stream->files.path[i];
        rk_source *source = NULL;

        n_stdin += strcmp(path, "-") == 0;
        RK_FAIL_IF(n_stdin > 1, CONFIG, err, "%s: expected standard input once, found it twice", stream->options.paths);
        if (rk_source_is_pipe(path)) {
            RK_FAIL_IF(stream->options.num_epochs != 1, CONFIG, err,
                       "%s can be read only once: expected data_config.num_epochs of 1, found %llu",
                       strcmp(path, "-") == 0 ? "standard input" : path,
                       (unsigned long long)stream->options.num_epochs);
            continue;
        }
        RK_TRY(rk_source_open(&source, path, NULL, err));
        rk_source_close(source);
    }
    return ROCKET_OK;
}

/* Packed files are known by their first bytes. They and texts do not mix: a text has a layout, and they have none. */
static rocket_status find_packed(rk_stream *stream, rocket_error *err)
{
    size_t n_packed = 0;

    for (size_t i = 0; i < stream->files.n; i++)
        if (!rk_source_is_pipe(stream->files.path[i]) && rk_pack_recognise(stream->files.path[i])) {
            RK_TRY(rk_pack_check(stream->files.path[i], stream->rules.schema, err));
            n_packed++;
        }
    RK_FAIL_IF(n_packed > 0 && n_packed < stream->files.n, DATA, err,
               "%s: expected packed files only or none, found %zu of %zu", stream->options.paths, n_packed,
               stream->files.n);
    if (n_packed > 0) {
        stream->rules.reader = &rk_reader_pack;
        stream->rules.has_header = false;
    }
    return ROCKET_OK;
}

/* So many files are read in turn: as many as upstream reads at once, which is only of use to a shuffle. */
static size_t count_open(const rk_stream *stream)
{
    size_t wanted = rk_config_view(stream->config)->data->num_parallel_calls;

    if (!shuffles_files(stream) || wanted < 1)
        return 1;
    return wanted < stream->files.n ? wanted : stream->files.n;
}

/* data_config.file_shard: the other files might as well not be in the list. */
static rocket_status choose_files(rk_stream *stream, rocket_error *err)
{
    rk_shard shard = stream->options.shard;
    char text[RK_SHARD_BYTES];
    size_t n = 0;

    if (shard.n == 0 || stream->of_rows.n > 0)
        return ROCKET_OK;
    RK_FAIL_IF(stream->files.n < shard.n, DATA, err,
               "%s: expected at least %llu files for shard %s with data_config.file_shard, found %zu",
               stream->options.paths, (unsigned long long)shard.n, rk_shard_print(text, shard), stream->files.n);
    for (size_t i = 0; i < stream->files.n; i++)
        if (rk_shard_has(shard, i))
            stream->files.path[n++] = stream->files.path[i];
    stream->files.n = n;
    return ROCKET_OK;
}

static rocket_status find_files(rk_stream *stream, rocket_error *err)
{
    rk_stream_reading *reading = &stream->reading;

    RK_TRY(rk_input_files(&stream->files, &stream->arena, stream->options.paths, err));
    RK_TRY(choose_files(stream, err));
    reading->order = rk_arena_alloc(&stream->arena, stream->files.n, sizeof *reading->order);
    stream->batching.places = rk_arena_alloc(&stream->arena, stream->files.n, sizeof *stream->batching.places);
    reading->open = rk_arena_alloc(&stream->arena, count_open(stream), sizeof *reading->open);
    RK_FAIL_IF(rk_arena_failed(&stream->arena), FAILED, err, "out of memory");
    reading->n_open = count_open(stream);
    for (size_t i = 0; i < reading->n_open; i++)
        rk_buf_init(&reading->open[i].carry, 0);
    RK_TRY(check_files(stream, err));
    return find_packed(stream, err);
}

static rocket_status set_options(rk_stream *stream, const rk_stream_options *options, rocket_error *err)
{
    const Rocket__DatasetConfig *data = rk_config_view(stream->config)->data;

    stream->options = *options;
    if (options->n_threads > MAX_PARSERS) /* more would only wait for the one that reads */
        stream->options.n_threads = MAX_PARSERS;
    stream->options.paths = rk_arena_strdup(&stream->arena, options->paths);
    RK_FAIL_IF(!stream->options.paths, FAILED, err, "out of memory");
    if (options->batch_size == 0)
        stream->options.batch_size = data->batch_size;
    if (!options->training)
        stream->options.num_epochs = 1;
    stream->shuffled = options->training && data->shuffle;
    if (!data->file_shard)
        stream->of_rows = options->shard;
    stream->rules.reader = rk_reader_find((int)data->input_type);
    stream->rules.ignore_error = data->ignore_error;
    stream->rules.kernels = rk_text_kernels_best();
    RK_FAIL_IF(stream->options.batch_size == 0, CONFIG, err, "data_config.batch_size: expected at least 1, found 0");
    RK_FAIL_IF(options->n_threads < 1, USAGE, err, "expected at least 1 parsing thread, found %d", options->n_threads);
    RK_FAIL_IF(stream->shuffled && data->shuffle_buffer_size < 1, CONFIG, err,
               "data_config.shuffle_buffer_size: expected at least 1, found %d", data->shuffle_buffer_size);
    RK_FAIL_IF(!stream->rules.reader, CONFIG, err, "data_config.input_type: %s is not supported yet",
               rk_enum_name(&rocket__dataset_config__input_type__descriptor, (int)data->input_type));
    stream->rules.has_header = stream->rules.reader->has_header(stream->config);
    return ROCKET_OK;
}

static bool make_queues(rk_stream *stream)
{
    size_t n = stream->n_blocks;

    stream->free_blocks = rk_queue_new(n);
    stream->to_parse = rk_queue_new(n);
    stream->in_order = rk_queue_new(n);
    stream->free_batches = rk_queue_new(stream->n_batches);
    stream->ready = rk_queue_new(stream->n_batches);
    return stream->free_blocks && stream->to_parse && stream->in_order && stream->free_batches && stream->ready;
}

static rocket_status make_memory(rk_stream *stream, rocket_error *err)
{
    const Rocket__DatasetConfig *data = rk_config_view(stream->config)->data;
    bool ok;

    stream->n_blocks = (size_t)stream->options.n_threads + SPARE_BLOCKS;
    stream->blocks = rk_arena_alloc(&stream->arena, stream->n_blocks, sizeof *stream->blocks);
    stream->n_batches = stream->options.n_batches > RK_STREAM_BATCHES ? stream->options.n_batches : RK_STREAM_BATCHES;
    stream->batches = rk_arena_alloc(&stream->arena, stream->n_batches, sizeof *stream->batches);
    stream->parsers = rk_arena_alloc(&stream->arena, (size_t)stream->options.n_threads, sizeof *stream->parsers);
    ok = make_queues(stream) && stream->blocks && stream->batches && stream->parsers;
    for (size_t i = 0; ok && i < stream->n_blocks; i++) {
        stream->blocks[i] = rk_block_new(stream->rules.schema, stream->rules.reader);
        ok = stream->blocks[i] && rk_queue_push(stream->free_blocks, stream->blocks[i]);
    }
    for (size_t i = 0; ok && i < stream->n_batches; i++) {
        stream->batches[i] = rk_batch_new(stream->rules.schema);
        ok = stream->batches[i] && rk_queue_push(stream->free_batches, stream->batches[i]);
    }
    if (ok && stream->shuffled) {
        stream->batching.shuffle = rk_shuffle_new((size_t)data->shuffle_buffer_size);
        ok = stream->batching.shuffle != NULL;
    }
    RK_FAIL_IF(!ok, FAILED, err, "out of memory for the input stream");
    if (stream->shuffled)
        rk_shuffle_begin(stream->batching.shuffle, stream->options.seed, 0);
    return ROCKET_OK;
}

static rocket_status start_threads(rk_stream *stream, rocket_error *err)
{
    for (int i = 0; i < stream->options.n_threads; i++) {
        stream->parsers[i] = rk_thread_start(parse_thread, stream);
        RK_FAIL_IF(!stream->parsers[i], FAILED, err, "cannot start a thread for parsing");
        stream->n_parsers++;
    }
    stream->batcher = rk_thread_start(batch_thread, stream);
    RK_FAIL_IF(!stream->batcher, FAILED, err, "cannot start a thread for batching");
    stream->reader = rk_thread_start(read_thread, stream);
    RK_FAIL_IF(!stream->reader, FAILED, err, "cannot start a thread for reading");
    return ROCKET_OK;
}

static rocket_status open_stream(rk_stream *stream, const rk_stream_options *options, rocket_error *err)
{
    RK_TRY(set_options(stream, options, err));
    RK_TRY(find_files(stream, err));
    RK_TRY(make_layout(stream, err));
    RK_TRY(make_memory(stream, err));
    return start_threads(stream, err);
}

/* All that opening does before the first thread; of a pipe nothing is read. */
static rocket_status check_stream(rk_stream *stream, const rk_stream_options *options, rocket_error *err)
{
    RK_TRY(set_options(stream, options, err));
    RK_TRY(find_files(stream, err));
    return rk_source_is_pipe(stream->files.path[0]) ? ROCKET_OK : make_layout(stream, err);
}

static rk_stream *new_stream(const rk_config *config, const rk_schema *schema)
{
    rk_stream *stream = rk_alloc(1, sizeof *stream);

    if (!stream)
        return NULL;
    stream->config = config;
    stream->rules.schema = schema;
    rk_arena_init(&stream->arena, 0);
    rk_buf_init(&stream->reading.held.carry, 0);
    return stream;
}

rocket_status rk_stream_check(const rk_config *config, const rk_schema *schema, const rk_stream_options *options,
                              rocket_error *err)
{
    rk_stream *stream = new_stream(config, schema);

    RK_FAIL_IF(!stream, FAILED, err, "out of memory for the input stream");
    rocket_status status = check_stream(stream, options, err);
    rk_stream_close(stream);
    return status;
}

rocket_status rk_stream_open(rk_stream **out, const rk_config *config, const rk_schema *schema,
                             const rk_stream_options *options, rocket_error *err)
{
    rk_stream *stream = new_stream(config, schema);

    RK_FAIL_IF(!stream, FAILED, err, "out of memory for the input stream");
    rocket_status status = open_stream(stream, options, err);
    if (status != ROCKET_OK) {
        rk_stream_close(stream);
        return status;
    }
    *out = stream;
    return ROCKET_OK;
}

/* ---- closing ---- */

static void close_queue(rk_queue *queue)
{
    if (queue)
        rk_queue_close(queue);
}

static void stop_threads(rk_stream *stream)
{
    atomic_store(&stream->stopping, true);
    close_queue(stream->free_blocks);
    close_queue(stream->to_parse);
    close_queue(stream->in_order);
    close_queue(stream->free_batches);
    close_queue(stream->ready);
    for (size_t i = 0; i < stream->n_blocks && stream->blocks; i++)
        if (stream->blocks[i])
            close_queue(stream->blocks[i]->parsed);
    rk_thread_join(stream->reader);
    rk_thread_join(stream->batcher);
    for (int i = 0; i < stream->n_parsers; i++)
        rk_thread_join(stream->parsers[i]);
}

void rk_stream_close(rk_stream *stream)
{
    if (!stream)
        return;
    stop_threads(stream);
    for (size_t i = 0; i < stream->n_blocks && stream->blocks; i++)
        rk_block_free(stream->blocks[i]);
    for (size_t i = 0; i < stream->n_batches && stream->batches; i++)
        rk_batch_free(stream->batches[i]);
    rk_shuffle_free(stream->batching.shuffle);
    rk_queue_free(stream->free_blocks);
    rk_queue_free(stream->to_parse);
    rk_queue_free(stream->in_order);
    rk_queue_free(stream->free_batches);
    rk_queue_free(stream->ready);
    for (size_t i = 0; i < stream->reading.n_open; i++) {
        close_file(&stream->reading.open[i]);
        rk_buf_clear(&stream->reading.open[i].carry);
    }
    close_file(&stream->reading.held);
    rk_buf_clear(&stream->reading.held.carry);
    rk_arena_clear(&stream->arena);
    rk_free(stream);
}

/* ---- the caller's side ---- */

rocket_status rk_stream_next(rk_stream *stream, rk_batch **out, rocket_error *err)
{
    void *item = NULL;

    if (!rk_queue_try_pop(stream->ready, &item)) {
        double since = rk_now_s();
        bool got = rk_queue_pop(stream->ready, &item);

        stream->waited_s += rk_now_s() - since;
        if (!got && stream->error.status != ROCKET_OK)
            return rk_fail(err, stream->error.status, "%s", stream->error.text);
    }
    rk_batch *batch = item;
    if (batch)
        stream->rows += (uint64_t)batch->n_rows;
    *out = batch;
    return ROCKET_OK;
}

void rk_stream_give_back(rk_stream *stream, rk_batch *batch)
{
    if (batch)
        rk_queue_push_front(stream->free_batches, batch);
}

rk_stream_stats rk_stream_get_stats(const rk_stream *stream)
{
    return (rk_stream_stats){
        .rows = stream->rows,
        .bytes = atomic_load_explicit(&stream->bytes, memory_order_relaxed),
        .dropped_rows = atomic_load_explicit(&stream->dropped_rows, memory_order_relaxed),
        .waited_s = stream->waited_s,
        .n_files = stream->files.n,
    };
}
