/* Reader of one message type in protobuf's wire format:
 *
 *     Example { features 1: Features { feature 1: map<string key 1, Feature value 2> } }
 *     Feature { oneof { bytes_list 1, float_list 2, int64_list 3 } }, each { repeated value 1, numbers packed or not }
 *
 * By hand, since protobuf-c would make an object of every row, feature and value, only for them to be read once.
 * Fields with other numbers are skipped, as every reader of protobuf does; of a member given twice the last one counts.
 */
#include "tf_example.h"

#include <string.h>

#include "error.h"

typedef struct wire_field {
    uint64_t number;
    unsigned type;
    uint64_t scalar;
    rk_text bytes; /* of type BYTES */
} wire_field;

enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5, MAX_VARINT = 10 };

static rocket_status broken(rocket_error *err, const char *found)
{
    return rk_fail(err, ROCKET_DATA, "expected a tf.Example, found %s", found);
}

static bool take_varint(rk_wire *w, uint64_t *out)
{
    uint64_t value = 0;

    for (int i = 0; i < MAX_VARINT && w->p < w->end; i++) {
        unsigned char byte = (unsigned char)*w->p++;

        value |= (uint64_t)(byte & 127) << (7 * i);
        if (byte < 128) {
            *out = value;
            return true;
        }
    }
    return false;
}

static bool take_bytes(rk_wire *w, uint64_t n, rk_text *out)
{
    if (n > (uint64_t)(w->end - w->p))
        return false;
    *out = (rk_text){ w->p, (size_t)n };
    w->p += n;
    return true;
}

static bool take_payload(rk_wire *w, wire_field *field)
{
    uint64_t n = 0;

    switch (field->type) {
    case VARINT:
        return take_varint(w, &field->scalar);
    case FIXED64:
        return take_bytes(w, 8, &field->bytes);
    case FIXED32:
        return take_bytes(w, 4, &field->bytes);
    default:
        return take_varint(w, &n) && take_bytes(w, n, &field->bytes);
    }
}

static rocket_status take_field(rk_wire *w, wire_field *field, rocket_error *err)
{
    uint64_t key;

    if (!take_varint(w, &key))
        return broken(err, "a field that is cut off");
    field->number = key >> 3;
    field->type = (unsigned)(key & 7);
    if (field->number == 0 || field->type == 3 || field->type == 4 || field->type > FIXED32)
        return broken(err, "a field of a kind that it does not have");
    if (!take_payload(w, field))
        return broken(err, "a field that is cut off");
    return ROCKET_OK;
}

static bool is_message(const wire_field *field, uint64_t number)
{
    return field->number == number && field->type == BYTES;
}

static rk_wire wire_of(rk_text bytes)
{
    return (rk_wire){ bytes.data, bytes.data + bytes.n };
}

/* ---- the map ---- */

void rk_example_begin(rk_example_walk *walk, rk_text record)
{
    *walk = (rk_example_walk){ .example = wire_of(record), .features = { record.data, record.data } };
    walk->place = record.data;
}

static rocket_status read_entry(rk_text entry, rk_text *name, rk_text *feature, rocket_error *err)
{
    rk_wire w = wire_of(entry);
    wire_field field = { 0 };

    *name = *feature = (rk_text){ entry.data, 0 };
    while (w.p < w.end) {
        RK_TRY(take_field(&w, &field, err));
        if (is_message(&field, 1))
            *name = field.bytes;
        else if (is_message(&field, 2))
            *feature = field.bytes;
    }
    return ROCKET_OK;
}

rocket_status rk_example_feature(rk_example_walk *walk, rk_text *name, rk_text *feature, bool *more, rocket_error *err)
{
    wire_field field = { 0 };

    *more = true;
    for (;;) {
        rk_wire *w = walk->features.p < walk->features.end ? &walk->features : &walk->example;

        walk->place = w->p;
        if (w->p == w->end) {
            *more = false;
            return ROCKET_OK;
        }
        RK_TRY(take_field(w, &field, err));
        if (!is_message(&field, 1))
            continue;
        if (w == &walk->features)
            return read_entry(field.bytes, name, feature, err);
        walk->features = wire_of(field.bytes);
    }
}

/* ---- values ---- */

const char *rk_example_kind_name(rk_example_kind kind)
{
    static const char *const names[] = { "nothing", "a bytes_list", "a float_list", "an int64_list" };

    return names[kind];
}

rocket_status rk_example_open(rk_example_list *out, rk_text feature, rocket_error *err)
{
    rk_wire w = wire_of(feature);
    wire_field field = { 0 };

    *out = (rk_example_list){ .kind = RK_EXAMPLE_NOTHING };
    while (w.p < w.end) {
        RK_TRY(take_field(&w, &field, err));
        if (field.type != BYTES || field.number > RK_EXAMPLE_INTEGERS)
            continue;
        out->kind = (rk_example_kind)field.number;
        out->list = wire_of(field.bytes);
    }
    return ROCKET_OK;
}

static float float_of(const char *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;
    uint32_t bits = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

/* From a field that numbers are packed in. */
static rocket_status next_packed(rk_example_list *list, rk_example_value *value, rocket_error *err)
{
    uint64_t integer = 0;
    rk_text bytes;

    if (list->kind == RK_EXAMPLE_FLOATS) {
        if (!take_bytes(&list->packed, 4, &bytes))
            return broken(err, "a float that is cut off");
        value->number = float_of(bytes.data);
        return ROCKET_OK;
    }
    if (!take_varint(&list->packed, &integer))
        return broken(err, "an integer that is cut off");
    value->integer = (int64_t)integer;
    return ROCKET_OK;
}

rocket_status rk_example_next(rk_example_list *list, rk_example_value *value, bool *more, rocket_error *err)
{
    unsigned alone = list->kind == RK_EXAMPLE_FLOATS ? FIXED32 : VARINT;
    wire_field field = { 0 };

    *more = true;
    for (;;) {
        if (list->packed.p < list->packed.end)
            return next_packed(list, value, err);
        if (list->list.p == list->list.end) {
            *more = false;
            return ROCKET_OK;
        }
        RK_TRY(take_field(&list->list, &field, err));
        if (field.number != 1)
            continue;
        if (list->kind == RK_EXAMPLE_BYTES && field.type == BYTES) {
            value->bytes = field.bytes;
            return ROCKET_OK;
        }
        if (list->kind != RK_EXAMPLE_BYTES && field.type == BYTES) {
            list->packed = wire_of(field.bytes);
        } else if (list->kind != RK_EXAMPLE_BYTES && field.type == alone) {
            if (alone == FIXED32)
                value->number = float_of(field.bytes.data);
            else
                value->integer = (int64_t)field.scalar;
            return ROCKET_OK;
        }
    }
}

bool rk_example_at_end(const rk_example_list *list)
{
    return list->list.p == list->list.end && list->packed.p == list->packed.end;
}
