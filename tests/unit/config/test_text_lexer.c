/* Words of the text format: kinds, extents, lines and columns. */
#include <stdio.h>
#include <string.h>

#include "rk_test.h"
#include "text_lexer.h"

/* "kind:text@line.column" of every word, a blank between; kinds N name, 0 number, S string, + symbol, ! bad. */
static const char *words(const char *text, size_t n)
{
    static char out[2048];
    static const char kinds[] = "EN0S+!";
    rk_lexer lexer;
    size_t used = 0;

    out[0] = '\0';
    for (rk_lexer_init(&lexer, text, n); lexer.token.kind != RK_TOKEN_END; rk_lexer_next(&lexer))
        used +=
            (size_t)snprintf(out + used, sizeof out - used, "%s%c:%.*s@%u.%u", used ? " " : "", kinds[lexer.token.kind],
                             (int)lexer.token.n, lexer.token.text, lexer.token.line, lexer.token.column);
    return out;
}

static void assert_words(const char *text, const char *expected)
{
    assert_string_equal(words(text, strlen(text)), expected);
}

static void words_are_told_apart(void **state)
{
    (void)state;
    assert_words("", "");
    assert_words("  \t\n # comment", "");
    assert_words("a_B1: 5", "N:a_B1@1.1 +::@1.5 0:5@1.7");
    assert_words("a{b<c>}[,;]",
                 "N:a@1.1 +:{@1.2 N:b@1.3 +:<@1.4 N:c@1.5 +:>@1.6 +:}@1.7 +:[@1.8 +:,@1.9 +:;@1.10 +:]@1.11");
    assert_words("1.5f -2 .5 . 5. 0x1F 1e-6 1E+6f 3-4",
                 "0:1.5f@1.1 +:-@1.6 0:2@1.7 0:.5@1.9 +:.@1.12 0:5.@1.14 "
                 "0:0x1F@1.17 0:1e-6@1.22 0:1E+6f@1.27 0:3@1.33 +:-@1.34 0:4@1.35");
    assert_words("0x1e-5", "0:0x1e@1.1 +:-@1.5 0:5@1.6"); /* no exponents in hexadecimal */
    assert_words("12ab", "0:12ab@1.1");
    assert_words("'a\"b' \"c'd\" 'e\\'f' ''", "S:'a\"b'@1.1 S:\"c'd\"@1.7 S:'e\\'f'@1.13 S:''@1.20");
}

static void places_count_lines_and_characters(void **state)
{
    (void)state;
    assert_words("a\n b\r\n\n\tc", "N:a@1.1 N:b@2.2 N:c@4.2");
    assert_words("'\xC3\xA9\xE4\xB8\xAD' x", "S:'\xC3\xA9\xE4\xB8\xAD'@1.1 N:x@1.6");
    assert_words("\xEF\xBB\xBF"
                 "a",
                 "N:a@1.1");
    assert_words("a # '\n'b'", "N:a@1.1 S:'b'@2.1");
}

static void what_is_no_word_is_bad(void **state)
{
    (void)state;
    assert_words("'abc\nd", "!:'abc@1.1 N:d@2.1");
    assert_words("'abc\\\nd", "!:'abc\\@1.1 N:d@2.1");
    assert_words("'", "!:'@1.1");
    assert_words("'a\\", "!:'a\\@1.1");
    assert_words("@ b", "!:@@1.1 N:b@1.3");
    assert_words("\xC3\xA9 b", "!:\xC3\xA9@1.1 N:b@1.3");
    assert_words("// x\ny", "!:// x@1.1 N:y@2.1");
    assert_words("/* x", "!:/* x@1.1");
    assert_words("/ x", "!:/@1.1 N:x@1.3");
    assert_string_equal(words("a\0b", 3), "N:a@1.1 !:@1.2 N:b@1.3");
}

static void the_first_word_of_a_line_is_marked(void **state)
{
    static const bool first[] = { true, false, true, true, false };
    rk_lexer lexer;

    (void)state;
    rk_lexer_init(&lexer, "a b\n  c # d\ne f", 15);
    for (size_t i = 0; i < 5; i++, rk_lexer_next(&lexer))
        assert_int_equal(lexer.token.first, first[i]);
    assert_int_equal(lexer.token.kind, RK_TOKEN_END);
    rk_lexer_next(&lexer);
    assert_int_equal(lexer.token.kind, RK_TOKEN_END); /* and stays there */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_told_apart),
        cmocka_unit_test(places_count_lines_and_characters),
        cmocka_unit_test(what_is_no_word_is_bad),
        cmocka_unit_test(the_first_word_of_a_line_is_marked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
