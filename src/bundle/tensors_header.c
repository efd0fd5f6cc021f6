/* Parser of a safetensors header, one pass over the text, without a JSON tree.
 *
 * A tree would cost a hostile file's reader twenty times the header's size; here a record per tensor and the decoded
 * strings are all that is kept, and both are bounded. The grammar is the format's, not JSON's: an object of
 * {"dtype", "shape", "data_offsets"} objects and one of strings. Anything else is refused with its byte position.
 */
#include "tensors_header.h"

#include <string.h>

#include "error.h"
#include "mem.h"
#include "utf8.h"

typedef struct cursor {
    const char *begin, *at, *end;
    rk_tensor_header *out;
    rocket_error *err;
} cursor;

static rocket_status fail_at(const cursor *c, const char *expected)
{
    size_t where = (size_t)(c->at - c->begin);

    if (c->at == c->end)
        return rk_fail(c->err, ROCKET_CORRUPT, "header ends after %zu bytes, expected %s", where, expected);
    return rk_fail(c->err, ROCKET_CORRUPT, "header, byte %zu: expected %s, found byte 0x%02x", where, expected,
                   (unsigned char)*c->at);
}

static void skip_blanks(cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\r' || *c->at == '\t'))
        c->at++;
}

/* Takes ch and true, or leaves everything. */
static bool accept(cursor *c, char ch)
{
    skip_blanks(c);
    if (c->at == c->end || *c->at != ch)
        return false;
    c->at++;
    return true;
}

static rocket_status expect(cursor *c, char ch)
{
    char text[4] = { '\'', ch, '\'' };

    return accept(c, ch) ? ROCKET_OK : fail_at(c, text);
}

static bool take_hex4(cursor *c, uint32_t *out)
{
    uint32_t value = 0;

    if (c->end - c->at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        unsigned char digit = (unsigned char)c->at[i];
        unsigned char letter = digit | 0x20;

        if (digit >= '0' && digit <= '9')
            value = value << 4 | (uint32_t)(digit - '0');
        else if (letter >= 'a' && letter <= 'f')
            value = value << 4 | (uint32_t)(letter - 'a' + 10);
        else
            return false;
    }
    c->at += 4;
    *out = value;
    return true;
}

/* The character after \u: one unit, or a surrogate pair written as two escapes. */
static rocket_status take_unicode(cursor *c, char **to)
{
    uint32_t code, low = 0;
    bool ok = take_hex4(c, &code);

    if (ok && code >= 0xd800 && code <= 0xdfff) {
        ok = code < 0xdc00 && c->end - c->at >= 2 && c->at[0] == '\\' && c->at[1] == 'u';
        if (ok) {
            c->at += 2;
            ok = take_hex4(c, &low) && low >= 0xdc00 && low <= 0xdfff;
        }
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    if (!ok)
        return fail_at(c, "four hexadecimal digits of a Unicode character");
    *to += rk_utf8_put(*to, code);
    return ROCKET_OK;
}

static rocket_status take_escape(cursor *c, char **to)
{
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    const char *found;

    if (c->at == c->end)
        return fail_at(c, "the rest of an escape");
    if (*c->at == 'u') {
        c->at++;
        return take_unicode(c, to);
    }
    found = *c->at ? strchr(from, *c->at) : NULL;
    if (!found)
        return fail_at(c, "one of \" \\ / b f n r t u after a backslash");
    *(*to)++ = into[found - from];
    c->at++;
    return ROCKET_OK;
}

/* The quote that ends the string whose first character is at c->at; NULL: there is none. */
static const char *string_end(const cursor *c)
{
    const char *p = c->at;

    while (p < c->end && *p != '"')
        p += *p == '\\' && c->end - p > 1 ? 2 : 1;
    return p < c->end ? p : NULL;
}

/* One piece of a string: an escape or a UTF-8 sequence. Decoded text is never longer than its source. */
static rocket_status take_char(cursor *c, char **to)
{
    size_t n;

    if (*c->at == '\\') {
        c->at++;
        return take_escape(c, to);
    }
    n = (unsigned char)*c->at < 0x20 ? 0 : rk_utf8_length(c->at, (size_t)(c->end - c->at));
    if (!n)
        return fail_at(c, "UTF-8 text without control characters");
    while (n--)
        *(*to)++ = *c->at++;
    return ROCKET_OK;
}

/* The letters in front of the next byte that is more than a letter: nearly all of a header. */
static void take_plain(cursor *c, const char *end, char **to)
{
    const char *p = c->at;

    while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '\\')
        p++;
    memcpy(*to, c->at, (size_t)(p - c->at));
    *to += p - c->at;
    c->at = p;
}

/* A quoted string, decoded, in the header's arena. */
static rocket_status take_string(cursor *c, const char **out, size_t *n)
{
    const char *end;
    char *text, *to;

    RK_TRY(expect(c, '"'));
    end = string_end(c);
    if (!end)
        return rk_fail(c->err, ROCKET_CORRUPT, "header, byte %zu: string without end", (size_t)(c->at - c->begin));
    text = rk_arena_alloc(&c->out->strings, (size_t)(end - c->at) + 1, 1);
    RK_FAIL_IF(!text, FAILED, c->err, "no memory for the strings of the header");
    to = text;
    for (take_plain(c, end, &to); c->at < end; take_plain(c, end, &to))
        RK_TRY(take_char(c, &to));
    c->at++;
    *out = text;
    *n = (size_t)(to - text);
    return ROCKET_OK;
}

static rocket_status take_name(cursor *c, const char **out, size_t *n)
{
    size_t where = (size_t)(c->at - c->begin);

    RK_TRY(take_string(c, out, n));
    RK_FAIL_IF(!rk_tensor_name_valid(*out, *n), CORRUPT, c->err,
               "header, byte %zu: a name must have 1 to %d bytes and no control characters", where, RK_TENSOR_MAX_NAME);
    return ROCKET_OK;
}

static rocket_status take_integer(cursor *c, int64_t *out)
{
    int64_t value = 0;
    const char *first;

    skip_blanks(c);
    first = c->at;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++)
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, *c->at - '0', &value))
            return fail_at(c, "an integer below 2^63");
    if (c->at == first || (*first == '0' && c->at - first > 1))
        return fail_at(c, "an integer >= 0 without leading zeros");
    *out = value;
    return ROCKET_OK;
}

static rocket_status take_dtype(cursor *c, rk_tensor_entry *entry)
{
    const char *name;
    size_t n;

    RK_TRY(take_name(c, &name, &n));
    RK_FAIL_IF(!rk_dtype_find(name, &entry->info.type), CORRUPT, c->err,
               "tensor \"%s\": dtype is \"%.40s\", expected F32, F64, I64, U64, U8, BF16 or I8", entry->info.name,
               name);
    return ROCKET_OK;
}

static rocket_status take_shape(cursor *c, rk_tensor_entry *entry)
{
    rk_tensor_info *info = &entry->info;

    RK_TRY(expect(c, '['));
    info->rank = 0;
    if (accept(c, ']'))
        return ROCKET_OK;
    do {
        RK_FAIL_IF(info->rank == RK_TENSOR_MAX_RANK, CORRUPT, c->err, "tensor \"%s\": more than %d dimensions",
                   info->name, RK_TENSOR_MAX_RANK);
        RK_TRY(take_integer(c, &info->dims[info->rank]));
        info->rank++;
    } while (accept(c, ','));
    return expect(c, ']');
}

static rocket_status take_offsets(cursor *c, rk_tensor_entry *entry)
{
    int64_t begin = 0, end = 0;

    RK_TRY(expect(c, '['));
    RK_TRY(take_integer(c, &begin));
    RK_TRY(expect(c, ','));
    RK_TRY(take_integer(c, &end));
    RK_FAIL_IF(end < begin, CORRUPT, c->err, "tensor \"%s\": data_offsets end before they begin", entry->info.name);
    entry->begin = (uint64_t)begin;
    entry->end = (uint64_t)end;
    return expect(c, ']');
}

/* The members of a tensor in any order, each exactly once. */
static rocket_status take_members(cursor *c, rk_tensor_entry *entry)
{
    static const char *const keys[] = { "dtype", "shape", "data_offsets" };
    static rocket_status (*const take[])(cursor *, rk_tensor_entry *) = { take_dtype, take_shape, take_offsets };
    bool seen[3] = { false };

    RK_TRY(expect(c, '{'));
    for (int members = 0; members < 3; members++) {
        const char *key;
        size_t n;
        int which = 0;

        if (members > 0)
            RK_TRY(expect(c, ','));
        RK_TRY(take_name(c, &key, &n));
        while (which < 3 && strcmp(key, keys[which]) != 0)
            which++;
        RK_FAIL_IF(which == 3 || seen[which], CORRUPT, c->err,
                   "tensor \"%s\": expected dtype, shape and data_offsets once each, found \"%.40s\"", entry->info.name,
                   key);
        seen[which] = true;
        RK_TRY(expect(c, ':'));
        RK_TRY(take[which](c, entry));
    }
    return expect(c, '}');
}

/* Room for one more of n elements, doubling. */
static rocket_status grow(cursor *c, void **array, size_t *capacity, size_t n, size_t element)
{
    size_t more = *capacity ? 2 * *capacity : 16;
    void *bigger;

    RK_FAIL_IF(n >= RK_TENSOR_MAX_COUNT, CORRUPT, c->err, "more than %d tensors or metadata entries",
               RK_TENSOR_MAX_COUNT);
    if (n < *capacity)
        return ROCKET_OK;
    bigger = rk_realloc(*array, more, element);
    RK_FAIL_IF(!bigger, FAILED, c->err, "no memory for %zu entries of the header", more);
    *array = bigger;
    *capacity = more;
    return ROCKET_OK;
}

static rocket_status take_tensor(cursor *c, const char *name, size_t n)
{
    rk_tensor_header *h = c->out;
    rk_tensor_entry entry = { .info.name = name };
    void *entries = h->entries;
    uint64_t bytes = 0;
    bool twice = false;
    rocket_status status = grow(c, &entries, &h->entry_capacity, h->n_entries, sizeof entry);

    h->entries = entries;
    RK_TRY(status);
    RK_FAIL_IF(!rk_map_put(h->names, name, n, (int64_t)h->n_entries, &twice), FAILED, c->err,
               "no memory for the names of tensors");
    RK_FAIL_IF(twice, CORRUPT, c->err, "tensor \"%s\" is there twice", name);
    RK_TRY(take_members(c, &entry));
    RK_FAIL_IF(!rk_tensor_bytes_of(entry.info.type, entry.info.rank, entry.info.dims, &bytes), CORRUPT, c->err,
               "tensor \"%s\": the product of its dimensions is beyond any file", name);
    RK_FAIL_IF(bytes != entry.end - entry.begin, CORRUPT, c->err,
               "tensor \"%s\": type and shape need %llu bytes, data_offsets span %llu", name, (unsigned long long)bytes,
               (unsigned long long)(entry.end - entry.begin));
    entry.info.bytes = (size_t)bytes;
    h->entries[h->n_entries++] = entry;
    return ROCKET_OK;
}

static rocket_status take_meta_entry(cursor *c)
{
    rk_tensor_header *h = c->out;
    rk_tensor_meta meta = { 0 };
    void *metas = h->meta;
    size_t n, where;
    bool twice = false;
    rocket_status status = grow(c, &metas, &h->meta_capacity, h->n_meta, sizeof meta);

    h->meta = metas;
    RK_TRY(status);
    RK_TRY(take_name(c, &meta.key, &n));
    RK_TRY(expect(c, ':'));
    skip_blanks(c);
    where = (size_t)(c->at - c->begin) + 1; /* behind the quote */
    RK_TRY(take_string(c, &meta.value, &meta.n));
    RK_FAIL_IF(!rk_map_put(h->keys, meta.key, n, (int64_t)h->n_meta, &twice), FAILED, c->err,
               "no memory for the keys of __metadata__");
    RK_FAIL_IF(twice, CORRUPT, c->err, "__metadata__ has \"%s\" twice", meta.key);
    if (!strcmp(meta.key, RK_TENSOR_DIGEST_KEY))
        h->digest_at = where;
    h->meta[h->n_meta++] = meta;
    return ROCKET_OK;
}

static rocket_status take_metadata(cursor *c, bool *seen)
{
    RK_FAIL_IF(*seen, CORRUPT, c->err, "__metadata__ is there twice");
    *seen = true;
    RK_TRY(expect(c, '{'));
    if (accept(c, '}'))
        return ROCKET_OK;
    do
        RK_TRY(take_meta_entry(c));
    while (accept(c, ','));
    return expect(c, '}');
}

static rocket_status take_header(cursor *c)
{
    bool metadata = false;

    if (c->at == c->end || *c->at != '{')
        return fail_at(c, "'{'");
    c->at++;
    if (accept(c, '}'))
        return ROCKET_OK;
    do {
        const char *name;
        size_t n;

        RK_TRY(take_name(c, &name, &n));
        RK_TRY(expect(c, ':'));
        RK_TRY(strcmp(name, RK_TENSOR_META_KEY) ? take_tensor(c, name, n) : take_metadata(c, &metadata));
    } while (accept(c, ','));
    return expect(c, '}');
}

rocket_status rk_tensor_header_parse(rk_tensor_header *header, const char *text, size_t n, rocket_error *err)
{
    cursor c = { .begin = text, .at = text, .end = text + n, .out = header, .err = err };

    rk_arena_init(&header->strings, 0); /* decoded strings are shorter than the header, which is bounded */
    header->names = rk_map_new();
    header->keys = rk_map_new();
    RK_FAIL_IF(!header->names || !header->keys, FAILED, err, "no memory for the names of tensors");
    RK_TRY(take_header(&c));
    skip_blanks(&c);
    return c.at == c.end ? ROCKET_OK : fail_at(&c, "blanks up to the tensors");
}

void rk_tensor_header_clear(rk_tensor_header *header)
{
    rk_arena_clear(&header->strings);
    rk_free(header->entries);
    rk_free(header->meta);
    rk_map_free(header->names);
    rk_map_free(header->keys);
    *header = (rk_tensor_header){ 0 };
}
