/* Messages as text: the inverse of text_format.h. Canonical: fields in the order of their numbers, two blanks per
 * level, shortest numbers that read back the same, enums by name, texts in double quotes with escapes. */
#ifndef RK_TEXT_PRINT_H
#define RK_TEXT_PRINT_H

#include <protobuf-c/protobuf-c.h>

#include "buf.h"

void rk_text_print(rk_buf *out, const ProtobufCMessage *message);

/* Value i of a field alone, without its name; not for messages. */
void rk_text_print_value(rk_buf *out, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, size_t i);

/* A text in double quotes. */
void rk_text_quote(rk_buf *out, const char *text, size_t n);

#endif
