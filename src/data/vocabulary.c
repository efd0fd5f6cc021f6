/* Vocabularies: the words of a file, one per line, kept because the exported model carries them with it. */
#include "vocabulary.h"

#include <string.h>

#include "buf.h"
#include "error.h"
#include "file.h"
#include "map.h"

enum { MAX_BYTES = 1 << 30 };

static size_t count_lines(const char *text, size_t n)
{
    size_t lines = 0;

    for (const char *p = text, *end = text + n; p < end; lines++) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));

        p = newline ? newline + 1 : end;
    }
    return lines;
}

/* Cut the text in place: line ends become the words' NULs. */
static rocket_status cut_words(const char **words, char *text, size_t n, const char *path, rocket_error *err)
{
    size_t line = 0;

    for (char *p = text, *end = text + n; p < end; line++) {
        char *newline = memchr(p, '\n', (size_t)(end - p)), *stop = newline ? newline : end;

        words[line] = p;
        RK_FAIL_IF(memchr(p, '\0', (size_t)(stop - p)), DATA, err, "%s:%zu: expected a word, found a NUL byte", path,
                   line + 1);
        *stop = '\0';
        if (stop > p && stop[-1] == '\r')
            stop[-1] = '\0';
        p = stop + 1;
    }
    return ROCKET_OK;
}

/* Upstream's tables refuse a word that stands twice: its id would be ambiguous. */
static rocket_status check_unique(const rk_vocabulary *vocabulary, rocket_error *err)
{
    rk_map *seen = rk_map_new();
    rocket_status status = seen ? ROCKET_OK : rk_fail(err, ROCKET_FAILED, "%s: out of memory", vocabulary->path);

    for (size_t i = 0; i < vocabulary->n && status == ROCKET_OK; i++) {
        const char *word = vocabulary->words[i];
        bool existed = false;
        int64_t first = rk_map_get(seen, word, strlen(word));

        if (!rk_map_put(seen, word, strlen(word), (int64_t)i, &existed))
            status = rk_fail(err, ROCKET_FAILED, "%s: out of memory", vocabulary->path);
        else if (existed)
            status = rk_fail(err, ROCKET_DATA, "%s:%zu: the word \"%s\" stands in line %lld already", vocabulary->path,
                             i + 1, word, (long long)first + 1);
    }
    rk_map_free(seen);
    return status;
}

static rocket_status read_words(rk_vocabulary *out, rk_arena *arena, const char *path, rk_buf *buf, rocket_error *err)
{
    RK_FAIL_IF(!rk_file_exists(path), DATA, err, "vocab_file: %s: no such file", path);
    RK_TRY(rk_file_read_text(buf, path, err));
    RK_FAIL_IF(buf->size == 0, DATA, err, "vocab_file: %s: expected one word per line, found an empty file", path);
    rk_vocabulary made = { .path = path, .n = count_lines(buf->data, buf->size) };
    char *text = rk_arena_alloc(arena, buf->size + 1, 1);
    const char **words = rk_arena_alloc(arena, made.n, sizeof *words);
    RK_FAIL_IF(!text || !words, FAILED, err, "%s: out of memory", path);
    memcpy(text, buf->data, buf->size);
    RK_TRY(cut_words(words, text, buf->size, path, err));
    made.words = words;
    RK_TRY(check_unique(&made, err));
    *out = made;
    return ROCKET_OK;
}

rocket_status rk_vocabulary_get(const rk_vocabulary **out, rk_vocabularies *vocabularies, const char *path,
                                rocket_error *err)
{
    rk_vocabulary made;
    rk_buf buf;

    for (size_t i = 0; i < vocabularies->n; i++)
        if (strcmp(vocabularies->item[i].path, path) == 0) {
            *out = &vocabularies->item[i];
            return ROCKET_OK;
        }
    RK_FAIL_IF(!vocabularies->from_files, CORRUPT, err, "the model has no vocabulary for vocab_file \"%s\"", path);
    rk_buf_init(&buf, MAX_BYTES);
    rocket_status status = read_words(&made, vocabularies->arena, path, &buf, err);
    rk_buf_clear(&buf);
    RK_TRY(status);
    vocabularies->item[vocabularies->n] = made; /* the schema made room for one per feature */
    *out = &vocabularies->item[vocabularies->n++];
    return ROCKET_OK;
}
