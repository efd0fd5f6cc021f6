/* Reading and writing protobuf-c messages by descriptor: what the text reader, the printer, the overrides and the
 * checks have in common. Field "values" are addressed as value i of a field: 0 of a singular one, 0 ... n-1 of a
 * repeated one. Messages made here live in an arena and are never freed one by one.
 */
#ifndef RK_REFLECT_H
#define RK_REFLECT_H

#include <stdbool.h>
#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

#include "arena.h"

const ProtobufCFieldDescriptor *rk_pb_find(const ProtobufCMessageDescriptor *descriptor, const char *name, size_t n);
const ProtobufCEnumValue *rk_pb_enum_find(const ProtobufCEnumDescriptor *descriptor, const char *name, size_t n);
const ProtobufCEnumValue *rk_pb_enum_value(const ProtobufCEnumDescriptor *descriptor, long long value);

/* "Did you mean": NULL when no name is near. */
const char *rk_pb_closest_field(const ProtobufCMessageDescriptor *descriptor, const char *word);
const char *rk_pb_closest_enum(const ProtobufCEnumDescriptor *descriptor, const char *word);

/* Members of the same oneof share one case variable. */
bool rk_pb_in_oneof(const ProtobufCFieldDescriptor *field);

size_t rk_pb_value_size(const ProtobufCFieldDescriptor *field); /* of one value: a pointer, or the number */

/* How many values are present: 0 or 1, or the number of a repeated field. */
size_t rk_pb_count(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

/* Address of a value that is present (i < count): of a pointer for texts and messages, of a number otherwise. */
const void *rk_pb_value(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, size_t i);
ProtobufCMessage *rk_pb_message(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, size_t i);

/* A number or text that is present and equals the field's default. Repeated fields and messages: never. */
bool rk_pb_is_default(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

/* A new message with its defaults; NULL without memory. */
ProtobufCMessage *rk_pb_new(rk_arena *arena, const ProtobufCMessageDescriptor *descriptor);

/* Room for one value more: appends to a repeated field; marks a singular one as present and unsets its rivals in the
 * oneof. The caller stores the value at once. NULL without memory. */
void *rk_pb_add(rk_arena *arena, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

/* Back to absent, with the default value. false without memory. */
bool rk_pb_clear(rk_arena *arena, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

#endif
