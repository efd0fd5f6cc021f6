/* The file: a head, records of rows, an end.
 *
 *   record  "RKP1", kind u32 ('H', 'R', 'E'), bytes of the body u64, XXH3 of all this (the sum being 0) and the body,
 *           the body
 *   H       digest u64 of all that rows depend on, then per source: size u64, time in ns u64, bytes of the name u32,
 *           the name
 *   R       rows (packed_rows.h)
 *   E       rows u64, bytes of the file u64
 *
 * The end is what shows that a copy was cut short. Records are a thousand rows: small enough to share the caches with
 * what reads them, and to be a batch, large enough that a column's compression has something to work on.
 */
#include "packed_file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "block.h"
#include "error.h"
#include "file.h"
#include "hash.h"
#include "input_files.h"
#include "mem.h"
#include "packed_rows.h"
#include "schema_internal.h"
#include "stream.h"
#include "text_print.h"

enum { ROWS_OF_RECORD = 1024, MOST_HEAD_BYTES = 1 << 20 };

typedef struct __attribute__((packed)) record_head {
    char magic[4];
    uint32_t kind;
    uint64_t n, sum;
} record_head;

typedef struct end_body {
    uint64_t rows, bytes;
} end_body;

static uint64_t sum_of(record_head head, const char *body)
{
    head.sum = 0;
    return rk_fingerprint_cat(rk_xxh64(&head, sizeof head), rk_xxh64(body, (size_t)head.n));
}

static bool is_record(rk_text bytes, record_head *head)
{
    if (bytes.n < sizeof *head)
        return false;
    memcpy(head, bytes.data, sizeof *head);
    return memcmp(head->magic, "RKP1", sizeof head->magic) == 0 &&
           (head->kind == 'H' || head->kind == 'R' || head->kind == 'E');
}

/* ---- what it depends on ---- */

/* Without what changes batches but not rows. */
static void print_data(rk_buf *text, const Rocket__DatasetConfig *data)
{
    Rocket__DatasetConfig rows = *data;

    rows.has_batch_size = rows.has_shuffle = rows.has_shuffle_buffer_size = rows.has_num_epochs = false;
    rows.has_prefetch_size = rows.has_num_parallel_calls = rows.has_eval_batch_size = rows.has_drop_remainder = false;
    rk_text_print(text, &rows.base);
}

static void print_words(rk_buf *text, const rk_vocabularies *vocabularies)
{
    for (size_t i = 0; i < vocabularies->n; i++)
        for (size_t k = 0; k < vocabularies->item[i].n; k++)
            rk_buf_append(text, vocabularies->item[i].words[k], strlen(vocabularies->item[i].words[k]) + 1);
}

static rocket_status digest_of(uint64_t *digest, const rk_schema *schema, rocket_error *err)
{
    const Rocket__EasyRecModel *model = schema->view->model;
    rk_buf text;

    rk_buf_init(&text, 0);
    print_data(&text, schema->view->data);
    for (size_t i = 0; i < schema->n_features; i++)
        rk_text_print(&text, &schema->features[i].config->base);
    for (size_t i = 0; i < schema->n_bytes; i++)
        rk_buf_printf(&text, "bytes %s\n", schema->view->fields[schema->bytes_fields[i]].name);
    for (size_t i = 0; i < model->n_kd; i++)
        rk_text_print(&text, &model->kd[i]->base);
    rk_buf_printf(&text, "%d %d %lld\n", schema->label, schema->weight, (long long)schema->n_classes);
    print_words(&text, &schema->vocabularies);
    bool failed = rk_buf_failed(&text);
    *digest = failed ? 0 : rk_xxh64(text.data, text.size);
    rk_buf_clear(&text);
    RK_FAIL_IF(failed, FAILED, err, "out of memory");
    return ROCKET_OK;
}

static uint64_t changed_at(const struct stat *info)
{
    return (uint64_t)info->st_mtim.tv_sec * 1000000000 + (uint64_t)info->st_mtim.tv_nsec;
}

static rocket_status put_sources(rk_buf *body, const char *paths, rocket_error *err)
{
    rk_paths files = { NULL, 0 };
    rk_arena arena;

    rk_arena_init(&arena, 0);
    rocket_status status = rk_input_files(&files, &arena, paths, err);
    for (size_t i = 0; i < files.n && status == ROCKET_OK; i++) {
        struct stat info;
        const char *path = files.path[i];

        if (strcmp(path, "-") == 0 || stat(path, &info) != 0 || !S_ISREG(info.st_mode))
            continue; /* a pipe is gone: nothing to compare with later */
        rk_buf_u64(body, (uint64_t)info.st_size);
        rk_buf_u64(body, changed_at(&info));
        rk_buf_u32(body, (uint32_t)strlen(path));
        rk_buf_puts(body, path);
    }
    rk_arena_clear(&arena);
    return status;
}

/* A source that is still there must be as it was. One that is gone cannot have changed. */
static rocket_status check_source(const char *path, rk_text *rest, rocket_error *err)
{
    uint64_t size, time;
    uint32_t n = 0;
    struct stat info;
    char name[4096];

    if (rest->n >= 20)
        memcpy(&n, rest->data + 16, sizeof n);
    RK_FAIL_IF(rest->n < 20 || n == 0 || n > rest->n - 20 || n >= sizeof name, DATA, err,
               "%s: expected the names of its sources, found other bytes: the file is damaged", path);
    memcpy(&size, rest->data, sizeof size);
    memcpy(&time, rest->data + 8, sizeof time);
    memcpy(name, rest->data + 20, n);
    name[n] = '\0';
    *rest = (rk_text){ rest->data + 20 + n, rest->n - 20 - n };
    RK_FAIL_IF(stat(name, &info) == 0 && ((uint64_t)info.st_size != size || changed_at(&info) != time), DATA, err,
               "%s: packed from %s, which has changed since; run rocket pack again", path, name);
    return ROCKET_OK;
}

/* ---- writing ---- */

typedef struct writing {
    rk_atomic_file *file;
    rk_buf body, scratch;
    uint64_t bytes;
} writing;

static rocket_status put_record(writing *w, uint32_t kind, rocket_error *err)
{
    record_head head = { { 'R', 'K', 'P', '1' }, kind, w->body.size, 0 };

    RK_FAIL_IF(rk_buf_failed(&w->body), FAILED, err, "out of memory");
    RK_FAIL_IF(w->body.size > RK_MAX_RECORD_BYTES - sizeof head, DATA, err,
               "expected %d rows in less than %d bytes, found more", (int)ROWS_OF_RECORD, (int)RK_MAX_RECORD_BYTES);
    head.sum = sum_of(head, w->body.data);
    rk_atomic_write(w->file, &head, sizeof head);
    rk_atomic_write(w->file, w->body.data, w->body.size);
    w->bytes += sizeof head + w->body.size;
    rk_buf_reset(&w->body);
    return ROCKET_OK;
}

static rocket_status put_head(writing *w, const rk_schema *schema, const char *paths, rocket_error *err)
{
    uint64_t digest;

    RK_TRY(digest_of(&digest, schema, err));
    rk_buf_u64(&w->body, digest);
    RK_TRY(put_sources(&w->body, paths, err));
    return put_record(w, 'H', err);
}

static rocket_status put_batches(writing *w, rk_stream *stream, int level, rocket_error *err)
{
    rk_batch *batch = NULL;

    RK_TRY(rk_stream_next(stream, &batch, err));
    while (batch) {
        rk_pack_rows(&w->body, batch, level, &w->scratch);
        rk_stream_give_back(stream, batch);
        RK_TRY(put_record(w, 'R', err));
        RK_TRY(rk_stream_next(stream, &batch, err));
    }
    return ROCKET_OK;
}

static rocket_status put_all(writing *w, const rk_config *config, const rk_schema *schema,
                             const rk_pack_options *options, rk_pack_stats *stats, rocket_error *err)
{
    rk_stream_options reading = {
        .paths = options->paths, .n_threads = options->n_threads, .batch_size = ROWS_OF_RECORD, .shard = options->shard
    };
    rk_stream *stream;

    RK_TRY(put_head(w, schema, options->paths, err)); /* before reading: who writes meanwhile makes it stale */
    RK_TRY(rk_stream_open(&stream, config, schema, &reading, err));
    rocket_status status = put_batches(w, stream, options->level, err);
    rk_stream_stats read = rk_stream_get_stats(stream);
    rk_stream_close(stream);
    RK_TRY(status);
    end_body end = { read.rows, w->bytes + sizeof(record_head) + sizeof end };
    rk_buf_append(&w->body, &end, sizeof end);
    RK_TRY(put_record(w, 'E', err));
    *stats = (rk_pack_stats){ read.rows, read.bytes, w->bytes, read.dropped_rows, read.n_files };
    return ROCKET_OK;
}

rocket_status rk_pack_write(const char *path, const rk_config *config, const rk_schema *schema,
                            const rk_pack_options *options, rk_pack_stats *stats, rocket_error *err)
{
    writing w = { 0 };

    rk_buf_init(&w.body, 0);
    rk_buf_init(&w.scratch, 0);
    RK_TRY(rk_atomic_open(&w.file, path, err));
    rocket_status status = put_all(&w, config, schema, options, stats, err);
    rk_buf_clear(&w.body);
    rk_buf_clear(&w.scratch);
    if (status == ROCKET_OK)
        return rk_atomic_commit(w.file, err);
    rk_atomic_abort(w.file);
    return status;
}

/* ---- looking at a file before it is read ---- */

static ssize_t read_at(const char *path, void *to, size_t n, off_t from_end)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t got = -1;
    off_t size;

    if (fd >= 0 && (size = lseek(fd, 0, SEEK_END)) >= from_end)
        got = pread(fd, to, n, from_end > 0 ? size - from_end : 0);
    if (fd >= 0)
        close(fd);
    return got;
}

bool rk_pack_recognise(const char *path)
{
    char first[8];

    return read_at(path, first, sizeof first, 0) == (ssize_t)sizeof first && memcmp(first, "RKP1H\0\0\0", 8) == 0;
}

static rocket_status check_end(const char *path, rocket_error *err)
{
    char bytes[sizeof(record_head) + sizeof(end_body)];
    record_head head;
    end_body end = { 0 };
    struct stat info;
    bool whole = read_at(path, bytes, sizeof bytes, sizeof bytes) == (ssize_t)sizeof bytes &&
                 is_record((rk_text){ bytes, sizeof bytes }, &head) && head.kind == 'E' && head.n == sizeof end &&
                 head.sum == sum_of(head, bytes + sizeof head);

    if (whole)
        memcpy(&end, bytes + sizeof head, sizeof end);
    RK_FAIL_IF(!whole || stat(path, &info) != 0 || (uint64_t)info.st_size != end.bytes, DATA, err,
               "%s: expected the end of a packed file, found other bytes: it was cut short or damaged", path);
    return ROCKET_OK;
}

static rocket_status check_head(const char *path, const rk_schema *schema, const rk_buf *bytes, rocket_error *err)
{
    record_head head;
    uint64_t made_with, digest;
    rk_text all = { bytes->data, bytes->size };

    RK_FAIL_IF(!is_record(all, &head) || head.kind != 'H' || head.n < sizeof made_with ||
                   head.n > all.n - sizeof head || head.sum != sum_of(head, all.data + sizeof head),
               DATA, err, "%s: expected the head of a packed file, found other bytes: it is damaged", path);
    memcpy(&made_with, all.data + sizeof head, sizeof made_with);
    RK_TRY(digest_of(&digest, schema, err));
    RK_FAIL_IF(made_with != digest, DATA, err,
               "%s: packed with another data_config, feature_config or other vocabularies; run rocket pack again",
               path);
    rk_text rest = { all.data + sizeof head + sizeof made_with, (size_t)head.n - sizeof made_with };
    while (rest.n > 0)
        RK_TRY(check_source(path, &rest, err));
    return ROCKET_OK;
}

rocket_status rk_pack_check(const char *path, const rk_schema *schema, rocket_error *err)
{
    rk_buf bytes;

    rk_buf_init(&bytes, 0);
    char *room = rk_alloc(MOST_HEAD_BYTES, 1);
    ssize_t got = room ? read_at(path, room, MOST_HEAD_BYTES, 0) : -1;
    bytes = (rk_buf){ .data = room, .size = got > 0 ? (size_t)got : 0 };
    rocket_status status =
        room ? check_head(path, schema, &bytes, err) : rk_fail(err, ROCKET_FAILED, "%s: out of memory", path);
    rk_free(room);
    RK_TRY(status);
    return check_end(path, err);
}

/* ---- as a reader ---- */

static void check_nothing(const rk_config *config, rk_faults *faults)
{
    (void)config;
    (void)faults;
}

static bool has_no_header(const rk_config *config)
{
    (void)config;
    return false;
}

static rocket_status layout(rk_layout *out, rk_arena *arena, const rk_config *config, const rk_text *header,
                            rocket_error *err)
{
    (void)arena;
    (void)header;
    (void)err;
    out->n_fields = rk_config_view(config)->n_fields;
    return ROCKET_OK;
}

/* A length that cannot be is none: what follows is one record, which then does not read. */
static size_t next(const char *text, size_t n)
{
    record_head head;

    if (!is_record((rk_text){ text, n }, &head) || head.n > n - sizeof head)
        return n;
    return sizeof head + (size_t)head.n;
}

static size_t cut(const char *text, size_t n, bool at_end)
{
    size_t at = 0;
    record_head head;

    while (!at_end && n - at >= sizeof head) {
        if (!is_record((rk_text){ text + at, n - at }, &head) || head.n > RK_MAX_RECORD_BYTES)
            return n;
        if (head.n > n - at - sizeof head)
            break;
        at += sizeof head + (size_t)head.n;
    }
    return at_end ? n : at;
}

/* One record: then none is cut, and nothing is carried over. */
static size_t wanted(const char *text, size_t n)
{
    record_head head;

    return is_record((rk_text){ text, n }, &head) ? sizeof head + (size_t)head.n : sizeof head;
}

/* Rows come many at a time, from `rows`: there are no fields. */
static rocket_status parse(rk_row *row, const rk_layout *own, rk_text record, rocket_error *err)
{
    (void)row;
    (void)own;
    (void)record;
    return rk_fail(err, ROCKET_DATA, "a packed file has no fields");
}

static rocket_status rows(rk_batch *to, const rk_schema *schema, rk_text record, char *scratch, rocket_error *err)
{
    record_head head;
    bool good = is_record(record, &head) && head.n == record.n - sizeof head &&
                head.sum == sum_of(head, record.data + sizeof head);

    RK_FAIL_IF(!good, DATA, err, "expected a record of a packed file, found other bytes: the file is damaged");
    if (head.kind != 'R')
        return ROCKET_OK;
    return rk_unpack_rows(to, schema, (rk_text){ record.data + sizeof head, (size_t)head.n }, scratch, err);
}

const rk_reader_def rk_reader_pack = {
    .name = "packed",
    .doc = "what rocket pack wrote: columns that were parsed before",
    .binary = true,
    .scratch_factor = RK_PACK_SCRATCH,
    .check = check_nothing,
    .has_header = has_no_header,
    .layout = layout,
    .cut = cut,
    .wanted = wanted,
    .next = next,
    .parse = parse,
    .rows = rows,
};
