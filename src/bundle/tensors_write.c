/* Writing safetensors files: header, gaps and checksums from what was added; the tensors themselves are streamed.
 *
 * Tensors keep the order in which they were added, so the same additions give the same bytes. Each tensor's data is
 * read twice, for its checksum (which stands in front of it) and for the write. What the reader would refuse is refused
 * here, with the first offence kept until save.
 */
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "error.h"
#include "file.h"
#include "hash.h"
#include "mem.h"
#include "tensors_header.h"
#include "utf8.h"

struct rk_tensor_writer {
    rk_arena strings;
    rk_tensor_info *tensors;
    size_t n_tensors, tensor_capacity;
    rk_tensor_meta *meta;
    size_t n_meta, meta_capacity;
    rk_map *names, *keys;
    rocket_error error; /* the first */
};

rk_tensor_writer *rk_tensor_writer_new(void)
{
    rk_tensor_writer *writer = rk_alloc(1, sizeof *writer);

    if (!writer)
        return NULL;
    rk_arena_init(&writer->strings, 0);
    writer->names = rk_map_new();
    writer->keys = rk_map_new();
    if (writer->names && writer->keys)
        return writer;
    rk_tensor_writer_free(writer);
    return NULL;
}

void rk_tensor_writer_free(rk_tensor_writer *writer)
{
    if (!writer)
        return;
    rk_arena_clear(&writer->strings);
    rk_free(writer->tensors);
    rk_free(writer->meta);
    rk_map_free(writer->names);
    rk_map_free(writer->keys);
    rk_free(writer);
}

static bool grow(void **array, size_t *capacity, size_t n, size_t element)
{
    size_t more = *capacity ? 2 * *capacity : 16;
    void *bigger;

    if (n < *capacity)
        return true;
    bigger = rk_realloc(*array, more, element);
    if (!bigger)
        return false;
    *array = bigger;
    *capacity = more;
    return true;
}

static rocket_status check_tensor(const rk_tensor_info *tensor, rocket_error *err)
{
    uint64_t bytes = 0;

    RK_FAIL_IF(!rk_tensor_name_valid(tensor->name, strlen(tensor->name)), FAILED, err,
               "a tensor's name must be UTF-8 of 1 to %d bytes without control characters", RK_TENSOR_MAX_NAME);
    RK_FAIL_IF(!strncmp(tensor->name, RK_TENSOR_PAD, sizeof RK_TENSOR_PAD - 1) ||
                   !strcmp(tensor->name, RK_TENSOR_META_KEY),
               FAILED, err, "tensor \"%s\": the name is reserved", tensor->name);
    RK_FAIL_IF(tensor->rank < 0 || tensor->rank > RK_TENSOR_MAX_RANK, FAILED, err,
               "tensor \"%s\": %d dimensions, at most %d", tensor->name, tensor->rank, RK_TENSOR_MAX_RANK);
    RK_FAIL_IF(!rk_tensor_bytes_of(tensor->type, tensor->rank, tensor->dims, &bytes) || bytes != tensor->bytes, FAILED,
               err, "tensor \"%s\": %zu bytes do not match its type and shape", tensor->name, tensor->bytes);
    return ROCKET_OK;
}

static rocket_status add_tensor(rk_tensor_writer *w, const rk_tensor_info *tensor, rocket_error *err)
{
    rk_tensor_info copy = *tensor;
    void *tensors = w->tensors;
    size_t n = strlen(tensor->name);
    bool twice = false, grown = grow(&tensors, &w->tensor_capacity, w->n_tensors, sizeof copy);

    w->tensors = tensors;
    RK_TRY(check_tensor(tensor, err));
    copy.name = rk_arena_strndup(&w->strings, tensor->name, n);
    RK_FAIL_IF(!grown || !copy.name || !rk_map_put(w->names, copy.name, n, (int64_t)w->n_tensors, &twice), FAILED, err,
               "no memory for tensor \"%s\"", tensor->name);
    RK_FAIL_IF(twice, FAILED, err, "tensor \"%s\" was added twice", tensor->name);
    w->tensors[w->n_tensors++] = copy;
    return ROCKET_OK;
}

void rk_tensor_writer_add(rk_tensor_writer *writer, const rk_tensor_info *tensor)
{
    if (writer->error.status == ROCKET_OK)
        writer->error.status = add_tensor(writer, tensor, &writer->error);
}

static rocket_status add_meta(rk_tensor_writer *w, const char *key, const char *value, size_t n, rocket_error *err)
{
    rk_tensor_meta meta = { .n = n };
    void *metas = w->meta;
    size_t n_key = strlen(key);
    bool twice = false, grown = grow(&metas, &w->meta_capacity, w->n_meta, sizeof meta);

    w->meta = metas;
    RK_FAIL_IF(!rk_tensor_name_valid(key, n_key), FAILED, err,
               "a metadata key must be UTF-8 of 1 to %d bytes without control characters", RK_TENSOR_MAX_NAME);
    RK_FAIL_IF(!strcmp(key, RK_TENSOR_SUMS_KEY) || !strcmp(key, RK_TENSOR_DIGEST_KEY), FAILED, err,
               "metadata \"%s\": the name is reserved", key);
    RK_FAIL_IF(!rk_utf8_valid(value, n), FAILED, err, "metadata \"%s\" is not UTF-8", key);
    meta.key = rk_arena_strndup(&w->strings, key, n_key);
    meta.value = rk_arena_strndup(&w->strings, value, n);
    RK_FAIL_IF(!grown || !meta.key || !meta.value || !rk_map_put(w->keys, key, n_key, (int64_t)w->n_meta, &twice),
               FAILED, err, "no memory for metadata \"%s\"", key);
    RK_FAIL_IF(twice, FAILED, err, "metadata \"%s\" was added twice", key);
    w->meta[w->n_meta++] = meta;
    return ROCKET_OK;
}

void rk_tensor_writer_meta(rk_tensor_writer *writer, const char *key, const char *value, size_t n)
{
    if (writer->error.status == ROCKET_OK)
        writer->error.status = add_meta(writer, key, value, n, &writer->error);
}

static void put_sums(const rk_tensor_writer *w, rk_buf *json)
{
    rk_buf_puts(json, "\"" RK_TENSOR_SUMS_KEY "\":\"");
    for (size_t i = 0; i < w->n_tensors; i++) {
        char sum[RK_TENSOR_DIGEST_CHARS + 1];

        rk_tensor_hex(sum, rk_xxh64(w->tensors[i].data, w->tensors[i].bytes));
        rk_buf_printf(json, "%s%s", i ? " " : "", sum);
    }
    rk_buf_puts(json, "\",");
}

/* Returns where in json the digest's digits stand. */
static size_t put_metadata(const rk_tensor_writer *w, rk_buf *json)
{
    size_t digest_at;

    rk_buf_puts(json, "{\"" RK_TENSOR_META_KEY "\":{");
    for (size_t i = 0; i < w->n_meta; i++) {
        rk_buf_json_string(json, w->meta[i].key, strlen(w->meta[i].key));
        rk_buf_puts(json, ":");
        rk_buf_json_string(json, w->meta[i].value, w->meta[i].n);
        rk_buf_puts(json, ",");
    }
    put_sums(w, json);
    rk_buf_puts(json, "\"" RK_TENSOR_DIGEST_KEY "\":\"");
    digest_at = json->size;
    rk_buf_puts(json, "0000000000000000\"}");
    return digest_at;
}

static void put_tensor(rk_buf *json, const rk_tensor_info *t, uint64_t begin)
{
    rk_buf_puts(json, ",");
    rk_buf_json_string(json, t->name, strlen(t->name));
    rk_buf_printf(json, ":{\"dtype\":\"%s\",\"shape\":[", rk_dtype_name(t->type));
    for (int i = 0; i < t->rank; i++)
        rk_buf_printf(json, "%s%lld", i ? "," : "", (long long)t->dims[i]);
    rk_buf_printf(json, "],\"data_offsets\":[%llu,%llu]}", (unsigned long long)begin,
                  (unsigned long long)(begin + t->bytes));
}

static size_t gap_after(uint64_t at)
{
    return (size_t)(-at % RK_TENSOR_ALIGN);
}

/* A gap behind every tensor that does not end on the boundary, the last one apart. */
static size_t put_tensors(const rk_tensor_writer *w, rk_buf *json)
{
    uint64_t at = 0;
    size_t pads = 0;

    for (size_t i = 0; i < w->n_tensors; i++) {
        char name[40];
        size_t gap = gap_after(at);
        rk_tensor_info pad = { .name = name, .type = RK_U8, .rank = 1, .dims = { (int64_t)gap }, .bytes = gap };

        if (gap) {
            (void)snprintf(name, sizeof name, RK_TENSOR_PAD "%zu", pads++);
            put_tensor(json, &pad, at);
        }
        put_tensor(json, &w->tensors[i], at + gap);
        at += gap + w->tensors[i].bytes;
    }
    return w->n_tensors + pads;
}

/* Length and header, so padded that the tensors begin on the boundary, with its digest. */
static rocket_status make_header(const rk_tensor_writer *w, rk_buf *json, rocket_error *err)
{
    char digest[RK_TENSOR_DIGEST_CHARS + 1];
    size_t digest_at, count;

    rk_buf_u64(json, 0);
    digest_at = put_metadata(w, json);
    count = put_tensors(w, json);
    rk_buf_puts(json, "}");
    while (!rk_buf_failed(json) && json->size % RK_TENSOR_ALIGN)
        rk_buf_puts(json, " ");
    RK_FAIL_IF(rk_buf_failed(json), FAILED, err, "no memory for the header, or it is longer than %d bytes",
               RK_TENSOR_MAX_HEADER);
    RK_FAIL_IF(count > RK_TENSOR_MAX_COUNT || w->n_meta + 2 > RK_TENSOR_MAX_COUNT, FAILED, err,
               "more than %d tensors or metadata entries", RK_TENSOR_MAX_COUNT);
    for (int i = 0; i < 8; i++)
        json->data[i] = (char)(unsigned char)((json->size - 8) >> (8 * i));
    rk_tensor_digest(digest, json->data, digest_at, json->size);
    memcpy(json->data + digest_at, digest, RK_TENSOR_DIGEST_CHARS);
    return ROCKET_OK;
}

static rocket_status write_file(rk_atomic_file **out, const rk_tensor_writer *w, const rk_buf *json, const char *path,
                                rocket_error *err)
{
    static const char zeros[RK_TENSOR_ALIGN];
    rk_atomic_file *file;
    uint64_t at = 0;

    RK_TRY(rk_atomic_open(&file, path, err));
    rk_atomic_write(file, json->data, json->size);
    for (size_t i = 0; i < w->n_tensors; i++) {
        size_t gap = gap_after(at);

        rk_atomic_write(file, zeros, gap);
        rk_atomic_write(file, w->tensors[i].data, w->tensors[i].bytes);
        at += gap + w->tensors[i].bytes;
    }
    *out = file;
    return ROCKET_OK;
}

rocket_status rk_tensor_writer_put(rk_atomic_file **out, rk_tensor_writer *writer, const char *path, rocket_error *err)
{
    rk_buf json;
    rocket_status status;

    RK_FAIL_IF(writer->error.status, FAILED, err, "%s: %s", path, writer->error.text);
    rk_buf_init(&json, RK_TENSOR_MAX_HEADER);
    status = make_header(writer, &json, err);
    if (status == ROCKET_OK)
        status = write_file(out, writer, &json, path, err);
    else
        rk_error_prefix(err, "%s", path);
    rk_buf_clear(&json);
    return status;
}

rocket_status rk_tensor_writer_save(rk_tensor_writer *writer, const char *path, rocket_error *err)
{
    rk_atomic_file *file;

    RK_TRY(rk_tensor_writer_put(&file, writer, path, err));
    return rk_atomic_commit(file, err);
}
