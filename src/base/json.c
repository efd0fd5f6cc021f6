/* Reading JSON over jansson, which is seen here and nowhere else.
 *
 * The library's tree is walked once into one of our own, in an arena: members in the order of the text with O(1)
 * access by number, and a sorted index for access by name, where the library offers iterators only. Strings stay the
 * library's. Nesting is limited before parsing, both for the message's sake (it has a place) and because the library
 * recurses far deeper than a file from outside has any business to be.
 */
#include "json.h"

#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "mem.h"

enum { MAX_DEPTH = 64 };

struct rk_json {
    const json_t *value;
    size_t n;          /* members or elements */
    rk_json *items;    /* [n] */
    const char **keys; /* [n] of an object, in the order of the text */
    size_t *order;     /* [n] of an object: numbers of the members, sorted by key */
};

/* The root knows the memory of all. */
typedef struct document {
    rk_json root; /* first, so that the root's address is the document's */
    json_t *tree;
    rk_arena arena;
} document;

/* The library reports an allocation that failed as a syntax error in some places; this remembers better. */
static _Thread_local bool out_of_memory;

static void *alloc_bytes(size_t n)
{
    void *p = rk_alloc(n, 1);

    if (!p)
        out_of_memory = true;
    return p;
}

static void set_up_library(void)
{
    json_set_alloc_funcs(alloc_bytes, rk_free);
}

/* Depth of brackets outside strings; the text need not be JSON otherwise. */
static rocket_status check_depth(const char *text, size_t n, const char *name, rocket_error *err)
{
    size_t line = 1, column = 0, depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < n; i++) {
        char c = text[i];

        column++;
        if (c == '\n') {
            line++;
            column = 0;
        } else if (in_string) {
            if (c == '\\' && i + 1 < n && text[i + 1] != '\n') {
                i++;
                column++;
            }
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            RK_FAIL_IF(++depth > MAX_DEPTH, CORRUPT, err, "%s:%zu:%zu: expected at most %d nested values, found more",
                       name, line, column, MAX_DEPTH);
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return ROCKET_OK;
}

static rocket_status load(json_t **out, const char *text, size_t n, const char *name, rocket_error *err)
{
    json_error_t fault;

    out_of_memory = false;
    json_t *tree = json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &fault);
    if (out_of_memory) {
        json_decref(tree); /* a tree all the same: nothing says that it is whole */
        return rk_fail(err, ROCKET_FAILED, "%s: out of memory", name);
    }
    RK_FAIL_IF(!tree, CORRUPT, err, "%s:%d:%d: %s", name, fault.line, fault.column, fault.text);
    *out = tree;
    return ROCKET_OK;
}

static void fill(rk_json *node, const json_t *value, rk_arena *arena);

static void fill_array(rk_json *node, rk_arena *arena)
{
    node->n = json_array_size(node->value);
    node->items = rk_arena_alloc(arena, node->n, sizeof *node->items);
    for (size_t i = 0; node->items && i < node->n; i++)
        fill(&node->items[i], json_array_get(node->value, i), arena);
}

static int compare_keys(const void *a, const void *b, void *keys)
{
    return strcmp(((const char **)keys)[*(const size_t *)a], ((const char **)keys)[*(const size_t *)b]);
}

static void fill_object(rk_json *node, rk_arena *arena)
{
    json_t *object = (json_t *)(uintptr_t)node->value; /* the iterators want it mutable and do not change it */
    size_t i = 0;

    node->n = json_object_size(object);
    node->items = rk_arena_alloc(arena, node->n, sizeof *node->items);
    node->keys = rk_arena_alloc(arena, node->n, sizeof *node->keys);
    node->order = rk_arena_alloc(arena, node->n, sizeof *node->order);
    if (rk_arena_failed(arena))
        return;
    for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at), i++) {
        node->keys[i] = json_object_iter_key(at);
        node->order[i] = i;
        fill(&node->items[i], json_object_iter_value(at), arena);
    }
    qsort_r(node->order, node->n, sizeof *node->order, compare_keys, node->keys);
}

/* Recursion is bounded by MAX_DEPTH. Failures stick to the arena. */
static void fill(rk_json *node, const json_t *value, rk_arena *arena)
{
    node->value = value;
    if (json_is_array(value))
        fill_array(node, arena);
    else if (json_is_object(value))
        fill_object(node, arena);
}

rocket_status rk_json_parse(rk_json **out, const char *text, size_t n, const char *name, rocket_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    json_t *tree;

    pthread_once(&once, set_up_library);
    RK_TRY(check_depth(text, n, name, err));
    RK_TRY(load(&tree, text, n, name, err));
    document *doc = rk_alloc(1, sizeof *doc);
    if (!doc) {
        json_decref(tree);
        return rk_fail(err, ROCKET_FAILED, "%s: out of memory", name);
    }
    doc->tree = tree;
    rk_arena_init(&doc->arena, 0);
    fill(&doc->root, tree, &doc->arena);
    if (rk_arena_failed(&doc->arena)) {
        rk_json_free(&doc->root);
        return rk_fail(err, ROCKET_FAILED, "%s: out of memory", name);
    }
    *out = &doc->root;
    return ROCKET_OK;
}

void rk_json_free(rk_json *root)
{
    document *doc = (document *)root;

    if (!doc)
        return;
    json_decref(doc->tree);
    rk_arena_clear(&doc->arena);
    rk_free(doc);
}

rk_json_kind rk_json_kind_of(const rk_json *value)
{
    if (!value)
        return RK_JSON_NULL;
    switch (json_typeof(value->value)) {
    case JSON_OBJECT:
        return RK_JSON_OBJECT;
    case JSON_ARRAY:
        return RK_JSON_ARRAY;
    case JSON_STRING:
        return RK_JSON_STRING;
    case JSON_INTEGER:
    case JSON_REAL:
        return RK_JSON_NUMBER;
    case JSON_TRUE:
    case JSON_FALSE:
        return RK_JSON_BOOL;
    case JSON_NULL:
        break;
    }
    return RK_JSON_NULL;
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

const char *rk_json_string(const rk_json *value)
{
    return value ? json_string_value(value->value) : NULL;
}

bool rk_json_number(const rk_json *value, double *out)
{
    if (rk_json_kind_of(value) != RK_JSON_NUMBER)
        return false;
    *out = json_number_value(value->value);
    return true;
}

bool rk_json_integer(const rk_json *value, int64_t *out)
{
    if (!value || !json_is_integer(value->value))
        return false;
    *out = json_integer_value(value->value);
    return true;
}

bool rk_json_bool(const rk_json *value, bool *out)
{
    if (rk_json_kind_of(value) != RK_JSON_BOOL)
        return false;
    *out = json_is_true(value->value);
    return true;
}
