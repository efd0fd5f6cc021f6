/* The error object: first error wins, prefixes pile up in front, everything stays one line of valid UTF-8. */
#include "rk_test.h"

#include <string.h>

#include "error.h"

static void the_first_error_is_kept(void **state)
{
    rocket_error err = { 0 };

    (void)state;
    assert_int_equal(rk_fail(&err, ROCKET_DATA, "expected %d, found %d", 3, 4), ROCKET_DATA);
    assert_int_equal(rk_fail(&err, ROCKET_CONFIG, "later"), ROCKET_CONFIG);
    assert_int_equal(err.status, ROCKET_DATA);
    assert_string_equal(err.text, "expected 3, found 4");
}

static void null_is_allowed(void **state)
{
    (void)state;
    assert_int_equal(rk_fail(NULL, ROCKET_USAGE, "x"), ROCKET_USAGE);
    rk_error_prefix(NULL, "x");
    rk_error_clear(NULL);
}

static void prefixes_stand_in_front(void **state)
{
    rocket_error err = { 0 };

    (void)state;
    rk_error_prefix(&err, "nothing to prefix");
    assert_string_equal(err.text, "");
    rk_fail(&err, ROCKET_DATA, "bad");
    rk_error_prefix(&err, "line %d", 7);
    rk_error_prefix(&err, "file");
    assert_string_equal(err.text, "file: line 7: bad");
    rk_error_clear(&err);
    assert_int_equal(err.status, ROCKET_OK);
    assert_string_equal(err.text, "");
}

static void long_texts_lose_their_end(void **state)
{
    rocket_error err = { 0 };
    char text[3000];

    (void)state;
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    rk_fail(&err, ROCKET_DATA, "%s", text);
    assert_int_equal(strlen(err.text), ROCKET_ERROR_TEXT_BYTES - 1);
    rk_error_prefix(&err, "p");
    assert_int_equal(strlen(err.text), ROCKET_ERROR_TEXT_BYTES - 1);
    assert_memory_equal(err.text, "p: aaa", 6);
    rk_error_prefix(&err, "%s", text);
    assert_int_equal(strlen(err.text), ROCKET_ERROR_TEXT_BYTES - 1);
    assert_memory_equal(err.text, "aaaa", 4);
}

/* For every phase of a three-byte character against the end of the buffer: no half of it is left. */
static void truncation_respects_characters(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 3; shift++) {
        rocket_error err = { 0 };
        char text[3000] = "";

        memset(text, 'x', shift);
        for (size_t i = shift; i + 3 < sizeof text; i += 3)
            memcpy(text + i, "\xE4\xB8\xAD", 3);
        rk_fail(&err, ROCKET_DATA, "%s", text);
        assert_int_equal((strlen(err.text) - shift) % 3, 0);
        assert_true(strlen(err.text) > ROCKET_ERROR_TEXT_BYTES - 4);
    }
}

static void control_characters_become_blanks(void **state)
{
    rocket_error err = { 0 };

    (void)state;
    rk_fail(&err, ROCKET_DATA, "a\nb\x1b[31m\x7f");
    assert_string_equal(err.text, "a b [31m ");
}

static rocket_status fails_if(bool condition, rocket_error *err)
{
    RK_FAIL_IF(condition, GATE, err, "met");
    return ROCKET_OK;
}

static rocket_status tries(bool condition, bool *passed, rocket_error *err)
{
    RK_TRY(fails_if(condition, err));
    *passed = true;
    return ROCKET_OK;
}

static void macros_leave_the_function(void **state)
{
    rocket_error err = { 0 };
    bool passed = false;

    (void)state;
    assert_int_equal(tries(true, &passed, &err), ROCKET_GATE);
    assert_false(passed);
    assert_string_equal(err.text, "met");
    assert_int_equal(tries(false, &passed, NULL), ROCKET_OK);
    assert_true(passed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_error_is_kept),        cmocka_unit_test(null_is_allowed),
        cmocka_unit_test(prefixes_stand_in_front),        cmocka_unit_test(long_texts_lose_their_end),
        cmocka_unit_test(truncation_respects_characters), cmocka_unit_test(control_characters_become_blanks),
        cmocka_unit_test(macros_leave_the_function),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
