/* Reading JSON (RFC 8259): recursive descent into an arena, with the place of every fault.
 *
 * A reader of our own, because the usual library loses a character when memory runs out inside a token and then reads
 * on past the end of it; here every failed allocation ends in ROCKET_FAILED. It is strict: duplicate keys, U+0000 in
 * strings, bytes that are no UTF-8, numbers beyond the range of their type and text after the document are faults.
 * Members keep the order of the text and have a sorted index for access by name. Nesting, and so recursion, is limited.
 */
#include "json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "mem.h"
#include "number.h"
#include "utf8.h"

enum { MAX_DEPTH = 64 };

struct rk_json {
    rk_json_kind kind;
    bool flag, is_integer;
    rk_json_place where, key_where;
    int64_t integer;
    double number;
    const char *string;
    size_t n;          /* members or elements */
    rk_json *items;    /* [n] */
    const char **keys; /* [n] of an object, in the order of the text */
    size_t *order;     /* [n] of an object: numbers of the members, sorted by key */
};

/* The root knows the memory of all. */
typedef struct document {
    rk_json root; /* first, so that the root's address is the document's */
    rk_arena arena;
} document;

/* An element or member that was read, while the rest of its list is. */
typedef struct entry {
    rk_json value;
    const char *key;
    size_t key_at; /* offset in the text */
} entry;

typedef struct parser {
    const char *text, *name;
    size_t at, n, depth;
    size_t n_lines, line_start; /* line ends before `at`, and where the last of them ended */
    entry *stack;               /* [n_stack] of all lists that are open */
    size_t n_stack, capacity;
    rk_arena *arena;
    rocket_error *err;
} parser;

/* A fault at an offset of the text. Columns count bytes from 1; the end of the text stands at its last byte. */
static rocket_status fault_found(const parser *p, size_t at, const char *expected, const char *found)
{
    size_t line = 1, start = 0;

    for (size_t i = 0; i < at; i++)
        if (p->text[i] == '\n') {
            line++;
            start = i + 1;
        }
    return rk_fail(p->err, ROCKET_CORRUPT, "%s:%zu:%zu: expected %s, found %s", p->name, line, at - start + (at < p->n),
                   expected, found);
}

static rocket_status fault(const parser *p, size_t at, const char *expected)
{
    unsigned char c = at < p->n ? (unsigned char)p->text[at] : 0;
    char found[16];

    if (at == p->n)
        return fault_found(p, at, expected, "the end");
    snprintf(found, sizeof found, c > ' ' && c < 0x7F ? "'%c'" : "byte 0x%02X", c);
    return fault_found(p, at, expected, found);
}

static rocket_status no_memory(const parser *p)
{
    return rk_fail(p->err, ROCKET_FAILED, "%s: out of memory", p->name);
}

/* Line ends stand between values only. */
static void skip_blanks(parser *p)
{
    for (; p->at < p->n && strchr(" \t\r\n", p->text[p->at]) != NULL && p->text[p->at] != '\0'; p->at++)
        if (p->text[p->at] == '\n') {
            p->n_lines++;
            p->line_start = p->at + 1;
        }
}

static rk_json_place place(const parser *p)
{
    return (rk_json_place){ (uint32_t)p->n_lines + 1, (uint32_t)(p->at - p->line_start) + 1 };
}

/* Is the next byte c? Takes it if so. */
static bool take(parser *p, char c)
{
    if (p->at == p->n || p->text[p->at] != c)
        return false;
    p->at++;
    return true;
}

/* Four hexadecimal digits at the parser; -1 when there are none. */
static int32_t take_hex(parser *p)
{
    int32_t code = 0;

    if (p->n - p->at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = p->text[p->at + (size_t)i];
        int32_t digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
        if (digit < 0)
            return -1;
        code = code * 16 + digit;
    }
    p->at += 4;
    return code;
}

/* What follows \u: one code, or the two halves of one. */
static rocket_status take_code(parser *p, char **to)
{
    size_t start = p->at;
    int32_t code = take_hex(p), low = 0;

    if (code >= 0xD800 && code < 0xDC00) {
        low = take(p, '\\') && take(p, 'u') ? take_hex(p) : -1;
        code = low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) : -1;
    } else if (code >= 0xDC00 && code < 0xE000) {
        code = -1;
    }
    if (code <= 0)
        return fault(p, start, "four hexadecimal digits of a character other than U+0000");
    *to += rk_utf8_put(*to, (uint32_t)code);
    return ROCKET_OK;
}

static rocket_status take_escape(parser *p, char **to)
{
    static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    const char *letter = p->at < p->n && p->text[p->at] != '\0' ? strchr(letters, p->text[p->at]) : NULL;

    if (take(p, 'u'))
        return take_code(p, to);
    if (letter == NULL)
        return fault(p, p->at, "an escape: one of \" \\ / b f n r t u");
    *(*to)++ = bytes[letter - letters];
    p->at++;
    return ROCKET_OK;
}

/* Where the string that begins at the parser ends, at most: the next quote that is not escaped. */
static size_t string_length(const parser *p)
{
    size_t i = p->at;

    while (i < p->n && p->text[i] != '"')
        i += p->text[i] == '\\' ? 2 : 1;
    return (i < p->n ? i : p->n) - p->at;
}

static rocket_status parse_string(parser *p, const char **out)
{
    if (!take(p, '"'))
        return fault(p, p->at, "a string");
    char *to = rk_arena_alloc(p->arena, string_length(p) + 1, 1); /* what is decoded is never longer */
    *out = to;
    if (to == NULL)
        return no_memory(p);
    while (!take(p, '"')) {
        if (take(p, '\\')) {
            RK_TRY(take_escape(p, &to));
            continue;
        }
        size_t length = rk_utf8_length(p->text + p->at, p->n - p->at);
        if (length == 0 || (unsigned char)p->text[p->at] < ' ')
            return fault(p, p->at, "UTF-8 text without control characters");
        memcpy(to, p->text + p->at, length);
        to += length;
        p->at += length;
    }
    return ROCKET_OK;
}

static size_t skip_digits(parser *p)
{
    size_t start = p->at;

    while (p->at < p->n && p->text[p->at] >= '0' && p->text[p->at] <= '9')
        p->at++;
    return p->at - start;
}

static rocket_status parse_number(parser *p, rk_json *out)
{
    size_t start = p->at;

    out->kind = RK_JSON_NUMBER;
    out->is_integer = true;
    take(p, '-');
    if (!take(p, '0') && skip_digits(p) == 0)
        return fault(p, p->at, "a value");
    if (take(p, '.')) {
        out->is_integer = false;
        if (skip_digits(p) == 0)
            return fault(p, p->at, "a digit");
    }
    if (take(p, 'e') || take(p, 'E')) {
        out->is_integer = false;
        if (!take(p, '+'))
            take(p, '-');
        if (skip_digits(p) == 0)
            return fault(p, p->at, "a digit");
    }
    if (!rk_parse_double(p->text + start, p->at - start, &out->number) || !isfinite(out->number) ||
        (out->is_integer && !rk_parse_i64(p->text + start, p->at - start, &out->integer)))
        return fault(p, start, "a number in the range of its type");
    return ROCKET_OK;
}

static rocket_status parse_value(parser *p, rk_json *out);

static rocket_status push(parser *p, const entry *item)
{
    if (p->n_stack == p->capacity) {
        size_t capacity = p->capacity > 0 ? 2 * p->capacity : 16;
        entry *stack = rk_realloc(p->stack, capacity, sizeof *stack);
        if (stack == NULL)
            return no_memory(p);
        p->stack = stack;
        p->capacity = capacity;
    }
    p->stack[p->n_stack++] = *item;
    return ROCKET_OK;
}

static rocket_status parse_entry(parser *p, bool named)
{
    entry item = { 0 };

    skip_blanks(p);
    item.key_at = p->at;
    rk_json_place key = place(p);
    if (named) {
        RK_TRY(parse_string(p, &item.key));
        skip_blanks(p);
        if (!take(p, ':'))
            return fault(p, p->at, "':'");
    }
    RK_TRY(parse_value(p, &item.value));
    item.value.key_where = key;
    return push(p, &item);
}

static int compare_keys(const void *a, const void *b, void *keys)
{
    size_t i = *(const size_t *)a, j = *(const size_t *)b;
    int order = strcmp(((const char **)keys)[i], ((const char **)keys)[j]);

    return order != 0 ? order : (i > j) - (i < j); /* the later of two that are equal comes later */
}

static rocket_status index_keys(parser *p, rk_json *object, size_t first)
{
    object->keys = rk_arena_alloc(p->arena, object->n, sizeof *object->keys);
    object->order = rk_arena_alloc(p->arena, object->n, sizeof *object->order);
    if (rk_arena_failed(p->arena))
        return no_memory(p);
    for (size_t i = 0; i < object->n; i++) {
        object->keys[i] = p->stack[first + i].key;
        object->order[i] = i;
    }
    qsort_r(object->order, object->n, sizeof *object->order, compare_keys, object->keys);
    for (size_t i = 1; i < object->n; i++)
        if (strcmp(object->keys[object->order[i - 1]], object->keys[object->order[i]]) == 0)
            return fault(p, p->stack[first + object->order[i]].key_at, "a key that the object does not have yet");
    return ROCKET_OK;
}

/* The entries from first on, which the stack gives up. */
static rocket_status close_list(parser *p, rk_json *out, size_t first)
{
    out->n = p->n_stack - first;
    out->items = rk_arena_alloc(p->arena, out->n, sizeof *out->items);
    if (out->items == NULL)
        return no_memory(p);
    for (size_t i = 0; i < out->n; i++) {
        assert(p->stack != NULL);
        out->items[i] = p->stack[first + i].value;
    }
    if (out->kind == RK_JSON_OBJECT)
        RK_TRY(index_keys(p, out, first));
    p->n_stack = first;
    return ROCKET_OK;
}

/* An array or an object; its opening bracket is taken. */
static rocket_status parse_list(parser *p, rk_json *out, char end)
{
    size_t first = p->n_stack, opened = p->at - 1;
    bool named = end == '}';

    out->kind = named ? RK_JSON_OBJECT : RK_JSON_ARRAY;
    if (p->depth == MAX_DEPTH)
        return fault_found(p, opened, "at most 64 nested values", "more");
    p->depth++;
    skip_blanks(p);
    if (!take(p, end))
        do {
            RK_TRY(parse_entry(p, named));
            skip_blanks(p);
            if (take(p, end))
                break;
            if (!take(p, ','))
                return fault(p, p->at, named ? "',' or '}'" : "',' or ']'");
        } while (true);
    p->depth--;
    return close_list(p, out, first);
}

static bool take_word(parser *p, const char *word)
{
    size_t n = strlen(word);

    if (p->n - p->at < n || memcmp(p->text + p->at, word, n) != 0)
        return false;
    p->at += n;
    return true;
}

static rocket_status parse_value(parser *p, rk_json *out)
{
    skip_blanks(p);
    out->where = place(p);
    if (take(p, '{'))
        return parse_list(p, out, '}');
    if (take(p, '['))
        return parse_list(p, out, ']');
    if (p->at < p->n && p->text[p->at] == '"') {
        out->kind = RK_JSON_STRING;
        return parse_string(p, &out->string);
    }
    if (take_word(p, "null"))
        return ROCKET_OK; /* kind is RK_JSON_NULL already */
    out->flag = take_word(p, "true");
    if (!out->flag && !take_word(p, "false"))
        return parse_number(p, out);
    out->kind = RK_JSON_BOOL;
    return ROCKET_OK;
}

static rocket_status parse_document(parser *p, rk_json *root)
{
    RK_TRY(parse_value(p, root));
    skip_blanks(p);
    return p->at == p->n ? ROCKET_OK : fault(p, p->at, "the end");
}

rocket_status rk_json_parse(rk_json **out, const char *text, size_t n, const char *name, rocket_error *err)
{
    document *doc = rk_alloc(1, sizeof *doc);

    RK_FAIL_IF(doc == NULL, FAILED, err, "%s: out of memory", name);
    rk_arena_init(&doc->arena, 0);
    parser p = { .text = text, .name = name, .n = n, .arena = &doc->arena, .err = err };
    rocket_status status = parse_document(&p, &doc->root);
    rk_free(p.stack);
    if (status != ROCKET_OK) {
        rk_json_free(&doc->root);
        return status;
    }
    *out = &doc->root;
    return ROCKET_OK;
}

void rk_json_free(rk_json *root)
{
    document *doc = (document *)root;

    if (!doc)
        return;
    rk_arena_clear(&doc->arena);
    rk_free(doc);
}

rk_json_kind rk_json_kind_of(const rk_json *value)
{
    return value ? value->kind : RK_JSON_NULL;
}

size_t rk_json_size(const rk_json *value)
{
    return value ? value->n : 0;
}

const rk_json *rk_json_at(const rk_json *array, size_t i)
{
    return rk_json_kind_of(array) == RK_JSON_ARRAY && i < array->n ? &array->items[i] : NULL;
}

const rk_json *rk_json_get(const rk_json *object, const char *key)
{
    if (rk_json_kind_of(object) != RK_JSON_OBJECT)
        return NULL;
    for (size_t low = 0, high = object->n; low < high;) {
        size_t middle = low + (high - low) / 2;
        size_t i = object->order[middle];
        int order = strcmp(key, object->keys[i]);

        if (order == 0)
            return &object->items[i];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const char *rk_json_key(const rk_json *object, size_t i)
{
    return rk_json_kind_of(object) == RK_JSON_OBJECT && i < object->n ? object->keys[i] : NULL;
}

const rk_json *rk_json_member(const rk_json *object, size_t i)
{
    return rk_json_kind_of(object) == RK_JSON_OBJECT && i < object->n ? &object->items[i] : NULL;
}

rk_json_place rk_json_where(const rk_json *value)
{
    return value->where;
}

rk_json_place rk_json_key_where(const rk_json *member)
{
    return member->key_where;
}

const char *rk_json_string(const rk_json *value)
{
    return value ? value->string : NULL;
}

bool rk_json_number(const rk_json *value, double *out)
{
    if (rk_json_kind_of(value) != RK_JSON_NUMBER)
        return false;
    *out = value->number;
    return true;
}

bool rk_json_integer(const rk_json *value, int64_t *out)
{
    if (!value || !value->is_integer)
        return false;
    *out = value->integer;
    return true;
}

bool rk_json_bool(const rk_json *value, bool *out)
{
    if (rk_json_kind_of(value) != RK_JSON_BOOL)
        return false;
    *out = value->flag;
    return true;
}
