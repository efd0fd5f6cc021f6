/* Reflection over protobuf-c messages: see reflect.h.
 *
 * protobuf-c's layout: an optional number has an int has_<name> in front, a oneof an int case, a repeated field a
 * size_t n; an optional text or message is absent when its pointer is NULL or the address of the default.
 */
#include "reflect.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "text.h"

static const char *const_member(const ProtobufCMessage *message, unsigned offset)
{
    return (const char *)message + offset;
}

static char *member(ProtobufCMessage *message, unsigned offset)
{
    return (char *)message + offset;
}

static bool same(const char *name, const char *word, size_t n)
{
    return strlen(name) == n && memcmp(name, word, n) == 0;
}

const ProtobufCFieldDescriptor *rk_pb_find(const ProtobufCMessageDescriptor *descriptor, const char *name, size_t n)
{
    for (unsigned i = 0; i < descriptor->n_fields; i++)
        if (same(descriptor->fields[i].name, name, n))
            return &descriptor->fields[i];
    return NULL;
}

const ProtobufCEnumValue *rk_pb_enum_find(const ProtobufCEnumDescriptor *descriptor, const char *name, size_t n)
{
    for (unsigned i = 0; i < descriptor->n_values; i++)
        if (same(descriptor->values[i].name, name, n))
            return &descriptor->values[i];
    return NULL;
}

const ProtobufCEnumValue *rk_pb_enum_value(const ProtobufCEnumDescriptor *descriptor, long long value)
{
    for (unsigned i = 0; i < descriptor->n_values; i++)
        if (descriptor->values[i].value == value)
            return &descriptor->values[i];
    return NULL;
}

enum { MAX_NAMES = 128 };

const char *rk_pb_closest_field(const ProtobufCMessageDescriptor *descriptor, const char *word)
{
    const char *names[MAX_NAMES];
    size_t n = 0;

    for (; n < descriptor->n_fields && n < MAX_NAMES; n++)
        names[n] = descriptor->fields[n].name;
    return rk_closest(word, names, n);
}

const char *rk_pb_closest_enum(const ProtobufCEnumDescriptor *descriptor, const char *word)
{
    const char *names[MAX_NAMES];
    size_t n = 0;

    for (; n < descriptor->n_values && n < MAX_NAMES; n++)
        names[n] = descriptor->values[n].name;
    return rk_closest(word, names, n);
}

bool rk_pb_in_oneof(const ProtobufCFieldDescriptor *field)
{
    return (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
}

static bool is_pointer(const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE;
}

size_t rk_pb_value_size(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    default:
        /* The schema has no bytes, fixed or zigzag fields; a test walks all descriptors. */
        assert(field->type == PROTOBUF_C_TYPE_INT32 || field->type == PROTOBUF_C_TYPE_UINT32 ||
               field->type == PROTOBUF_C_TYPE_FLOAT || field->type == PROTOBUF_C_TYPE_ENUM);
        return 4;
    }
}

size_t rk_pb_count(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    const char *quantifier = const_member(message, field->quantifier_offset);

    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return *(const size_t *)(const void *)quantifier;
    if (rk_pb_in_oneof(field))
        return *(const uint32_t *)(const void *)quantifier == field->id;
    if (is_pointer(field)) {
        const void *pointer = *(void *const *)(const void *)const_member(message, field->offset);
        return pointer && pointer != field->default_value;
    }
    return *(const protobuf_c_boolean *)(const void *)quantifier != 0;
}

const void *rk_pb_value(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, size_t i)
{
    const char *slot = const_member(message, field->offset);

    if (field->label != PROTOBUF_C_LABEL_REPEATED)
        return slot;
    return *(const char *const *)(const void *)slot + i * rk_pb_value_size(field);
}

ProtobufCMessage *rk_pb_message(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, size_t i)
{
    return *(ProtobufCMessage *const *)rk_pb_value(message, field, i);
}

bool rk_pb_is_default(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    static const union {
        uint64_t bits;
        char bytes[8];
    } zero;
    const void *value = rk_pb_value(message, field, 0);

    if (field->label == PROTOBUF_C_LABEL_REPEATED || field->type == PROTOBUF_C_TYPE_MESSAGE)
        return false;
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        const char *standard = field->default_value ? field->default_value : "";
        return strcmp(*(const char *const *)value, standard) == 0;
    }
    return memcmp(value, field->default_value ? field->default_value : zero.bytes, rk_pb_value_size(field)) == 0;
}

ProtobufCMessage *rk_pb_new(rk_arena *arena, const ProtobufCMessageDescriptor *descriptor)
{
    ProtobufCMessage *message = rk_arena_alloc(arena, 1, descriptor->sizeof_message);

    if (message)
        descriptor->message_init(message);
    return message;
}

/* The capacity follows from n (4, then powers of two), so that the message needs no field for it. */
static void *append(rk_arena *arena, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    size_t *n = (size_t *)(void *)member(message, field->quantifier_offset);
    char **values = (char **)(void *)member(message, field->offset);
    size_t size = rk_pb_value_size(field);

    if (*n == 0 || (*n >= 4 && (*n & (*n - 1)) == 0)) {
        char *larger = rk_arena_alloc(arena, *n ? 2 * *n : 4, size);
        if (!larger)
            return NULL;
        if (*n)
            memcpy(larger, *values, *n * size);
        *values = larger;
    }
    return *values + (*n)++ * size;
}

void *rk_pb_add(rk_arena *arena, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    char *quantifier = member(message, field->quantifier_offset);

    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return append(arena, message, field);
    if (rk_pb_in_oneof(field))
        *(uint32_t *)(void *)quantifier = field->id;
    else if (!is_pointer(field))
        *(protobuf_c_boolean *)(void *)quantifier = 1;
    return member(message, field->offset);
}

bool rk_pb_clear(rk_arena *arena, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    const ProtobufCMessage *fresh = rk_pb_new(arena, message->descriptor);

    if (!fresh)
        return false;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        *(size_t *)(void *)member(message, field->quantifier_offset) = 0;
        return true;
    }
    if (rk_pb_in_oneof(field))
        *(uint32_t *)(void *)member(message, field->quantifier_offset) = 0;
    else if (!is_pointer(field))
        *(protobuf_c_boolean *)(void *)member(message, field->quantifier_offset) = 0;
    memcpy(member(message, field->offset), const_member(fresh, field->offset), rk_pb_value_size(field));
    return true;
}
