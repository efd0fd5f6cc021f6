/* Numbers from text and back, whatever the locale. Parsers take the whole of [text, text+n): surrounding blanks are
 * allowed, anything else is false. Floats: decimal, exponent, nan, inf, infinity (any case, sign). Values out of range
 * of the type: false for integers, +-inf / 0 for floats. Correctly rounded. *out is untouched on failure. */
#ifndef RK_NUMBER_H
#define RK_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool rk_parse_i64(const char *text, size_t n, int64_t *out);
bool rk_parse_u64(const char *text, size_t n, uint64_t *out);
bool rk_parse_double(const char *text, size_t n, double *out);
bool rk_parse_float(const char *text, size_t n, float *out);

enum { RK_NUMBER_BYTES = 40 };
size_t rk_format_double(char out[RK_NUMBER_BYTES], double value); /* shortest that reads back the same double */
size_t rk_format_float(char out[RK_NUMBER_BYTES], float value);   /* shortest that reads back the same float */

#endif
