/* Reader of the protobuf text format, over protobuf-c's descriptors (protobuf-c itself reads the wire format only).
 *
 * The grammar is that of upstream's reader (easyrec.md 2.1): `name: value`, `name { }`, `name: { }`, `name < >`,
 * `name: [a, b]`, an optional , or ; after a field, # comments, adjacent texts joined; a scalar given twice: the last
 * wins; a message given twice: merged; a oneof: the last wins. Extensions and Any are not part of it.
 *
 * Reading goes on behind a fault, at the next value, field or line, so that one pass finds them all. Messages nest only
 * as deep as the schema does (no message contains itself); what is skipped may nest RK_TEXT_MAX_DEPTH deep.
 */
#ifndef RK_TEXT_FORMAT_H
#define RK_TEXT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

#include "arena.h"
#include "faults.h"
#include "locations.h"

enum { RK_TEXT_MAX_DEPTH = 64 };

typedef struct rk_text_input {
    const char *text; /* n bytes */
    size_t n;
    const char *name;        /* of the file in messages; or the place of everything, with one_place */
    bool one_place;          /* no lines and columns: the text is one override */
    rk_arena *arena;         /* of messages, texts and places */
    rk_locations *locations; /* gets the place of every value */
    rk_faults *faults;
} rk_text_input;

/* Read fields into message until the text ends. path names the message in faults (NULL: the root). Memory that runs
 * out shows in the arena, or makes the result false. */
bool rk_text_read(const rk_text_input *in, ProtobufCMessage *message, const char *path);

/* Read what may stand after `name:` as the value of one field: a scalar, { } or a list. */
bool rk_text_read_value(const rk_text_input *in, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                        const char *path);

#endif
