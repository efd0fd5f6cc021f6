/* A million random floats and doubles: bits -> text -> the same bits; no shorter text (one digit less) reads back the
 * same; and our reader agrees with the C library's on every text. Bit patterns are uniform, so exponents are too. */
#include "rk_test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "rng.h"

enum { N = 1000000 };

/* Digits that are significant in a text of ours. */
static int digits_of(const char *text)
{
    int n = 0, zeros = 0;
    bool started = false;

    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (!started && *text == '0'))
            continue;
        started = true;
        n++;
        zeros = *text == '0' ? zeros + 1 : 0;
    }
    return n - zeros;
}

static void doubles_come_back(void **state)
{
    rk_rng rng = rk_rng_at(2, RK_RNG_TEST, 0, 0);

    (void)state;
    for (int i = 0; i < N; i++) {
        uint64_t bits = rk_rng_u32(&rng);
        double value, back = 0;
        char text[RK_NUMBER_BYTES], shorter[64];

        bits = bits << 32 | rk_rng_u32(&rng);
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        size_t n = rk_format_double(text, value);
        assert_true(n < RK_NUMBER_BYTES && rk_parse_double(text, n, &back));
        assert_memory_equal(&back, &value, sizeof value);
        assert_true(strtod(text, NULL) == value);
        int digits = digits_of(text);
        if (digits > 15) { /* fewer than 16 digits are the shortest by construction */
            snprintf(shorter, sizeof shorter, "%.*e", digits - 2, value);
            assert_true(strtod(shorter, NULL) != value);
        }
    }
}

static void check_float(float value)
{
    char text[RK_NUMBER_BYTES], printed[64];
    float back = 0;
    size_t n = rk_format_float(text, value);

    assert_true(n < RK_NUMBER_BYTES && rk_parse_float(text, n, &back));
    assert_memory_equal(&back, &value, sizeof value);
    assert_true(strtof(text, NULL) == value);
    int digits = digits_of(text);
    if (digits > 6) {
        snprintf(printed, sizeof printed, "%.*e", digits - 2, (double)value);
        assert_true(strtof(printed, NULL) != value);
    }
    snprintf(printed, sizeof printed, "%.*e", digits - 1, (double)value); /* the nearest of so many digits */
    assert_true(digits == 0 || strtod(printed, NULL) == strtod(text, NULL));
}

/* Any bits, and numbers as scores are. */
static void floats_come_back(void **state)
{
    rk_rng rng = rk_rng_at(3, RK_RNG_TEST, 0, 0);

    (void)state;
    for (int i = 0; i < N; i++) {
        uint32_t bits = rk_rng_u32(&rng);
        float value;

        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            check_float(value);
        check_float(rk_rng_float(&rng) * (i % 2 ? 1 : -8));
    }
}

/* Floats of few digits take a way of their own: the same text as the C library's, with its zeros cut. */
static void short_floats_are_printed_as_the_library_prints_them(void **state)
{
    rk_rng rng = rk_rng_at(7, RK_RNG_TEST, 0, 0);

    (void)state;
    for (int i = 0; i < N; i++) {
        int behind = (int)rk_rng_below(&rng, 7);
        float value = (float)((double)rk_rng_below(&rng, 1000000) / pow(10, behind));
        char text[RK_NUMBER_BYTES], expected[64];

        if (value < 1e-4F) /* %g has an exponent from 1e-5 down, and repr too */
            continue;
        snprintf(expected, sizeof expected, "%.6g", (double)value);
        size_t n = rk_format_float(text, value);
        assert_true(n == strlen(text));
        assert_string_equal(text, expected);
    }
}

/* Decimals as files hold them: a few digits, a point somewhere, sometimes an exponent, sometimes very many digits. */
static void decimals_are_read_as_the_library_reads_them(void **state)
{
    rk_rng rng = rk_rng_at(4, RK_RNG_TEST, 0, 0);

    (void)state;
    for (int i = 0; i < N; i++) {
        char text[80];
        size_t n = 0, digits = 1 + rk_rng_below(&rng, i % 8 == 0 ? 40 : 18), point = rk_rng_below(&rng, digits + 1);
        double d = 0;
        float f = 0;

        for (size_t j = 0; j < digits; j++) {
            if (j == point)
                text[n++] = '.';
            text[n++] = (char)('0' + rk_rng_below(&rng, 10));
        }
        n += (size_t)snprintf(text + n, sizeof text - n, rk_rng_below(&rng, 3) ? "" : "e%d",
                              (int)rk_rng_below(&rng, 90) - 50);
        double expected_d = strtod(text, NULL);
        float expected_f = strtof(text, NULL);
        assert_true(rk_parse_double(text, n, &d) && rk_parse_float(text, n, &f));
        assert_memory_equal(&d, &expected_d, sizeof d);
        assert_memory_equal(&f, &expected_f, sizeof f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_floats_are_printed_as_the_library_prints_them),
        cmocka_unit_test(doubles_come_back),
        cmocka_unit_test(floats_come_back),
        cmocka_unit_test(decimals_are_read_as_the_library_reads_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
