/* Recursive descent over the fields of a message: see text_format.h.
 *
 * A function that meets something it cannot use says so and leaves the lexer where its caller can go on: behind the
 * value (wrong value, unknown field), or at the next field that begins a line (wrong structure).
 */
#include "text_format.h"

#include <string.h>

#include "reflect.h"
#include "schema_registry.h"
#include "text_parser.h"
#include "utf8.h"

static void read_fields(rk_text_parser *p, const rk_text_frame *f);

static const rk_token *look(const rk_text_parser *p)
{
    return &p->lexer.token;
}

static void next(rk_text_parser *p)
{
    rk_lexer_next(&p->lexer);
}

static bool stopped(const rk_text_parser *p)
{
    return p->out_of_memory || rk_arena_failed(p->in->arena) || rk_buf_failed(&p->scratch);
}

/* "name: expected this, found that" at the current word. */
static void unexpected(rk_text_parser *p, const char *name, const char *expected)
{
    char shown[RK_TOKEN_SHOWN_BYTES];

    if (look(p)->kind == RK_TOKEN_BAD)
        rk_text_fault(p, look(p), "%s: %s", name, look(p)->problem);
    else
        rk_text_fault(p, look(p), "%s: %s, found %s", name, expected, rk_text_found(p, shown, false));
    if (look(p)->kind == RK_TOKEN_BAD)
        next(p);
}

/* ---- scalars ---- */

/* Room for a value of the field at the end of its list, and its place. */
static void *add(rk_text_parser *p, const rk_text_frame *f, const ProtobufCFieldDescriptor *field, const char *where)
{
    bool list = field->label == PROTOBUF_C_LABEL_REPEATED;
    rk_location location = { .message = f->message, .field = field, .where = where };
    void *slot;

    location.index = list ? rk_pb_count(f->message, field) : 0;
    slot = rk_pb_add(p->in->arena, f->message, field);
    if (slot)
        rk_text_remember(p, &location);
    return slot;
}

static void read_text(rk_text_parser *p, const rk_text_frame *f, const ProtobufCFieldDescriptor *field,
                      const char *where)
{
    rk_token start = *look(p);
    const char *problem = NULL;

    if (start.kind != RK_TOKEN_STRING) {
        unexpected(p, field->name, "expected a text in quotes");
        rk_text_skip_scalar(p);
        return;
    }
    rk_buf_reset(&p->scratch);
    for (; look(p)->kind == RK_TOKEN_STRING; next(p))
        problem = problem ? problem : rk_text_unquote(&p->scratch, look(p));
    if (!problem && !rk_utf8_valid(p->scratch.data ? p->scratch.data : "", p->scratch.size))
        problem = "a text must be valid UTF-8";
    if (problem) {
        rk_text_fault(p, &start, "%s: %s", field->name, problem);
        return;
    }
    const char *text = rk_arena_strndup(p->in->arena, p->scratch.data ? p->scratch.data : "", p->scratch.size);
    void *slot = text ? add(p, f, field, where) : NULL;
    if (slot)
        *(const char **)slot = text;
}

static void read_enum(rk_text_parser *p, const rk_text_frame *f, const ProtobufCFieldDescriptor *field, bool negative,
                      const char *where)
{
    const rk_token *token = look(p);
    const ProtobufCEnumValue *value = NULL;
    int64_t number;

    if (token->kind == RK_TOKEN_NAME && !negative)
        value = rk_pb_enum_find(field->descriptor, token->text, token->n);
    else if (rk_scalar_integer(token, negative, &number))
        value = rk_pb_enum_value(field->descriptor, number);
    if (!value) {
        if (token->kind == RK_TOKEN_BAD)
            unexpected(p, field->name, "");
        else
            rk_text_unknown_enum(p, field, negative);
        rk_text_skip_scalar(p);
        return;
    }
    next(p);
    int *slot = add(p, f, field, where);
    if (slot)
        *slot = value->value;
}

static size_t number_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FLOAT:
        return 4;
    default:
        return 8;
    }
}

static void read_number(rk_text_parser *p, const rk_text_frame *f, const ProtobufCFieldDescriptor *field, bool negative,
                        const char *where)
{
    rk_scalar value;
    const char *problem = rk_scalar_parse(&value, field->type, look(p), negative);
    char shown[RK_TOKEN_SHOWN_BYTES];

    if (problem && negative && look(p)->kind == RK_TOKEN_NUMBER) {
        rk_text_fault(p, look(p), "%s: %s, found %s", field->name, problem, rk_text_found(p, shown, true));
        next(p);
    } else if (problem) {
        unexpected(p, field->name, problem);
        rk_text_skip_scalar(p);
    } else {
        next(p);
        void *slot = add(p, f, field, where);
        if (slot)
            memcpy(slot, &value, number_size(field->type));
    }
}

static void read_scalar(rk_text_parser *p, const rk_text_frame *f, const ProtobufCFieldDescriptor *field)
{
    const char *where = rk_text_place(p, look(p));
    bool negative = rk_token_is(look(p), '-');

    if (rk_token_is(look(p), '{') || rk_token_is(look(p), '<') || rk_token_is(look(p), '[')) {
        rk_text_fault(p, look(p), "%s: takes %s, not a %s", field->name,
                      field->label == PROTOBUF_C_LABEL_REPEATED ? "scalar values" : "one value",
                      rk_token_is(look(p), '[') ? "list" : "message");
        rk_text_skip_value(p);
        return;
    }
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        read_text(p, f, field, where);
        return;
    }
    if (negative || rk_token_is(look(p), '+'))
        next(p);
    if (field->type == PROTOBUF_C_TYPE_ENUM)
        read_enum(p, f, field, negative, where);
    else
        read_number(p, f, field, negative, where);
}

/* ---- messages ---- */

/* The message that a value of the field goes to: the one that is there already, or a new one. */
static ProtobufCMessage *open_message(rk_text_parser *p, const rk_text_frame *f, const ProtobufCFieldDescriptor *field,
                                      const char *where)
{
    rk_location location = { .where = where };
    ProtobufCMessage *message;
    void *slot;

    if (field->label != PROTOBUF_C_LABEL_REPEATED && rk_pb_count(f->message, field))
        return rk_pb_message(f->message, field, 0);
    message = rk_pb_new(p->in->arena, field->descriptor);
    slot = message ? add(p, f, field, where) : NULL;
    if (!slot)
        return NULL;
    *(ProtobufCMessage **)slot = message;
    location.message = message;
    rk_text_remember(p, &location);
    return message;
}

static void close_message(rk_text_parser *p, const rk_text_frame *f)
{
    char wanted = rk_token_is(&f->open, '<') ? '>' : '}';
    char shown[RK_TOKEN_SHOWN_BYTES];

    if (!rk_token_is(look(p), wanted) && !p->saw_end) {
        rk_text_fault(p, look(p), "expected \"%c\" to close %s, opened at line %u, found %s", wanted, f->name,
                      f->open.line, rk_text_found(p, shown, false));
        p->saw_end = look(p)->kind == RK_TOKEN_END;
    }
    if (look(p)->kind != RK_TOKEN_END)
        next(p);
}

static void read_message(rk_text_parser *p, const rk_text_frame *up, const ProtobufCFieldDescriptor *field,
                         const char *where)
{
    rk_text_frame f = { up, field->name, NULL, *look(p) };

    if (!rk_token_is(look(p), '{') && !rk_token_is(look(p), '<')) {
        unexpected(p, field->name, "expected { and the fields of a message");
        rk_text_skip_value(p);
        rk_text_skip_scalar(p);
        return;
    }
    f.message = open_message(p, up, field, where);
    if (!f.message)
        return;
    if (rk_schema_is_opaque(field->descriptor)) {
        rk_text_skip_value(p);
        return;
    }
    next(p);
    read_fields(p, &f);
    if (!stopped(p))
        close_message(p, &f);
}

/* ---- fields ---- */

static void read_one(rk_text_parser *p, const rk_text_frame *f, const ProtobufCFieldDescriptor *field,
                     const char *where)
{
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        read_message(p, f, field, where ? where : rk_text_place(p, look(p)));
    else
        read_scalar(p, f, field);
}

/* [ a, b, ... ]; elements have places of their own. */
static void read_list(rk_text_parser *p, const rk_text_frame *f, const ProtobufCFieldDescriptor *field)
{
    next(p);
    if (rk_token_is(look(p), ']')) {
        next(p);
        return;
    }
    while (!stopped(p)) {
        size_t faults = p->in->faults->n_errors;
        read_one(p, f, field, NULL);
        if (rk_token_is(look(p), ']')) {
            next(p);
            return;
        }
        if (!rk_token_is(look(p), ',')) {
            if (p->in->faults->n_errors == faults)
                unexpected(p, field->name, "expected , or ] in the list");
            rk_text_resync(p);
            return;
        }
        next(p);
    }
}

/* What follows the field's name. where is the place of a message's name; scalars stand where their value does. */
static void read_field_value(rk_text_parser *p, const rk_text_frame *f, const ProtobufCFieldDescriptor *field,
                             const char *where)
{
    if (rk_token_is(look(p), '[') && field->label == PROTOBUF_C_LABEL_REPEATED)
        read_list(p, f, field);
    else
        read_one(p, f, field, where);
}

static void read_field(rk_text_parser *p, const rk_text_frame *f)
{
    rk_token name = *look(p);
    const ProtobufCFieldDescriptor *field = rk_pb_find(f->message->descriptor, name.text, name.n);
    const char *where = field && field->type == PROTOBUF_C_TYPE_MESSAGE ? rk_text_place(p, &name) : NULL;
    bool colon;

    next(p);
    if (!field) {
        rk_text_unknown_field(p, f, &name);
        rk_text_skip_value(p);
        return;
    }
    colon = rk_token_is(look(p), ':');
    if (!colon && field->type != PROTOBUF_C_TYPE_MESSAGE) {
        unexpected(p, field->name, "expected : and a value");
        rk_text_skip_value(p);
        if (!look(p)->first)
            rk_text_skip_scalar(p);
        return;
    }
    if (colon)
        next(p);
    read_field_value(p, f, field, where);
}

/* At a word with which no field can begin. */
static void read_no_field(rk_text_parser *p, const rk_text_frame *f)
{
    char path[RK_TEXT_PATH_BYTES], shown[RK_TOKEN_SHOWN_BYTES];

    if (rk_token_is(look(p), '['))
        rk_text_fault(p, look(p), "expected a field of %s; names in [ ] (extensions) are not supported",
                      rk_text_path(f, path));
    else if (look(p)->kind == RK_TOKEN_BAD)
        rk_text_fault(p, look(p), "%s", look(p)->problem);
    else
        rk_text_fault(p, look(p), "expected a field of %s, found %s", rk_text_path(f, path),
                      rk_text_found(p, shown, false));
    if (!rk_token_is(look(p), '['))
        next(p);
    rk_text_resync(p);
}

/* Up to what closes the message, or the end of the text. */
static void read_fields(rk_text_parser *p, const rk_text_frame *f)
{
    while (look(p)->kind != RK_TOKEN_END && !stopped(p)) {
        if (rk_text_is_closer(look(p))) {
            if (f->open.kind == RK_TOKEN_SYMBOL)
                return;
            rk_text_fault(p, look(p), "unexpected \"%c\": no message is open here", *look(p)->text);
            next(p);
        } else if (look(p)->kind == RK_TOKEN_NAME) {
            read_field(p, f);
            if (rk_token_is(look(p), ',') || rk_token_is(look(p), ';'))
                next(p);
        } else {
            read_no_field(p, f);
        }
    }
}

static rk_text_frame start(rk_text_parser *p, const rk_text_input *in, ProtobufCMessage *message, const char *path)
{
    *p = (rk_text_parser){ .in = in };
    rk_buf_init(&p->scratch, 0);
    rk_lexer_init(&p->lexer, in->text, in->n);
    return (rk_text_frame){ .name = path, .message = message };
}

static bool finish(rk_text_parser *p)
{
    bool ok = !stopped(p);

    rk_buf_clear(&p->scratch);
    return ok;
}

bool rk_text_read(const rk_text_input *in, ProtobufCMessage *message, const char *path)
{
    rk_text_parser p;
    rk_text_frame root = start(&p, in, message, path);

    read_fields(&p, &root);
    return finish(&p);
}

bool rk_text_read_value(const rk_text_input *in, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                        const char *path)
{
    rk_text_parser p;
    rk_text_frame root = start(&p, in, message, path);
    char shown[RK_TOKEN_SHOWN_BYTES];
    size_t before = in->faults->n_errors;

    read_field_value(&p, &root, field, in->name);
    if (look(&p)->kind != RK_TOKEN_END && in->faults->n_errors == before && !stopped(&p))
        rk_text_fault(&p, look(&p), "%s: expected nothing more after the value, found %s", field->name,
                      rk_text_found(&p, shown, false));
    return finish(&p);
}
