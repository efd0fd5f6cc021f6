/* Scalar values of the text format: from words to numbers and texts.
 *
 * These functions know nothing of fields; they return NULL, or what is wrong as the end of a sentence that begins with
 * the field's name ("expected an integer from 0 to 4294967295").
 */
#ifndef RK_TEXT_VALUE_H
#define RK_TEXT_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "buf.h"
#include "text_lexer.h"

/* Any number of the schema, in the type of its field. */
typedef union rk_scalar {
    int32_t i32; /* enums too */
    uint32_t u32;
    int64_t i64;
    uint64_t u64;
    float f32;
    double f64;
    protobuf_c_boolean boolean;
} rk_scalar;

/* A word with the sign in front of it. Integers: decimal, 0x hexadecimal, 0 octal; floats: decimal with exponent and a
 * final f, inf, infinity, nan; booleans: true True t 1 false False f 0. */
const char *rk_scalar_parse(rk_scalar *out, ProtobufCType type, const rk_token *token, bool negative);

bool rk_scalar_integer(const rk_token *token, bool negative, int64_t *out); /* for enums by number */

/* Append the text that a RK_TOKEN_STRING stands for. */
const char *rk_text_unquote(rk_buf *out, const rk_token *token);

/* The word for a message: in quotes, cut to 40 bytes, control bytes and what is no UTF-8 as ?. */
enum { RK_TOKEN_SHOWN_BYTES = 64 };
void rk_token_show(char out[RK_TOKEN_SHOWN_BYTES], const rk_token *token, bool negative);

#endif
