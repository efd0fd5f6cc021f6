/* Reading safetensors files: layout against the file, checksums, look-up.
 *
 * The header's own checks are in tensors_header.c. Here offsets are laid against each other: sorted by where they
 * begin, every tensor must start where the one before ended and the last must end with the file, so that overlaps,
 * holes and bytes that belong to nobody are one comparison. The work is O(n log n) in the tensors named, whatever
 * they claim.
 */
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "file.h"
#include "hash.h"
#include "mem.h"
#include "tensors_header.h"

struct rk_tensor_file {
    rk_map_file map; /* empty when the bytes are the caller's */
    const unsigned char *bytes;
    size_t size, data_at; /* of the file; where the tensors begin */
    rk_tensor_header header;
    rk_tensor_info *tensors; /* [n_tensors] in file order, padding apart */
    size_t n_tensors;
    size_t *order; /* [header.n_entries] entries in file order */
    size_t *slot;  /* [header.n_entries] entry -> index of tensors */
};

static bool is_padding(const rk_tensor_info *info)
{
    return !strncmp(info->name, RK_TENSOR_PAD, sizeof RK_TENSOR_PAD - 1) && info->type == RK_U8;
}

static const char *meta_find(const rk_tensor_header *header, const char *key, size_t *n)
{
    int64_t i = rk_map_get(header->keys, key, strlen(key));

    if (i < 0)
        return NULL;
    if (n)
        *n = header->meta[i].n;
    return header->meta[i].value;
}

static rocket_status read_header(rk_tensor_file *file, rocket_error *err)
{
    uint64_t n = 0;

    RK_FAIL_IF(file->size < 8, CORRUPT, err, "%zu bytes are too few for a safetensors file", file->size);
    for (int i = 7; i >= 0; i--)
        n = n << 8 | file->bytes[i];
    RK_FAIL_IF(n > RK_TENSOR_MAX_HEADER, CORRUPT, err,
               "not a safetensors file, or a damaged one: its header would have %llu bytes, more than %d",
               (unsigned long long)n, RK_TENSOR_MAX_HEADER);
    RK_FAIL_IF(n > file->size - 8, CORRUPT, err, "file is cut off: header of %llu bytes, %zu are there",
               (unsigned long long)n, file->size - 8);
    file->data_at = (size_t)n + 8;
    return rk_tensor_header_parse(&file->header, (const char *)file->bytes + 8, (size_t)n, err);
}

/* By offset; an empty tensor stands before the one that begins at the same byte. Names are unique: no ties. */
static int compare_entries(const void *a, const void *b, void *entries)
{
    const rk_tensor_entry *x = (const rk_tensor_entry *)entries + *(const size_t *)a;
    const rk_tensor_entry *y = (const rk_tensor_entry *)entries + *(const size_t *)b;

    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    if (x->end != y->end)
        return x->end < y->end ? -1 : 1;
    return strcmp(x->info.name, y->info.name);
}

static rocket_status sort_entries(rk_tensor_file *file, rocket_error *err)
{
    size_t n = file->header.n_entries;

    file->order = rk_alloc(n, sizeof *file->order);
    file->slot = rk_alloc(n, sizeof *file->slot);
    file->tensors = rk_alloc(n, sizeof *file->tensors);
    RK_FAIL_IF(!file->order || !file->slot || !file->tensors, FAILED, err, "no memory for %zu tensors", n);
    for (size_t i = 0; i < n; i++)
        file->order[i] = i;
    if (n > 1)
        qsort_r(file->order, n, sizeof *file->order, compare_entries, file->header.entries);
    return ROCKET_OK;
}

/* Give the entry its place in memory; at is where it must begin. */
static rocket_status place_entry(rk_tensor_file *file, rk_tensor_entry *entry, uint64_t at, rocket_error *err)
{
    rk_tensor_info *info = &entry->info;
    size_t room = file->size - file->data_at;

    RK_FAIL_IF(entry->begin != at, CORRUPT, err, "tensor \"%s\" begins at byte %llu of the data, expected %llu: %s",
               info->name, (unsigned long long)entry->begin, (unsigned long long)at,
               entry->begin < at ? "it overlaps the tensor before it" : "there is a hole before it");
    RK_FAIL_IF(entry->end > room, CORRUPT, err, "tensor \"%s\" ends at byte %llu of the data, the file at %zu",
               info->name, (unsigned long long)entry->end, room);
    info->data = file->bytes + file->data_at + (size_t)at;
    RK_FAIL_IF((uintptr_t)info->data % rk_dtype_bytes(info->type) != 0, CORRUPT, err,
               "tensor \"%s\" (%s) does not begin on a multiple of its element size", info->name,
               rk_dtype_name(info->type));
    return ROCKET_OK;
}

static rocket_status lay_out(rk_tensor_file *file, rocket_error *err)
{
    rk_tensor_entry *entries = file->header.entries;
    uint64_t at = 0;

    RK_TRY(sort_entries(file, err));
    for (size_t i = 0; i < file->header.n_entries; i++) {
        rk_tensor_entry *entry = &entries[file->order[i]];

        RK_TRY(place_entry(file, entry, at, err));
        at = entry->end;
        if (is_padding(&entry->info))
            continue;
        file->slot[file->order[i]] = file->n_tensors;
        file->tensors[file->n_tensors++] = entry->info;
    }
    RK_FAIL_IF(at != file->size - file->data_at, CORRUPT, err, "%llu bytes behind the last tensor",
               (unsigned long long)(file->size - file->data_at - at));
    return ROCKET_OK;
}

static rocket_status check_digest(const rk_tensor_file *file, bool needed, rocket_error *err)
{
    char expected[RK_TENSOR_DIGEST_CHARS + 1];
    size_t n = 0, at = file->header.digest_at + 8;
    const char *found = meta_find(&file->header, RK_TENSOR_DIGEST_KEY, &n);

    if (!found) {
        RK_FAIL_IF(needed, CORRUPT, err, "no checksums: not a file that rocket wrote, or a damaged one");
        return ROCKET_OK;
    }
    /* Compared where they stand: digits written as escapes are a change too. */
    RK_FAIL_IF(n != RK_TENSOR_DIGEST_CHARS || memcmp(file->bytes + at, found, n) != 0, CORRUPT, err,
               "checksum of the header is damaged");
    rk_tensor_digest(expected, file->bytes, at, file->data_at);
    RK_FAIL_IF(memcmp(expected, found, n) != 0, CORRUPT, err,
               "header was changed since it was written: its checksum is %s, the file says %s", expected, found);
    return ROCKET_OK;
}

static rocket_status check_padding(const rk_tensor_file *file, rocket_error *err)
{
    for (size_t i = 0; i < file->header.n_entries; i++) {
        const rk_tensor_info *info = &file->header.entries[i].info;
        const unsigned char *p = info->data;

        for (size_t k = 0; is_padding(info) && k < info->bytes; k++)
            RK_FAIL_IF(p[k] != 0, CORRUPT, err, "padding \"%s\" is not zero: the file is damaged", info->name);
    }
    return ROCKET_OK;
}

static rocket_status check_sums(const rk_tensor_file *file, rocket_error *err)
{
    enum { STEP = RK_TENSOR_DIGEST_CHARS + 1 };
    size_t n = 0;
    const char *sums = meta_find(&file->header, RK_TENSOR_SUMS_KEY, &n);

    RK_FAIL_IF(!sums || n != (file->n_tensors ? file->n_tensors * STEP - 1 : 0), CORRUPT, err,
               "expected %zu checksums of tensors in %s", file->n_tensors, RK_TENSOR_SUMS_KEY);
    for (size_t i = 0; i < file->n_tensors; i++) {
        const rk_tensor_info *info = &file->tensors[i];
        char sum[STEP];

        rk_tensor_hex(sum, rk_xxh64(info->data, info->bytes));
        RK_FAIL_IF(memcmp(sum, sums + i * STEP, RK_TENSOR_DIGEST_CHARS) != 0, CORRUPT, err,
                   "tensor \"%s\" is damaged: its checksum is %s, the file says %.16s", info->name, sum,
                   sums + i * STEP);
    }
    return check_padding(file, err);
}

static rocket_status read_all(rk_tensor_file *file, bool verify, rocket_error *err)
{
    RK_TRY(read_header(file, err));
    RK_TRY(lay_out(file, err));
    RK_TRY(check_digest(file, verify, err));
    return verify ? check_sums(file, err) : ROCKET_OK;
}

static rocket_status finish(rk_tensor_file **out, rk_tensor_file *file, bool verify, rocket_error *err)
{
    rocket_status status = read_all(file, verify, err);

    if (status == ROCKET_OK)
        *out = file;
    else
        rk_tensor_file_close(file);
    return status;
}

rocket_status rk_tensor_file_parse(rk_tensor_file **out, const rk_tensor_bytes *bytes, bool verify, rocket_error *err)
{
    rk_tensor_file *file = rk_alloc(1, sizeof *file);
    rocket_status status;

    RK_FAIL_IF(!file, FAILED, err, "%s: no memory to read it", bytes->name);
    file->bytes = bytes->data;
    file->size = bytes->size;
    status = finish(out, file, verify, err);
    if (status != ROCKET_OK)
        rk_error_prefix(err, "%s", bytes->name);
    return status;
}

rocket_status rk_tensor_file_open(rk_tensor_file **out, const char *path, bool verify, rocket_error *err)
{
    rk_map_file map;
    rk_tensor_file *file;
    rocket_status status;

    RK_TRY(rk_file_map(&map, path, err));
    status = verify ? rk_file_load(&map, path, err) : ROCKET_OK;
    file = status == ROCKET_OK ? rk_alloc(1, sizeof *file) : NULL;
    if (!file) {
        rk_file_unmap(&map);
        return rk_fail(err, ROCKET_FAILED, "%s: no memory to read it", path);
    }
    file->map = map;
    file->bytes = map.data;
    file->size = map.size;
    status = finish(out, file, verify, err);
    if (status != ROCKET_OK)
        rk_error_prefix(err, "%s", path);
    return status;
}

void rk_tensor_file_close(rk_tensor_file *file)
{
    if (!file)
        return;
    rk_tensor_header_clear(&file->header);
    rk_free(file->tensors);
    rk_free(file->order);
    rk_free(file->slot);
    rk_file_unmap(&file->map);
    rk_free(file);
}

bool rk_tensor_file_has_sums(const rk_tensor_file *file)
{
    return meta_find(&file->header, RK_TENSOR_SUMS_KEY, NULL) || meta_find(&file->header, RK_TENSOR_DIGEST_KEY, NULL);
}

size_t rk_tensor_file_size(const rk_tensor_file *file)
{
    return file->n_tensors;
}

const rk_tensor_info *rk_tensor_file_at(const rk_tensor_file *file, size_t i)
{
    return &file->tensors[i];
}

const rk_tensor_info *rk_tensor_file_find(const rk_tensor_file *file, const char *name)
{
    int64_t entry = rk_map_get(file->header.names, name, strlen(name));

    if (entry < 0 || is_padding(&file->header.entries[entry].info))
        return NULL;
    return &file->tensors[file->slot[entry]];
}

const char *rk_tensor_file_meta(const rk_tensor_file *file, const char *key, size_t *n)
{
    return meta_find(&file->header, key, n);
}
