/* docs/EASYREC.md lists what is refused: every RK_REFUSED of support.def stands in its table with its sentence, and
 * nothing else does. A row is "| `Message` | `field`, `field` | instead |". */
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "rk_test.h"
#include "support.h"

enum { WORD_BYTES = 128 };

/* The text of the section "What is refused", and where it ends. */
static const char *section(const char *page, const char **end)
{
    const char *start = strstr(page, "\n## What is refused\n");

    assert_non_null(start);
    start += 1;
    *end = strstr(start, "\n## ");
    assert_non_null(*end);
    return start;
}

/* The word between the next two ` before end; where it ends. NULL: there is none. */
static const char *quoted(char out[WORD_BYTES], const char *at, const char *end)
{
    const char *open = memchr(at, '`', (size_t)(end - at));
    const char *close = open != NULL ? memchr(open + 1, '`', (size_t)(end - open - 1)) : NULL;

    if (close == NULL)
        return NULL;
    assert_true(close - open < WORD_BYTES);
    memcpy(out, open + 1, (size_t)(close - open - 1));
    out[close - open - 1] = '\0';
    return close + 1;
}

static void check_refused(const char *message, const char *field, const char *instead, size_t n)
{
    for (size_t i = 0; i < rk_n_supports; i++) {
        const rk_support *s = &rk_supports[i];
        if (s->class != RK_IS_REFUSED || strcmp(s->message, message) != 0 || strcmp(s->field, field) != 0)
            continue;
        if (strlen(s->text) != n || memcmp(s->text, instead, n) != 0)
            fail_msg("docs/EASYREC.md, %s.%s: expected \"%s\", as in support.def", message, field, s->text);
        return;
    }
    fail_msg("docs/EASYREC.md: %s.%s is not refused any more: take it out of the table", message, field);
}

/* One row of the table; how many fields it has. */
static size_t check_row(const char *row, const char *end)
{
    char message[WORD_BYTES], field[WORD_BYTES];
    const char *at = quoted(message, row, end), *bar;
    size_t n = 0;

    if (at == NULL)
        return 0;               /* the heading */
    const char *last = end - 2; /* before " |" */
    for (bar = last; bar > row && bar[-1] != '|'; bar--)
        ;
    assert_true(bar > at && last - bar > 1);
    for (const char *next; (next = quoted(field, at, bar)) != NULL; at = next, n++)
        check_refused(message, field, bar + 1, (size_t)(last - bar - 1));
    return n;
}

static void the_page_lists_what_is_refused(void **state)
{
    size_t listed = 0, refused = 0;
    const char *end, *newline;
    rocket_error err = { 0 };
    rk_buf page;

    (void)state;
    rk_buf_init(&page, 0);
    assert_int_equal(rk_file_read(&page, ROCKET_SOURCE_DIR "/docs/EASYREC.md", &err), ROCKET_OK);
    for (const char *at = section(page.data, &end); at < end; at = newline + 1) {
        newline = memchr(at, '\n', (size_t)(end - at) + 1);
        if (*at == '|')
            listed += check_row(at, newline);
    }
    for (size_t i = 0; i < rk_n_supports; i++) {
        char field[WORD_BYTES + 2];
        refused += rk_supports[i].class == RK_IS_REFUSED;
        if (rk_supports[i].class != RK_IS_REFUSED)
            continue;
        snprintf(field, sizeof field, "`%s`", rk_supports[i].field);
        if (strstr(page.data, field) == NULL)
            fail_msg("docs/EASYREC.md: %s.%s is refused and not in the table", rk_supports[i].message, field);
    }
    assert_int_equal(listed, refused);
    rk_buf_clear(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_page_lists_what_is_refused) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
