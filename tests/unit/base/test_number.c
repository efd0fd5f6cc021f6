/* Numbers: grammar, borders of the types, correct rounding where it is hard, the locale, layout of what is written. */
#include "rk_test.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"

static void integers(void **state)
{
    static const struct {
        const char *text;
        bool signed_ok, unsigned_ok;
        uint64_t value; /* bits of the i64 too */
    } cases[] = {
        { "0", true, true, 0 },
        { " \t42\r\n", true, true, 42 },
        { "+7", true, true, 7 },
        { "007", true, true, 7 },
        { "-1", true, false, UINT64_MAX },
        { "-0", true, false, 0 },
        { "9223372036854775807", true, true, INT64_MAX },
        { "9223372036854775808", false, true, (uint64_t)INT64_MAX + 1 },
        { "-9223372036854775808", true, false, (uint64_t)INT64_MAX + 1 },
        { "-9223372036854775809", false, false, 0 },
        { "18446744073709551615", false, true, UINT64_MAX },
        { "18446744073709551616", false, false, 0 },
        { "99999999999999999999999", false, false, 0 },
        { "", false, false, 0 },
        { " ", false, false, 0 },
        { "-", false, false, 0 },
        { "+-1", false, false, 0 },
        { "1 2", false, false, 0 },
        { "1.0", false, false, 0 },
        { "0x10", false, false, 0 },
        { "1e3", false, false, 0 },
        { "\xD9\xA1", false, false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t s = 12345;
        uint64_t u = 12345;
        size_t n = strlen(cases[i].text);

        assert_int_equal(rk_parse_i64(cases[i].text, n, &s), cases[i].signed_ok);
        assert_int_equal(rk_parse_u64(cases[i].text, n, &u), cases[i].unsigned_ok);
        assert_true(s == (cases[i].signed_ok ? (int64_t)cases[i].value : 12345));
        assert_true(u == (cases[i].unsigned_ok ? cases[i].value : 12345));
    }
}

static void only_n_bytes_are_read(void **state)
{
    int64_t i;
    double d;

    (void)state;
    assert_true(rk_parse_i64("123456", 3, &i) && i == 123);
    assert_true(rk_parse_double("1.56", 3, &d) && d == 1.5);
    assert_true(rk_parse_double("1e56", 3, &d) && d == 1e5);
    assert_false(rk_parse_double("1e5", 2, &d));
    assert_false(rk_parse_i64("1\0002", 3, &i));
    assert_false(rk_parse_double("1\0002", 3, &d));
    assert_false(rk_parse_double(NULL, 0, &d));
}

/* Everything that the C library reads too, in the C locale, must give its bits. */
static void reals_are_correctly_rounded(void **state)
{
    static const char *const texts[] = {
        "0",
        "-0",
        "1",
        "-1.5",
        ".5",
        "5.",
        "1e5",
        "1E+5",
        "1e-5",
        "00001.500",
        "123456789012345",
        "0.1",
        "0.3",
        "1e22",
        "1e23",
        "9007199254740993",
        "9007199254740992.99999999999999999999",
        "9007199254740993.00000000000000001",
        "1.7976931348623157e308",
        "1.7976931348623159e308",
        "1e309",
        "-1e999999999999999999999",
        "1e-999999999999999999",
        "2.2250738585072014e-308",
        "2.2250738585072011e-308",
        "4.9406564584124654e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "1e-400",
        "0e999999999",
        "0.0000000000000000000000000000000000000000000001e46",
        "16777217",
        "16777217.0000001",
        "16777219",
        "1.00000005960464477539062",
        "1.00000005960464477539063",
        "1.000000059604644775390625",
        "1.000000178813934326171875",
        "1.17549429e-38",
        "1.17549421e-38",
        "1e-45",
        "7.0064923216240854e-46",
        "7.0064923216240853e-46",
        "3.4028235e38",
        "3.4028235677973366e38",
        "3.4028235677973362e38",
        "3.4028236e38",
        "1e39",
        "8589973000",
        "0.000000000000000000000000000000000000000000001",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        double d = 7, expected_d = strtod(texts[i], NULL);
        float f = 7, expected_f = strtof(texts[i], NULL);

        assert_true(rk_parse_double(texts[i], strlen(texts[i]), &d));
        assert_memory_equal(&d, &expected_d, sizeof d);
        assert_true(rk_parse_float(texts[i], strlen(texts[i]), &f));
        assert_memory_equal(&f, &expected_f, sizeof f);
    }
}

/* 1 + 2^-53 lies between two doubles; thousands of zeros later one digit decides. */
static void very_long_texts_are_correctly_rounded(void **state)
{
    static char text[5000];
    double d;
    int n = snprintf(text, sizeof text, "1.00000000000000011102230246251565404236316680908203125");

    (void)state;
    assert_true(rk_parse_double(text, (size_t)n, &d) && d == 1);
    memset(text + n, '0', sizeof text - (size_t)n);
    assert_true(rk_parse_double(text, sizeof text, &d) && d == 1);
    text[sizeof text - 1] = '1';
    assert_true(rk_parse_double(text, sizeof text, &d) && d == 1 + DBL_EPSILON);
    memset(text, '0', sizeof text);
    text[0] = '1';
    assert_true(rk_parse_double(text, 300, &d) && d == 1e299);
    assert_true(rk_parse_double(text, sizeof text, &d) && isinf(d));
    memcpy(text + sizeof text - 6, "e-4993", 6);
    assert_true(rk_parse_double(text, sizeof text, &d) && d == 1);
    text[0] = '.';
    text[4000] = '1';
    memcpy(text + sizeof text - 6, "e+4003", 6);
    assert_true(rk_parse_double(text, sizeof text, &d) && d == 1000);
}

static void special_values(void **state)
{
    static const char *const infinite[] = { "inf", "INF", "+Inf", "infinity", "InFiNiTy", " inf " };
    double d;
    float f;

    (void)state;
    for (size_t i = 0; i < sizeof infinite / sizeof *infinite; i++)
        assert_true(rk_parse_double(infinite[i], strlen(infinite[i]), &d) && isinf(d) && d > 0);
    assert_true(rk_parse_float("-inf", 4, &f) && isinf(f) && f < 0);
    assert_true(rk_parse_float("nan", 3, &f) && isnan(f));
    assert_true(rk_parse_double("-NaN", 4, &d) && isnan(d) && signbit(d));
}

static void what_is_no_real(void **state)
{
    static const char *const texts[] = { "",      " ",   ".",     "-",     "e5",  "1e",   "1e+",
                                         "1.2.3", "1 2", "0x1p3", "1f",    "in",  "infi", "nan()",
                                         "--1",   "1,5", "1e5.5", "1_000", "+ 1", "nano", "infinityy" };
    double d = 5;
    float f = 5;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_false(rk_parse_double(texts[i], strlen(texts[i]), &d));
        assert_false(rk_parse_float(texts[i], strlen(texts[i]), &f));
    }
    assert_true(d == 5 && f == 5);
}

static void doubles_are_laid_out(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        { 0, "0" },
        { -0.0, "-0" },
        { 1, "1" },
        { -1.5, "-1.5" },
        { 0.1, "0.1" },
        { 100000, "100000" },
        { 12.25, "12.25" },
        { 1e15, "1000000000000000" },
        { 1e16, "1e+16" },
        { 123456789012345678.0, "1.2345678901234568e+17" },
        { 0.0001, "0.0001" },
        { 0.00001, "1e-05" },
        { 0.00012345, "0.00012345" },
        { 1e100, "1e+100" },
        { 5e-324, "5e-324" },
        { DBL_MAX, "1.7976931348623157e+308" },
        { DBL_MIN, "2.2250738585072014e-308" },
        { 0.1 + 0.2, "0.30000000000000004" },
        { 1.0 / 3, "0.3333333333333333" },
        { 9007199254740993.0, "9007199254740992" },
        { 1e23, "1e+23" },
        { INFINITY, "inf" },
        { -INFINITY, "-inf" },
        { NAN, "nan" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[RK_NUMBER_BYTES];
        size_t n = rk_format_double(text, cases[i].value);

        assert_string_equal(text, cases[i].text);
        assert_int_equal(n, strlen(text));
    }
}

static void floats_are_laid_out(void **state)
{
    static const struct {
        float value;
        const char *text;
    } cases[] = { { 0.1F, "0.1" },
                  { 16777216.0F, "16777216" },
                  { 1.0F / 3, "0.33333334" },
                  { FLT_MAX, "3.4028235e+38" },
                  { FLT_MIN, "1.1754944e-38" },
                  { 1e-45F, "1e-45" },
                  { -0.0F, "-0" },
                  { 0.98765432F, "0.9876543" },
                  { (float)NAN, "nan" } };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[RK_NUMBER_BYTES];
        size_t n = rk_format_float(text, cases[i].value);

        assert_string_equal(text, cases[i].text);
        assert_int_equal(n, strlen(text));
    }
}

/* With a decimal comma, where the machine has such a locale; the slow path and the writer are the ones at risk. */
static void the_locale_does_not_matter(void **state)
{
    static const char *const locales[] = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "pl_PL.UTF-8" };
    const char *found = NULL;
    char text[RK_NUMBER_BYTES];
    double d;

    (void)state;
    for (size_t i = 0; !found && i < sizeof locales / sizeof *locales; i++)
        found = setlocale(LC_ALL, locales[i]);
    if (!found) {
        print_message("no locale with a decimal comma on this machine\n");
        skip();
    }
    assert_true(rk_parse_double("1.2345678901234567e-3", 21, &d) && d == 1.2345678901234567e-3);
    assert_false(rk_parse_double("1,5", 3, &d));
    rk_format_double(text, 0.30000000000000004);
    assert_string_equal(text, "0.30000000000000004");
    setlocale(LC_ALL, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),
        cmocka_unit_test(only_n_bytes_are_read),
        cmocka_unit_test(reals_are_correctly_rounded),
        cmocka_unit_test(very_long_texts_are_correctly_rounded),
        cmocka_unit_test(special_values),
        cmocka_unit_test(what_is_no_real),
        cmocka_unit_test(doubles_are_laid_out),
        cmocka_unit_test(floats_are_laid_out),
        cmocka_unit_test(the_locale_does_not_matter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
