/* Numbers, texts and UTF-8 of the text format, at the edges of their ranges. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "rk_test.h"
#include "text_value.h"

static rk_token token_of(const char *text)
{
    rk_lexer lexer;

    rk_lexer_init(&lexer, text, strlen(text));
    return lexer.token;
}

static bool parses(rk_scalar *out, ProtobufCType type, const char *text, bool negative)
{
    rk_token token = token_of(text);

    return rk_scalar_parse(out, type, &token, negative) == NULL;
}

static void integers_keep_to_their_range(void **state)
{
    rk_scalar v;

    (void)state;
    assert_true(parses(&v, PROTOBUF_C_TYPE_INT32, "2147483647", false) && v.i32 == INT32_MAX);
    assert_true(parses(&v, PROTOBUF_C_TYPE_INT32, "2147483648", true) && v.i32 == INT32_MIN);
    assert_false(parses(&v, PROTOBUF_C_TYPE_INT32, "2147483648", false));
    assert_false(parses(&v, PROTOBUF_C_TYPE_INT32, "2147483649", true));
    assert_true(parses(&v, PROTOBUF_C_TYPE_UINT32, "0xffffffff", false) && v.u32 == UINT32_MAX);
    assert_false(parses(&v, PROTOBUF_C_TYPE_UINT32, "0x100000000", false));
    assert_true(parses(&v, PROTOBUF_C_TYPE_UINT32, "0", true) && v.u32 == 0); /* -0 */
    assert_false(parses(&v, PROTOBUF_C_TYPE_UINT32, "1", true));
    assert_true(parses(&v, PROTOBUF_C_TYPE_INT64, "9223372036854775807", false) && v.i64 == INT64_MAX);
    assert_true(parses(&v, PROTOBUF_C_TYPE_INT64, "9223372036854775808", true) && v.i64 == INT64_MIN);
    assert_false(parses(&v, PROTOBUF_C_TYPE_INT64, "9223372036854775809", true));
    assert_true(parses(&v, PROTOBUF_C_TYPE_UINT64, "01777777777777777777777", false) && v.u64 == UINT64_MAX);
    assert_false(parses(&v, PROTOBUF_C_TYPE_UINT64, "18446744073709551616", false));
    assert_false(parses(&v, PROTOBUF_C_TYPE_UINT64, "08", false));
    assert_false(parses(&v, PROTOBUF_C_TYPE_UINT64, "0xg", false));
    assert_false(parses(&v, PROTOBUF_C_TYPE_UINT64, "1f", false));
}

static void floats_are_rounded_as_protobuf_does(void **state)
{
    rk_scalar v;

    (void)state;
    assert_true(parses(&v, PROTOBUF_C_TYPE_FLOAT, "0.1f", false) && v.f32 == 0.1F);
    assert_true(parses(&v, PROTOBUF_C_TYPE_FLOAT, "3.4028235e38", true) && v.f32 == -FLT_MAX);
    assert_true(parses(&v, PROTOBUF_C_TYPE_FLOAT, "3.40282356e38", false) && v.f32 == FLT_MAX);
    assert_true(parses(&v, PROTOBUF_C_TYPE_FLOAT, "3.4028236e38", false) && isinf(v.f32));
    assert_true(parses(&v, PROTOBUF_C_TYPE_FLOAT, "1e40", true) && v.f32 == -INFINITY);
    assert_true(parses(&v, PROTOBUF_C_TYPE_FLOAT, "1e-50", false) && v.f32 == 0);
    assert_true(parses(&v, PROTOBUF_C_TYPE_DOUBLE, "0.1", false) && v.f64 == 0.1);
    assert_true(parses(&v, PROTOBUF_C_TYPE_DOUBLE, "InF", true) && v.f64 == -INFINITY);
    assert_true(parses(&v, PROTOBUF_C_TYPE_DOUBLE, "NAN", false) && isnan(v.f64));
    assert_true(parses(&v, PROTOBUF_C_TYPE_DOUBLE, "010", false) && v.f64 == 10); /* not octal */
    assert_false(parses(&v, PROTOBUF_C_TYPE_DOUBLE, "0x1p3", false));
    assert_false(parses(&v, PROTOBUF_C_TYPE_DOUBLE, "1ff", false));
    assert_false(parses(&v, PROTOBUF_C_TYPE_DOUBLE, "f", false));
    assert_false(parses(&v, PROTOBUF_C_TYPE_DOUBLE, "one", false));
}

static const char *unquoted(const char *text)
{
    static char out[256];
    rk_token token = token_of(text);
    rk_buf buf;
    const char *problem;

    assert_int_equal(token.kind, RK_TOKEN_STRING);
    rk_buf_init(&buf, 0);
    problem = rk_text_unquote(&buf, &token);
    snprintf(out, sizeof out, "%s%s", problem ? "!" : "", problem ? problem : buf.data ? buf.data : "");
    rk_buf_clear(&buf);
    return out;
}

static void escapes_stand_for_bytes(void **state)
{
    (void)state;
    assert_string_equal(unquoted("'\\x4'"), "\x04");
    assert_string_equal(unquoted("'\\x414'"), "A4");
    assert_string_equal(unquoted("'\\1018'"), "A8");
    assert_string_equal(unquoted("'\\18'"), "\x01"
                                            "8");
    assert_string_equal(unquoted("'\\U0010FFFF'"), "\xF4\x8F\xBF\xBF");
    assert_true(unquoted("'\\U00110000'")[0] == '!');
    assert_true(unquoted("'\\u0000'")[0] == '!');
    assert_true(unquoted("'\\000'")[0] == '!');
    assert_true(unquoted("'\\400'")[0] == '!');
    assert_true(unquoted("'\\q'")[0] == '!');
    assert_true(unquoted("'\\X41'")[0] == '!');
    assert_string_equal(unquoted("'\\377'"), "\xFF");
}

static const char *shown(const char *text, bool negative)
{
    static char out[RK_TOKEN_SHOWN_BYTES];
    rk_token token = token_of(text);

    rk_token_show(out, &token, negative);
    return out;
}

static void words_are_shown_on_one_line(void **state)
{
    (void)state;
    assert_string_equal(shown("abc", false), "\"abc\"");
    assert_string_equal(shown("5", true), "\"-5\"");
    assert_string_equal(shown("'a\tb\xFF'", false), "the text 'a?b?'");
    assert_string_equal(shown("a123456789b123456789c123456789d123456789", false),
                        "\"a123456789b123456789c123456789d123456789\"");
    assert_string_equal(shown("a123456789b123456789c123456789d123456789e", true),
                        "\"-a123456789b123456789c123456789d123456789...\"");
    assert_string_equal(shown("'123456789b123456789c123456789d12345678\xC3\xA9'", false),
                        "the text '123456789b123456789c123456789d12345678...\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_keep_to_their_range),
        cmocka_unit_test(floats_are_rounded_as_protobuf_does),
        cmocka_unit_test(escapes_stand_for_bytes),
        cmocka_unit_test(words_are_shown_on_one_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
