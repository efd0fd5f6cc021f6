/* UTF-8, in its strict form (RFC 3629): shortest spelling, no surrogates, nothing beyond U+10FFFF. */
#ifndef RK_UTF8_H
#define RK_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RK_UTF8_MARK_BYTES = 3 };

size_t rk_utf8_length(const char *text, size_t n); /* bytes of the character at text, 0 if there is none */
bool rk_utf8_valid(const char *text, size_t n);    /* nothing but such characters */
bool rk_utf8_marked(const char *text, size_t n);   /* begins with the mark that some editors put in front */
bool rk_utf16_marked(const char *text, size_t n);  /* begins with UTF-16's */
size_t rk_utf8_put(char out[4], uint32_t code);    /* a code that is no surrogate; bytes written */

#endif
