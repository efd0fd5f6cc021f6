/* See words.h. Words come from lines of a file, so none holds a newline, and a newline can end each of them. */
#include "words.h"

#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "error.h"

enum { NAME_BYTES = 48 };

static void tensor_name(char name[NAME_BYTES], size_t i)
{
    snprintf(name, NAME_BYTES, "rocket.words/%zu", i);
}

/* ---- writing ---- */

static size_t joined_bytes(const rk_vocabulary *vocabulary)
{
    size_t n = 0;

    for (size_t i = 0; i < vocabulary->n; i++)
        n += strlen(vocabulary->words[i]) + 1;
    return n;
}

static void add_words(rk_tensor_writer *writer, const rk_vocabulary *vocabulary, size_t i, rk_arena *arena)
{
    size_t bytes = joined_bytes(vocabulary), at = 0;
    char *joined = rk_arena_alloc(arena, bytes + 1, 1), name[NAME_BYTES];

    for (size_t k = 0; joined != NULL && k < vocabulary->n; k++) {
        size_t n = strlen(vocabulary->words[k]);
        memcpy(joined + at, vocabulary->words[k], n);
        joined[at + n] = '\n';
        at += n + 1;
    }
    tensor_name(name, i);
    rk_tensor_info tensor = { .name = rk_arena_strdup(arena, name),
                              .type = RK_U8,
                              .rank = 1,
                              .dims = { (int64_t)bytes },
                              .data = joined,
                              .bytes = bytes };
    if (!rk_arena_failed(arena))
        rk_tensor_writer_add(writer, &tensor);
}

rocket_status rk_words_write(rk_tensor_writer *writer, const rk_vocabularies *vocabularies, rk_arena *arena,
                             rocket_error *err)
{
    rk_buf list;

    rk_buf_init(&list, 0);
    rk_buf_puts(&list, "[");
    for (size_t i = 0; i < vocabularies->n; i++) {
        const rk_vocabulary *vocabulary = &vocabularies->item[i];
        rk_buf_puts(&list, i > 0 ? ", {\"path\": " : "{\"path\": ");
        rk_buf_json_string(&list, vocabulary->path, strlen(vocabulary->path));
        rk_buf_printf(&list, ", \"words\": %zu}", vocabulary->n);
        add_words(writer, vocabulary, i, arena);
    }
    rk_buf_puts(&list, "]");
    bool failed = rk_buf_failed(&list) || rk_arena_failed(arena);
    if (!failed)
        rk_tensor_writer_meta(writer, "rocket.vocabularies", list.data, list.size);
    rk_buf_clear(&list);
    RK_FAIL_IF(failed, FAILED, err, "out of memory writing the vocabularies");
    return ROCKET_OK;
}

/* ---- reading ---- */

/* Cut the joined words; each ends where its newline was. */
static rocket_status cut_words(rk_vocabulary *out, char *joined, size_t bytes, rocket_error *err)
{
    const char **words = (const char **)out->words;
    size_t n = 0;

    RK_FAIL_IF(memchr(joined, '\0', bytes) != NULL, CORRUPT, err, "a word of \"%s\" holds a zero byte", out->path);
    for (char *word = joined, *end = joined + bytes; word < end; n++) {
        char *newline = memchr(word, '\n', (size_t)(end - word));
        RK_FAIL_IF(newline == NULL || n == out->n, CORRUPT, err, "the words of \"%s\" are not %zu lines", out->path,
                   out->n);
        *newline = '\0';
        words[n] = word;
        word = newline + 1;
    }
    RK_FAIL_IF(n != out->n, CORRUPT, err, "the words of \"%s\" are %zu lines, not %zu", out->path, n, out->n);
    return ROCKET_OK;
}

static rocket_status read_words(rk_vocabulary *out, const rk_tensor_file *file, const rk_json *item, size_t i,
                                rk_arena *arena, rocket_error *err)
{
    const char *path = rk_json_string(rk_json_get(item, "path"));
    char name[NAME_BYTES];
    int64_t n;

    RK_FAIL_IF(path == NULL || !rk_json_integer(rk_json_get(item, "words"), &n), CORRUPT, err,
               "rocket.vocabularies is malformed");
    tensor_name(name, i);
    const rk_tensor_info *tensor = rk_tensor_file_find(file, name);
    RK_FAIL_IF(tensor == NULL || tensor->type != RK_U8, CORRUPT, err, "no tensor \"%s\" of type U8", name);
    RK_FAIL_IF(n < 0 || (uint64_t)n > tensor->bytes, CORRUPT, err, "%lld words of \"%s\" in %zu bytes", (long long)n,
               path, tensor->bytes);
    char *joined = rk_arena_alloc(arena, tensor->bytes + 1, 1);
    out->path = rk_arena_strdup(arena, path);
    out->n = (size_t)n;
    out->words = rk_arena_alloc(arena, (size_t)n + 1, sizeof *out->words);
    RK_FAIL_IF(rk_arena_failed(arena), FAILED, err, "out of memory");
    if (tensor->bytes > 0)
        memcpy(joined, tensor->data, tensor->bytes);
    return cut_words(out, joined, tensor->bytes, err);
}

rocket_status rk_words_read(rk_vocabularies *out, const rk_tensor_file *file, const rk_json *list, rk_arena *arena,
                            rocket_error *err)
{
    RK_FAIL_IF(rk_json_kind_of(list) != RK_JSON_ARRAY, CORRUPT, err, "rocket.vocabularies is not a list");
    size_t n = rk_json_size(list);
    rk_vocabulary *items = rk_arena_alloc(arena, n + 1, sizeof *items);

    RK_FAIL_IF(items == NULL, FAILED, err, "out of memory");
    for (size_t i = 0; i < n; i++)
        RK_TRY(read_words(&items[i], file, rk_json_at(list, i), i, arena, err));
    *out = (rk_vocabularies){ .item = items, .n = n, .arena = arena };
    return ROCKET_OK;
}
