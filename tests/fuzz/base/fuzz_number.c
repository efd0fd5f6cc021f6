/* Any bytes as a number. What is accepted must agree with the C library (whose own extras, hexadecimal and nan(...), we
 * refuse), write and read back as the same bits, and integers must agree with the real reading of the same text.
 */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static void check_double(const char *text, size_t n)
{
    char *copy = strndup(text, n), *end, written[RK_NUMBER_BYTES];
    double value, back;

    if (rk_parse_double(text, n, &value)) {
        assert(same(value, strtod(copy, &end)) && end > copy);
        size_t length = rk_format_double(written, value);
        assert(length < RK_NUMBER_BYTES && rk_parse_double(written, length, &back) && same(value, back));
    }
    free(copy);
}

static void check_float(const char *text, size_t n)
{
    char *copy = strndup(text, n), *end, written[RK_NUMBER_BYTES];
    float value, back;

    if (rk_parse_float(text, n, &value)) {
        assert(same((double)value, (double)strtof(copy, &end)) && end > copy);
        size_t length = rk_format_float(written, value);
        assert(length < RK_NUMBER_BYTES && rk_parse_float(written, length, &back) && same((double)value, (double)back));
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    int64_t i;
    uint64_t u;
    double d;

    check_double(text, size);
    check_float(text, size);
    if (rk_parse_i64(text, size, &i))
        assert(rk_parse_double(text, size, &d) && d == (double)i);
    if (rk_parse_u64(text, size, &u))
        assert(rk_parse_double(text, size, &d) && d == (double)u);
    return 0;
}
