/* The input stream's threads.
 *
 * A fixed set of blocks goes round: free -> (read) -> in order and to parse at once -> (batch) -> free. The batching
 * thread takes blocks in the order in which they were read and waits for each to be parsed (a queue of one place per
 * block serves as its "done"), so that the result does not depend on which thread parses what. No queue can overflow:
 * each has room for everything that goes round, so only taking ever waits, and closing all queues wakes everybody.
 * What was given back last is taken next: it is still in cache, and what a fast consumer never needs is never touched.
 */
#include "error.h"
#include "mem.h"
#include "stream_state.h"

enum { SPARE_BLOCKS = 3, MAX_PARSERS = 256 };

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

/* ---- opening ---- */

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
    stream->batcher = rk_thread_start(rk_stream_batch_thread, stream);
    RK_FAIL_IF(!stream->batcher, FAILED, err, "cannot start a thread for batching");
    stream->reader = rk_thread_start(rk_stream_read_thread, stream);
    RK_FAIL_IF(!stream->reader, FAILED, err, "cannot start a thread for reading");
    return ROCKET_OK;
}

static rocket_status open_stream(rk_stream *stream, const rk_stream_options *options, rocket_error *err)
{
    RK_TRY(set_options(stream, options, err));
    RK_TRY(rk_stream_find_files(stream, err));
    RK_TRY(rk_stream_make_layout(stream, err));
    RK_TRY(make_memory(stream, err));
    return start_threads(stream, err);
}

/* All that opening does before the first thread; of a pipe nothing is read. */
static rocket_status check_stream(rk_stream *stream, const rk_stream_options *options, rocket_error *err)
{
    RK_TRY(set_options(stream, options, err));
    RK_TRY(rk_stream_find_files(stream, err));
    return rk_source_is_pipe(stream->files.path[0]) ? ROCKET_OK : rk_stream_make_layout(stream, err);
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

static bool has_pipe(const rk_stream *stream)
{
    size_t i = 0;

    while (i < stream->files.n && !rk_source_is_pipe(stream->files.path[i]))
        i++;
    return i < stream->files.n;
}

/* Of a stream that was checked. */
static rocket_status take_one(rk_stream *stream, rocket_error *err)
{
    rk_batch *batch = NULL;

    RK_TRY(make_memory(stream, err));
    RK_TRY(start_threads(stream, err));
    RK_TRY(rk_stream_next(stream, &batch, err));
    if (batch)
        rk_stream_give_back(stream, batch);
    return ROCKET_OK;
}

rocket_status rk_stream_try(const rk_config *config, const rk_schema *schema, const rk_stream_options *options,
                            rocket_error *err)
{
    rk_stream *stream = new_stream(config, schema);

    RK_FAIL_IF(!stream, FAILED, err, "out of memory for the input stream");
    rocket_status status = check_stream(stream, options, err);
    if (status == ROCKET_OK && !has_pipe(stream))
        status = take_one(stream, err);
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
        rk_stream_close_file(&stream->reading.open[i]);
        rk_buf_clear(&stream->reading.open[i].carry);
    }
    rk_stream_close_file(&stream->reading.held);
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
