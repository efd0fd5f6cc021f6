/* Any bytes as a fine-tune name map: refused with a sentence, or the pairs that a plain splitter finds in its lines. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "restore.h"

enum { MAX_BYTES = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* abort() is what libFuzzer counts as a finding. */
static void require(bool condition)
{
    if (!condition)
        abort();
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Words of a line, byte by byte; the first two are copied. */
static size_t split(char words[2][MAX_BYTES + 1], const char *line, size_t n)
{
    size_t n_words = 0, length = 0;

    words[0][0] = words[1][0] = '\0';
    for (size_t i = 0; i <= n; i++) {
        bool gap = i == n || is_blank(line[i]);

        if (!gap && n_words < 2)
            words[n_words][length] = line[i];
        length += !gap;
        if (gap && length > 0) {
            if (n_words < 2)
                words[n_words][length] = '\0';
            n_words++;
            length = 0;
        }
    }
    return n_words;
}

/* map: NULL when it was refused. A name that stands twice means its first line. */
static void compare(const rk_name_map *map, const char *text, size_t n)
{
    static char words[2][MAX_BYTES + 1];
    bool good = memchr(text, '\0', n) == NULL;
    const char *end = text + n;

    for (const char *line = text, *next; line <= end; line = next + 1) {
        next = line < end ? memchr(line, '\n', (size_t)(end - line)) : NULL;
        next = next != NULL ? next : end;
        size_t n_words = split(words, line, (size_t)(next - line));

        good &= n_words == 0 || n_words == 2;
        if (map == NULL || n_words == 0)
            continue;
        const char *old = rk_name_map_old(map, words[0]);
        require(old != words[0]);
        if (strcmp(old, words[1]) != 0) /* a line before this one has said otherwise */
            require(strstr(text, words[0]) != NULL && strstr(text, words[0]) < line);
    }
    require(good == (map != NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[MAX_BYTES + 1];
    rk_name_map *map = NULL;
    rocket_error err = { 0 };

    if (size > MAX_BYTES)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    rocket_status status = rk_name_map_parse(&map, "names", text, size, &err);
    require(status == ROCKET_OK || (status == ROCKET_CONFIG && err.text[0] != '\0'));
    compare(map, text, size);
    rk_name_map_free(map);
    require(strcmp(rk_name_map_old(NULL, "x"), "x") == 0);
    return 0;
}
