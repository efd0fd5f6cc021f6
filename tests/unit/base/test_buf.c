/* The byte buffer: growth, maximum, sticky failure, JSON escapes. */
#include "rk_test.h"

#include <math.h>
#include <string.h>

#include "buf.h"
#include "mem.h"

static void bytes_are_appended_and_terminated(void **state)
{
    rk_buf buf;

    (void)state;
    rk_buf_init(&buf, 0);
    for (int i = 0; i < 5000; i++)
        rk_buf_printf(&buf, "%d,", i);
    rk_buf_append(&buf, "a\0b", 3);
    rk_buf_append(&buf, NULL, 0);
    assert_memory_equal(buf.data, "0,1,2,3,", 8);
    assert_memory_equal(buf.data + buf.size - 8, "4999,a\0b", 8);
    assert_int_equal(buf.data[buf.size], 0);
    assert_int_equal(buf.size, 10 * 2 + 90 * 3 + 900 * 4 + 4000 * 5 + 3);
    size_t capacity = buf.capacity;
    rk_buf_reset(&buf);
    assert_int_equal(buf.size, 0);
    assert_int_equal(buf.capacity, capacity);
    assert_string_equal(buf.data, "");
    rk_buf_clear(&buf);
    assert_int_equal(rk_alloc_live_bytes(), 0);
}

static void integers_are_little_endian(void **state)
{
    rk_buf buf;

    (void)state;
    rk_buf_init(&buf, 0);
    rk_buf_u32(&buf, 0x01020304);
    rk_buf_u64(&buf, 0x1122334455667788);
    assert_int_equal(buf.size, 12);
    assert_memory_equal(buf.data, "\x04\x03\x02\x01\x88\x77\x66\x55\x44\x33\x22\x11", 12);
    rk_buf_clear(&buf);
}

static void the_maximum_is_exact(void **state)
{
    rk_buf buf;

    (void)state;
    rk_buf_init(&buf, 300);
    for (int i = 0; i < 300; i++)
        rk_buf_append(&buf, "x", 1);
    assert_false(rk_buf_failed(&buf));
    rk_buf_append(&buf, NULL, 0);
    assert_false(rk_buf_failed(&buf));
    rk_buf_append(&buf, "y", 1);
    assert_true(rk_buf_failed(&buf));
    assert_int_equal(buf.size, 300);
    rk_buf_reset(&buf);
    rk_buf_puts(&buf, "z"); /* failure sticks */
    assert_int_equal(buf.size, 0);
    rk_buf_clear(&buf);
    assert_false(rk_buf_failed(&buf));
}

static void assert_json(const char *text, size_t n, const char *expected)
{
    rk_buf buf;

    rk_buf_init(&buf, 0);
    rk_buf_json_string(&buf, text, n);
    assert_string_equal(buf.data, expected);
    rk_buf_clear(&buf);
}

static void json_strings_are_escaped(void **state)
{
    (void)state;
    assert_json("", 0, "\"\"");
    assert_json("a\"b\\c/", 6, "\"a\\\"b\\\\c/\"");
    assert_json("\b\f\n\r\t\0\x1f\x7f", 8, "\"\\b\\f\\n\\r\\t\\u0000\\u001f\\u007f\"");
    assert_json("\xE4\xB8\xAD\xF0\x9F\x9A\x80\xC3\xA9", 9, "\"\xE4\xB8\xAD\xF0\x9F\x9A\x80\xC3\xA9\"");
}

/* Each malformed byte becomes one U+FFFD: lone continuation, overlong, surrogate, beyond Unicode, cut off. */
static void malformed_utf8_is_replaced(void **state)
{
    const char *r = "\xEF\xBF\xBD";
    static const struct {
        const char *text;
        int replaced;
    } cases[] = { { "\x80", 1 },
                  { "\xC0\x80", 2 },
                  { "\xC1\xBF", 2 },
                  { "\xE0\x80\x80", 3 },
                  { "\xED\xA0\x80", 3 },
                  { "\xF4\x90\x80\x80", 4 },
                  { "\xE4\xB8", 2 },
                  { "\xFF", 1 },
                  { "\xF0\x8F\xBF\xBF", 4 },
                  { "\xF5\x80\x80\x80", 4 },
                  { "\xE4\x28\xAD", -1 } };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char expected[64] = "\"";

        for (int j = 0; j < cases[i].replaced; j++)
            memcpy(expected + strlen(expected), r, 4);
        if (cases[i].replaced < 0)
            memcpy(expected, "\"\xEF\xBF\xBD(\xEF\xBF\xBD", 9);
        memcpy(expected + strlen(expected), "\"", 2);
        assert_json(cases[i].text, strlen(cases[i].text), expected);
    }
}

static void json_numbers(void **state)
{
    rk_buf buf;

    (void)state;
    rk_buf_init(&buf, 0);
    rk_buf_json_number(&buf, 0.1);
    rk_buf_puts(&buf, " ");
    rk_buf_json_number(&buf, -3);
    rk_buf_puts(&buf, " ");
    rk_buf_json_number(&buf, -0.0);
    rk_buf_puts(&buf, " ");
    rk_buf_json_number(&buf, (double)NAN);
    rk_buf_puts(&buf, " ");
    rk_buf_json_number(&buf, (double)INFINITY);
    assert_string_equal(buf.data, "0.1 -3 -0.0 null null");
    rk_buf_clear(&buf);
}

static rocket_status grow(void *arg)
{
    rk_buf buf;

    (void)arg;
    rk_buf_init(&buf, 0);
    for (int i = 0; i < 1000; i++)
        rk_buf_printf(&buf, "%d", i);
    rocket_status status = rk_buf_failed(&buf) ? ROCKET_FAILED : ROCKET_OK;
    rk_buf_clear(&buf);
    return status;
}

static void failed_allocations(void **state)
{
    (void)state;
    assert_survives_failed_allocations(grow, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_appended_and_terminated),
        cmocka_unit_test(integers_are_little_endian),
        cmocka_unit_test(the_maximum_is_exact),
        cmocka_unit_test(json_strings_are_escaped),
        cmocka_unit_test(malformed_utf8_is_replaced),
        cmocka_unit_test(json_numbers),
        cmocka_unit_test(failed_allocations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
