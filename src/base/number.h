/* Numbers from text and back, whatever the locale. Parsers take the whole of [text, text+n): surrounding blanks are
 * allowed, anything else is false. Floats: decimal, exponent, nan, inf, infinity (any case, sign). Values out of range
 * of the type: false for integers, +-inf / 0 for floats. Correctly rounded. *out is untouched on failure. */
#ifndef RK_NUMBER_H
#define RK_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

bool rk_parse_i64(const char *text, size_t n, int64_t *out);
bool rk_parse_u64(const char *text, size_t n, uint64_t *out);
/* 1 to 8 digits and nothing else, eight at a time; 8 bytes from text on can be read. */
static inline bool rk_parse_digits_padded(const char *text, size_t n, int64_t *out)
{
    uint64_t v, zeros = 0x3030303030303030;

    if (n - 1 >= 8)
        return false;
    memcpy(&v, text, sizeof v);
    v = n == 8 ? v : v << (64 - 8 * n) | zeros >> 8 * n; /* zeros in front */
    if (((v & 0xF0F0F0F0F0F0F0F0) | ((v + 0x0606060606060606) & 0xF0F0F0F0F0F0F0F0) >> 4) != 0x3333333333333333)
        return false;
    v = (v - zeros) * 10 + ((v - zeros) >> 8); /* pairs of digits in every other byte, then fours, then all eight */
    v = ((v & 0x000000FF000000FF) * 0x000F424000000064 + ((v >> 16) & 0x000000FF000000FF) * 0x0000271000000001) >> 32;
    *out = (int64_t)(uint32_t)v;
    return true;
}

bool rk_parse_double(const char *text, size_t n, double *out);
bool rk_parse_float(const char *text, size_t n, float *out);

enum { RK_NUMBER_BYTES = 40 };
size_t rk_format_double(char out[RK_NUMBER_BYTES], double value); /* shortest that reads back the same double */
size_t rk_format_float(char out[RK_NUMBER_BYTES], float value);   /* shortest that reads back the same float */

#endif
