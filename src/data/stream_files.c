/* Which files a stream reads, and where its columns stand in them: what can be known before the first row. */
#include "stream_state.h"

#include <string.h>

#include "csv_line.h"
#include "error.h"
#include "header.h"
#include "packed_file.h"

/* The first record of a file, which is opened for it. */
static rocket_status read_header(rk_stream *stream, const char *path, rk_text *header, rocket_error *err)
{
    rk_open_file *file = &stream->reading.held;
    rk_buf *carry = &file->carry;
    bool at_end = false;

    RK_TRY(rk_stream_open_source(stream, file, path, err));
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
        rk_stream_close_file(&stream->reading.held);
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
        rk_stream_close_file(&stream->reading.held);
        RK_TRY(status);
    }
    return ROCKET_OK;
}

rocket_status rk_stream_make_layout(rk_stream *stream, rocket_error *err)
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

    if (!rk_stream_shuffles_files(stream) || wanted < 1)
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

rocket_status rk_stream_find_files(rk_stream *stream, rocket_error *err)
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
