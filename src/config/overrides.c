/* Overrides: see overrides.h. A path is walked over the messages themselves; what it leads to is replaced by what the
 * text reader makes of the value, so both know one grammar. */
#include "overrides.h"

#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "reflect.h"
#include "selector.h"
#include "text_format.h"
#include "text_print.h"
#include "text_value.h"
#include "utf8.h"

enum { PLACE_BYTES = 160, WORD_BYTES = 128 };

typedef struct step { /* name[selector] */
    const char *name;
    size_t n;
    rk_selector selector; /* text NULL without brackets */
    const char *rest;     /* behind the point; NULL at the end */
} step;

typedef struct change {
    const rk_override_target *target;
    const char *place;    /* "--set ..." */
    const char *path_end; /* the = */
    const char *value;
    bool out_of_memory;
} change;

#define fault(c, ...) rk_faults_add((c)->target->faults, RK_FAULT_ERROR, (c)->place, __VA_ARGS__)

static void walk(change *c, ProtobufCMessage *message, const char *name, const char *path);

/* ---- the value ---- */

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t\r\n");
}

/* The value as the reader takes it: with the quotes and braces that may be left out. */
static void complete(rk_buf *out, const ProtobufCFieldDescriptor *field, const char *value, bool list)
{
    const char *start = skip_blanks(value);
    bool bracket = *start == '[' && list;

    if (field->type == PROTOBUF_C_TYPE_STRING && !bracket && *start != '"' && *start != '\'')
        rk_text_quote(out, value, strlen(value));
    else if (field->type == PROTOBUF_C_TYPE_MESSAGE && !bracket && *start != '{' && *start != '<')
        rk_buf_printf(out, "{ %s }", value);
    else
        rk_buf_puts(out, value);
}

/* Read the value into a field that is absent. */
static bool read_value(change *c, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, bool list)
{
    const rk_override_target *t = c->target;
    size_t errors = t->faults->n_errors;
    rk_buf text;

    rk_buf_init(&text, 0);
    complete(&text, field, c->value, list);
    if (rk_buf_failed(&text)) {
        c->out_of_memory = true;
    } else {
        rk_text_input in = { text.data, text.size, c->place, true, t->arena, t->locations, t->faults };
        c->out_of_memory |= !rk_text_read_value(&in, message, field, NULL);
    }
    rk_buf_clear(&text);
    return !c->out_of_memory && t->faults->n_errors == errors;
}

static void set_field(change *c, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    rk_location location = { .message = message, .field = field, .where = c->place }; /* also of an empty list */

    if (!rk_pb_clear(c->target->arena, message, field) || !rk_locations_set(c->target->locations, &location))
        c->out_of_memory = true;
    else
        read_value(c, message, field, field->label == PROTOBUF_C_LABEL_REPEATED);
}

/* Element i of a list: read as the only element of a list elsewhere, then moved. */
static void set_element(change *c, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, size_t i)
{
    ProtobufCMessage *scratch = rk_pb_new(c->target->arena, message->descriptor);
    rk_location location = { .message = message, .field = field, .index = i, .where = c->place };

    if (!scratch) {
        c->out_of_memory = true;
        return;
    }
    if (!read_value(c, scratch, field, false) || rk_pb_count(scratch, field) != 1)
        return;
    char *values = *(char **)(void *)((char *)message + field->offset);
    memcpy(values + i * rk_pb_value_size(field), rk_pb_value(scratch, field, 0), rk_pb_value_size(field));
    c->out_of_memory |= !rk_locations_set(c->target->locations, &location);
}

/* ---- the path ---- */

static void copy_word(char out[WORD_BYTES], const char *text, size_t n)
{
    n = n < WORD_BYTES ? n : WORD_BYTES - 1;
    memcpy(out, text, n);
    out[n] = '\0';
}

/* The step that begins at path. */
static bool parse_step(change *c, step *out, const char *path)
{
    const char *p = path;

    *out = (step){ .name = path };
    while (p < c->path_end && *p != '.' && *p != '[')
        p++;
    out->n = (size_t)(p - path);
    if (p < c->path_end && *p == '[') {
        const char *close = memchr(p, ']', (size_t)(c->path_end - p));
        if (!close) {
            fault(c, "the \"[\" in the path is not closed");
            return false;
        }
        out->selector = (rk_selector){ p + 1, (size_t)(close - p - 1) };
        p = close + 1;
    }
    if (p < c->path_end && *p != '.') {
        fault(c, "expected a point or = after ] in the path");
        return false;
    }
    out->rest = p < c->path_end ? p + 1 : NULL;
    return true;
}

/* The message in a field, made if it is absent. */
static ProtobufCMessage *child(change *c, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    const rk_override_target *t = c->target;
    rk_location in_parent = { .message = message, .field = field, .where = c->place }, own = { .where = c->place };
    ProtobufCMessage *made;
    void *slot;

    if (rk_pb_count(message, field))
        return rk_pb_message(message, field, 0);
    made = rk_pb_new(t->arena, field->descriptor);
    slot = made ? rk_pb_add(t->arena, message, field) : NULL;
    own.message = made;
    if (!slot || !rk_locations_set(t->locations, &in_parent) || !rk_locations_set(t->locations, &own)) {
        c->out_of_memory = true;
        return NULL;
    }
    *(ProtobufCMessage **)slot = made;
    return made;
}

static void walk_one(change *c, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, const step *s)
{
    size_t n = rk_pb_count(message, field);

    if (!s->rest) {
        set_field(c, message, field);
    } else if (n > 1) {
        fault(c, "%s has %zu elements; choose with [i], [name] or [:]", field->name, n);
    } else {
        ProtobufCMessage *next = child(c, message, field);
        if (next)
            walk(c, next, field->name, s->rest);
    }
}

static void walk_selected(change *c, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, const step *s)
{
    size_t n = rk_pb_count(message, field);
    bool *marks = rk_alloc(n, sizeof *marks);
    rk_buf why;

    rk_buf_init(&why, 0);
    bool ok = marks && rk_selector_mark(marks, message, field, &s->selector, &why);
    if (!marks || rk_buf_failed(&why))
        c->out_of_memory = true;
    else if (!ok)
        fault(c, "%s", why.data ? why.data : "");
    for (size_t i = 0; ok && i < n && !c->out_of_memory; i++) {
        if (marks[i] && s->rest)
            walk(c, rk_pb_message(message, field, i), field->name, s->rest);
        else if (marks[i])
            set_element(c, message, field, i);
    }
    rk_buf_clear(&why);
    rk_free(marks);
}

/* ---- sections: their fields may be named without them ---- */

typedef struct section {
    const char *path[2];
} section;

static const section sections[] = {
    { { "data_config" } },
    { { "train_config" } },
    { { "model_config" } },
    { { "feature_config" } },
    { { "eval_config" } },
    { { "export_config" } },
    { { "model_config", "rocket_launching" } },
};

enum { N_SECTIONS = sizeof sections / sizeof sections[0] };

static const ProtobufCMessageDescriptor *section_descriptor(const ProtobufCMessageDescriptor *root, const section *s)
{
    for (size_t i = 0; i < 2 && s->path[i]; i++)
        root = rk_pb_find(root, s->path[i], strlen(s->path[i]))->descriptor;
    return root;
}

static const char *section_name(const section *s)
{
    return s->path[1] ? s->path[1] : s->path[0];
}

static void unknown_field(change *c, const ProtobufCMessage *message, const char *name, const step *s)
{
    const char *in = name ? name : "the pipeline config", *near, *prefix = "";
    char word[WORD_BYTES];

    copy_word(word, s->name, s->n);
    near = rk_pb_closest_field(message->descriptor, word);
    for (size_t i = 0; !name && !near && i < N_SECTIONS; i++) {
        near = rk_pb_closest_field(section_descriptor(message->descriptor, &sections[i]), word);
        prefix = section_name(&sections[i]);
    }
    if (s->n == 0)
        fault(c, "expected a field name of %s in the path", in);
    else if (near)
        fault(c, "unknown field \"%s\" in %s; did you mean \"%s%s%s\"?", word, in, prefix, *prefix ? "." : "", near);
    else
        fault(c, "unknown field \"%s\" in %s", word, in);
}

/* Go along the path from message, which the field called name holds (NULL: the root). */
static void walk(change *c, ProtobufCMessage *message, const char *name, const char *path)
{
    const ProtobufCFieldDescriptor *field;
    step s;

    if (!parse_step(c, &s, path))
        return;
    field = rk_pb_find(message->descriptor, s.name, s.n);
    if (!field)
        unknown_field(c, message, name, &s);
    else if (s.rest && field->type != PROTOBUF_C_TYPE_MESSAGE)
        fault(c, "%s holds a value, not a message with fields", field->name);
    else if (s.selector.text && field->label != PROTOBUF_C_LABEL_REPEATED)
        fault(c, "%s is not a list: it takes no [ ]", field->name);
    else if (s.selector.text)
        walk_selected(c, message, field, &s);
    else
        walk_one(c, message, field, &s);
}

/* Where to begin: at the root if it has the field or nobody has, else in the only section that has it. */
static void start(change *c, const char *path)
{
    ProtobufCMessage *message = c->target->root;
    const ProtobufCMessageDescriptor *root = message->descriptor;
    const section *owner = NULL;
    step s;

    if (!parse_step(c, &s, path))
        return;
    for (size_t i = 0; i < N_SECTIONS && !rk_pb_find(root, s.name, s.n); i++) {
        if (!rk_pb_find(section_descriptor(root, &sections[i]), s.name, s.n))
            continue;
        if (owner) {
            fault(c, "expected %s.%.*s or %s.%.*s: both have it", section_name(owner), (int)s.n, s.name,
                  section_name(&sections[i]), (int)s.n, s.name);
            return;
        }
        owner = &sections[i];
    }
    for (size_t i = 0; i < 2 && owner && owner->path[i] && message; i++)
        message = child(c, message, rk_pb_find(message->descriptor, owner->path[i], strlen(owner->path[i])));
    if (message)
        walk(c, message, owner ? section_name(owner) : NULL, path);
}

/* "--set path=value" on one line, cut where it is long. */
static void make_place(char out[PLACE_BYTES], const char *override)
{
    size_t n = strlen(override), shown = n < 120 ? n : 117;
    size_t used = (size_t)snprintf(out, PLACE_BYTES, "--set ");

    while (shown < n && shown > 100 && ((unsigned char) override[shown] & 0xC0) == 0x80)
        shown--;
    for (size_t i = 0; i < shown; i++, used++)
        out[used] = (unsigned char) override[i] < 0x20 || override[i] == 0x7F ? ' ' : override[i];
    memcpy(out + used, shown < n ? "..." : "", shown < n ? 4 : 1);
}

/* The = that ends the path: not one within brackets. */
static const char *find_equals(const char *override)
{
    int depth = 0;

    for (const char *p = override; *p; p++) {
        depth += (*p == '[') - (*p == ']');
        if (*p == '=' && depth <= 0)
            return p;
    }
    return NULL;
}

bool rk_override_apply(const rk_override_target *target, const char *override)
{
    char place[PLACE_BYTES];
    const char *equals = find_equals(override);
    change c = { .target = target };

    if (!rk_utf8_valid(override, strlen(override))) {
        rk_faults_add(target->faults, RK_FAULT_ERROR, "--set", "an override must be valid UTF-8");
        return true;
    }
    make_place(place, override);
    c.place = rk_arena_strdup(target->arena, place);
    if (!c.place)
        return false;
    if (!equals) {
        fault(&c, "expected path=value");
        return true;
    }
    c.path_end = equals;
    c.value = equals + 1;
    start(&c, override);
    return !c.out_of_memory && !rk_arena_failed(target->arena);
}
