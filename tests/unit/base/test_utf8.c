/* UTF-8 in its strict form, read and written. */
#include "rk_test.h"

#include <string.h>

#include "utf8.h"

static void texts_are_strict(void **state)
{
    (void)state;
    assert_true(rk_utf8_valid("", 0));
    assert_true(rk_utf8_valid("a\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x9A\x80", 10));
    assert_false(rk_utf8_valid("\x80", 1));
    assert_false(rk_utf8_valid("\xC3", 1));
    assert_false(rk_utf8_valid("\xC3"
                               "a",
                               2));
    assert_false(rk_utf8_valid("\xC0\x80", 2)); /* overlong */
    assert_false(rk_utf8_valid("\xE0\x80\x80", 3));
    assert_false(rk_utf8_valid("\xED\xA0\x80", 3));     /* surrogate */
    assert_false(rk_utf8_valid("\xF4\x90\x80\x80", 4)); /* beyond U+10FFFF */
    assert_false(rk_utf8_valid("\xF5\x80\x80\x80", 4));
}

static void written_characters_are_read(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= 0x10FFFF; code += code < 0x1000 ? 1 : 61) {
        char text[4];

        if (code >= 0xD800 && code < 0xE000)
            continue;
        size_t n = rk_utf8_put(text, code);
        assert_int_equal(rk_utf8_length(text, n), n);
        assert_int_equal(rk_utf8_length(text, n - 1), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_strict),
        cmocka_unit_test(written_characters_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
