/* The JSON is parsed as a whole (base/json.c) and then walked along the descriptors. Values are judged by the rules of
 * the text format (text_value.c): to them a number comes as the word that it would be there. Places and the sentences
 * for unknown names are the text reader's (text_recover.c).
 */
#include "json_format.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "json.h"
#include "number.h"
#include "reflect.h"
#include "schema_registry.h"
#include "text_parser.h"

/* A member of an object, or an element of a list. */
typedef struct member {
    const rk_text_frame *frame; /* the message that it belongs to */
    const ProtobufCFieldDescriptor *field;
    const rk_json *value;
} member;

static void read_object(rk_text_parser *p, const rk_text_frame *f, const rk_json *object);

/* ---- words ---- */

static rk_token word_at(rk_json_place place, rk_token_kind kind, const char *text)
{
    return (rk_token){ .kind = kind, .text = text, .n = strlen(text), .line = place.line, .column = place.column };
}

/* As in `found the text "x"`. */
static const char *show(const rk_json *value, char out[RK_TOKEN_SHOWN_BYTES])
{
    static const char *const names[] = {
        [RK_JSON_NULL] = "null", [RK_JSON_ARRAY] = "a list", [RK_JSON_OBJECT] = "a message"
    };
    rk_json_kind kind = rk_json_kind_of(value);
    char digits[RK_NUMBER_BYTES];
    double number = 0;
    bool flag = false;

    if (kind == RK_JSON_STRING) {
        rk_token word = word_at((rk_json_place){ 0 }, RK_TOKEN_NAME, rk_json_string(value));
        rk_token_show(out, &word, false);
        return out;
    }
    if (rk_json_number(value, &number)) {
        rk_format_double(digits, number);
        snprintf(out, RK_TOKEN_SHOWN_BYTES, "%s", digits);
    } else if (rk_json_bool(value, &flag)) {
        snprintf(out, RK_TOKEN_SHOWN_BYTES, "%s", flag ? "true" : "false");
    } else {
        snprintf(out, RK_TOKEN_SHOWN_BYTES, "%s", names[kind]);
    }
    return out;
}

static void unexpected(rk_text_parser *p, const member *m, const char *expected)
{
    rk_token at = word_at(rk_json_where(m->value), RK_TOKEN_NAME, "");
    char shown[RK_TOKEN_SHOWN_BYTES];

    rk_text_fault(p, &at, "%s: %s, found %s", m->field->name, expected, show(m->value, shown));
}

/* ---- values ---- */

/* Room for the value, with its place: the member's name, as in the text format, or the element itself. */
static void *add(rk_text_parser *p, const member *m)
{
    bool list = m->field->label == PROTOBUF_C_LABEL_REPEATED;
    rk_token at = word_at(list ? rk_json_where(m->value) : rk_json_key_where(m->value), RK_TOKEN_NAME, "");
    rk_location location = { .message = m->frame->message, .field = m->field, .where = rk_text_place(p, &at) };
    void *slot;

    location.index = list ? rk_pb_count(m->frame->message, m->field) : 0;
    slot = rk_pb_add(p->in->arena, m->frame->message, m->field);
    if (slot)
        rk_text_remember(p, &location);
    return slot;
}

static void read_text(rk_text_parser *p, const member *m)
{
    const char *text = rk_json_string(m->value);

    if (!text) {
        unexpected(p, m, "expected a text in quotes");
        return;
    }
    text = rk_arena_strdup(p->in->arena, text);
    void *slot = text ? add(p, m) : NULL;
    if (slot)
        *(const char **)slot = text;
}

/* 5, "5" and 5.0 are integers. */
static bool integer_of(const rk_json *value, int64_t *out)
{
    const char *text = rk_json_string(value);
    double number = 0;

    if (text)
        return !strchr(text, ' ') && rk_parse_i64(text, strlen(text), out);
    if (rk_json_integer(value, out))
        return true;
    if (!rk_json_number(value, &number) || !(number >= -0x1p63 && number < 0x1p63))
        return false;
    *out = (int64_t)number;
    return (double)*out >= number && (double)*out <= number;
}

static bool float_of(const rk_json *value, double *out)
{
    const char *text = rk_json_string(value);

    return text ? !strchr(text, ' ') && rk_parse_double(text, strlen(text), out) : rk_json_number(value, out);
}

static void read_enum(rk_text_parser *p, const member *m)
{
    const ProtobufCEnumDescriptor *descriptor = m->field->descriptor;
    const char *name = rk_json_string(m->value);
    const ProtobufCEnumValue *value = name ? rk_pb_enum_find(descriptor, name, strlen(name)) : NULL;
    char shown[RK_TOKEN_SHOWN_BYTES];
    int64_t number = 0;

    if (!value && integer_of(m->value, &number))
        value = rk_pb_enum_value(descriptor, number);
    if (!value) {
        p->lexer.token = word_at(rk_json_where(m->value), RK_TOKEN_NAME, name ? name : show(m->value, shown));
        rk_text_unknown_enum(p, m->field, false);
        return;
    }
    int *slot = add(p, m);
    if (slot)
        *slot = value->value;
}

static bool is_float(const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_FLOAT || field->type == PROTOBUF_C_TYPE_DOUBLE;
}

/* The word that the text format would have: digits without sign, true, inf. false: there is none. */
static bool write_word(char out[RK_NUMBER_BYTES], const member *m, bool *negative)
{
    int64_t integer = 0;
    double number = 0;
    bool flag = false;

    *negative = false;
    if (m->field->type == PROTOBUF_C_TYPE_BOOL) {
        if (!rk_json_bool(m->value, &flag))
            return false;
        snprintf(out, RK_NUMBER_BYTES, "%s", flag ? "true" : "false");
    } else if (is_float(m->field)) {
        if (!float_of(m->value, &number))
            return false;
        rk_format_double(out, number);
    } else {
        if (!integer_of(m->value, &integer))
            return false;
        snprintf(out, RK_NUMBER_BYTES, "%lld", (long long)integer);
    }
    if (out[0] == '-') {
        *negative = true;
        memmove(out, out + 1, strlen(out));
    }
    return true;
}

static void read_number(rk_text_parser *p, const member *m)
{
    char word[RK_NUMBER_BYTES] = "?";
    bool negative = false, has_word = write_word(word, m, &negative);
    rk_token token =
        word_at(rk_json_where(m->value), isdigit((unsigned char)word[0]) ? RK_TOKEN_NUMBER : RK_TOKEN_NAME, word);
    rk_scalar value;
    const char *problem = rk_scalar_parse(&value, m->field->type, &token, negative);

    if (problem || !has_word) {
        unexpected(p, m, problem);
        return;
    }
    void *slot = add(p, m);
    if (slot)
        memcpy(slot, &value, rk_pb_value_size(m->field));
}

static void read_message(rk_text_parser *p, const member *m)
{
    rk_text_frame f = { m->frame, m->field->name, NULL, { 0 } };

    if (rk_json_kind_of(m->value) != RK_JSON_OBJECT) {
        unexpected(p, m, "expected { and the fields of a message");
        return;
    }
    f.message = rk_pb_new(p->in->arena, m->field->descriptor);
    void *slot = f.message ? add(p, m) : NULL;
    if (!slot)
        return;
    *(ProtobufCMessage **)slot = f.message;
    rk_token at = word_at(rk_json_where(m->value), RK_TOKEN_NAME, "");
    rk_location location = { .message = f.message, .where = rk_text_place(p, &at) };
    rk_text_remember(p, &location);
    if (!rk_schema_is_opaque(m->field->descriptor))
        read_object(p, &f, m->value);
}

static void read_value(rk_text_parser *p, const member *m)
{
    switch (m->field->type) {
    case PROTOBUF_C_TYPE_MESSAGE:
        read_message(p, m);
        break;
    case PROTOBUF_C_TYPE_STRING:
        read_text(p, m);
        break;
    case PROTOBUF_C_TYPE_ENUM:
        read_enum(p, m);
        break;
    default:
        read_number(p, m);
    }
}

static void read_list(rk_text_parser *p, const member *m)
{
    member element = *m;

    if (rk_json_kind_of(m->value) != RK_JSON_ARRAY) {
        unexpected(p, m, "expected a list in [ ]");
        return;
    }
    for (size_t i = 0; i < rk_json_size(m->value); i++) {
        element.value = rk_json_at(m->value, i);
        read_value(p, &element);
    }
}

/* ---- fields ---- */

/* learningRate for learning_rate. */
static bool is_camel(const char *name, const char *key)
{
    for (; *name; name++, key++) {
        bool up = *name == '_' && name[1];

        name += up;
        if (*key != (up ? toupper((unsigned char)*name) : *name))
            return false;
    }
    return *key == '\0';
}

static const ProtobufCFieldDescriptor *find_field(const ProtobufCMessageDescriptor *descriptor, const char *key)
{
    const ProtobufCFieldDescriptor *field = rk_pb_find(descriptor, key, strlen(key));

    for (unsigned i = 0; i < descriptor->n_fields && !field; i++)
        if (is_camel(descriptor->fields[i].name, key))
            field = &descriptor->fields[i];
    return field;
}

/* The field that is there already and leaves no room for this one: itself, or another of its oneof. */
static const char *rival(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;

    if (rk_pb_count(message, field) > 0)
        return field->name;
    for (unsigned i = 0; i < descriptor->n_fields && rk_pb_in_oneof(field); i++) {
        const ProtobufCFieldDescriptor *other = &descriptor->fields[i];

        if (rk_pb_in_oneof(other) && other->quantifier_offset == field->quantifier_offset &&
            rk_pb_count(message, other) > 0)
            return other->name;
    }
    return NULL;
}

static void read_member(rk_text_parser *p, const rk_text_frame *f, const char *key, const rk_json *value)
{
    rk_token name = word_at(rk_json_key_where(value), RK_TOKEN_NAME, key);
    member m = { f, find_field(f->message->descriptor, key), value };

    if (!m.field) {
        rk_text_unknown_field(p, f, &name);
        return;
    }
    const char *other = rival(f->message, m.field);
    if (rk_json_kind_of(value) == RK_JSON_NULL)
        return;
    if (other)
        rk_text_fault(p, &name, "%s: expected one value, found another in \"%s\" already", m.field->name, other);
    else if (m.field->label == PROTOBUF_C_LABEL_REPEATED)
        read_list(p, &m);
    else
        read_value(p, &m);
}

static void read_object(rk_text_parser *p, const rk_text_frame *f, const rk_json *object)
{
    for (size_t i = 0; i < rk_json_size(object) && !p->out_of_memory; i++)
        read_member(p, f, rk_json_key(object, i), rk_json_member(object, i));
}

/* "name:line:column: sentence" becomes a fault at its place. */
static void add_syntax_fault(const rk_text_input *in, const rocket_error *err)
{
    size_t n = strlen(in->name);
    const char *sentence = strlen(err->text) > n ? strstr(err->text + n, ": ") : NULL;
    const char *where = sentence ? rk_arena_strndup(in->arena, err->text, (size_t)(sentence - err->text)) : NULL;

    rk_faults_add(in->faults, RK_FAULT_ERROR, where ? where : in->name, "%s", where ? sentence + 2 : err->text);
}

bool rk_json_read(const rk_text_input *in, ProtobufCMessage *message)
{
    rk_text_parser p = { .in = in };
    rk_text_frame root = { .message = message };
    rocket_error err = { 0 };
    rk_json *document = NULL;
    rocket_status status = rk_json_parse(&document, in->text, in->n, in->name, &err);

    if (status == ROCKET_FAILED)
        return false;
    if (status != ROCKET_OK) {
        add_syntax_fault(in, &err);
        return true;
    }
    if (rk_json_kind_of(document) == RK_JSON_OBJECT)
        read_object(&p, &root, document);
    else
        rk_faults_add(in->faults, RK_FAULT_ERROR, in->name, "expected { and the fields of a config");
    rk_json_free(document);
    return !p.out_of_memory && !rk_arena_failed(in->arena);
}
