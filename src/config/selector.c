/* Selectors: see selector.h and the path grammar in overrides.h. */
#include "selector.h"

#include <stdint.h>
#include <string.h>

#include "config.h"
#include "number.h"
#include "reflect.h"
#include "text_print.h"

static bool same(const char *a, const char *b, size_t n)
{
    return strlen(a) == n && memcmp(a, b, n) == 0;
}

/* ---- [i], [a:b], [:] ---- */

/* An index as it is written, from the end when negative; absent gives standard. */
static bool parse_index(int64_t *out, const char *text, size_t n, int64_t count, int64_t standard)
{
    *out = standard;
    if (n == 0)
        return true;
    if (!rk_parse_i64(text, n, out))
        return false;
    *out += *out < 0 ? count : 0;
    return true;
}

static bool mark_range(bool *marks, size_t count, const rk_selector *s, rk_buf *why)
{
    const char *colon = memchr(s->text, ':', s->n);
    size_t left = colon ? (size_t)(colon - s->text) : s->n;
    int64_t n = (int64_t)count, from, to;

    if (!parse_index(&from, s->text, left, n, 0))
        return false;
    to = from + 1;
    if (colon && !parse_index(&to, colon + 1, s->n - left - 1, n, n))
        return false;
    if (from < 0 || to > n || (!colon && from >= n)) {
        rk_buf_printf(why, "index [%.*s] is out of range: there are %zu", (int)s->n, s->text, count);
        return false;
    }
    for (int64_t i = from; i < to; i++)
        marks[i] = true;
    return true;
}

/* ---- [name] ---- */

static bool has_text(const ProtobufCMessage *message, const char *name, const rk_selector *s)
{
    const ProtobufCFieldDescriptor *field = rk_pb_find(message->descriptor, name, strlen(name));

    return field && field->type == PROTOBUF_C_TYPE_STRING && rk_pb_count(message, field) &&
           same(*(const char *const *)rk_pb_value(message, field, 0), s->text, s->n);
}

static bool is_named(const ProtobufCMessage *message, const rk_selector *s)
{
    static const char *const names[] = { "feature_name", "input_names", "input_name", "group_name", "label_name" };
    const char *member = rk_oneof_name(message, NULL);

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (has_text(message, names[i], s))
            return true;
    return member && same(member, s->text, s->n);
}

/* ---- [field=value] ---- */

typedef struct condition {
    const ProtobufCFieldDescriptor *field;
    char op[3];
    const char *value;
    size_t n;
} condition;

static bool parse_condition(condition *out, const ProtobufCMessageDescriptor *descriptor, const rk_selector *s)
{
    size_t name = 0, op;

    while (name < s->n && !strchr("=!<>", s->text[name]))
        name++;
    op = name < s->n && s->n - name > 1 && s->text[name + 1] == '=' ? 2 : 1;
    if (name + op > s->n)
        return false;
    *out = (condition){ .field = rk_pb_find(descriptor, s->text, name), .value = s->text + name + op };
    out->n = s->n - name - op;
    memcpy(out->op, s->text + name, op);
    return out->field && out->field->type != PROTOBUF_C_TYPE_MESSAGE && strcmp(out->op, "!") != 0;
}

/* -1, 0, 1; 2 when they cannot be compared. */
static int compare(const char *have, size_t n_have, const char *want, size_t n_want)
{
    double a, b;

    if (n_have == n_want && memcmp(have, want, n_have) == 0)
        return 0;
    if (!rk_parse_double(have, n_have, &a) || !rk_parse_double(want, n_want, &b))
        return 2;
    return a < b ? -1 : a > b ? 1 : a == b ? 0 : 2;
}

static bool value_holds(const condition *c, const ProtobufCMessage *message, size_t i, rk_buf *why)
{
    rk_buf text;
    int order;

    rk_buf_init(&text, 0);
    if (c->field->type == PROTOBUF_C_TYPE_STRING)
        rk_buf_puts(&text, *(const char *const *)rk_pb_value(message, c->field, i));
    else
        rk_text_print_value(&text, message, c->field, i);
    why->failed |= rk_buf_failed(&text);
    order = compare(text.data ? text.data : "", text.size, c->value, c->n);
    rk_buf_clear(&text);
    if (c->op[0] == '=')
        return order == 0;
    if (c->op[0] == '!')
        return order != 0;
    return order == (c->op[0] == '<' ? -1 : 1) || (c->op[1] == '=' && order == 0);
}

/* A singular field that is absent has its default; any value of a list may match. */
static bool holds(const condition *c, const ProtobufCMessage *message, rk_buf *why)
{
    size_t n = c->field->label == PROTOBUF_C_LABEL_REPEATED ? rk_pb_count(message, c->field)
               : c->field->type == PROTOBUF_C_TYPE_STRING   ? rk_pb_count(message, c->field)
                                                            : 1;

    for (size_t i = 0; i < n; i++)
        if (value_holds(c, message, i, why))
            return true;
    return false;
}

/* ---- all of them ---- */

static bool looks_like_range(const rk_selector *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (!strchr("0123456789:-", s->text[i]) || !s->text[i])
            return false;
    return s->n > 0;
}

static bool mark_matching(bool *marks, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                          const rk_selector *s, rk_buf *why)
{
    size_t n = rk_pb_count(message, field), found = 0;
    condition c;
    bool is_condition = parse_condition(&c, field->descriptor, s);

    for (size_t i = 0; i < n; i++) {
        const ProtobufCMessage *element = rk_pb_message(message, field, i);
        marks[i] = is_condition ? holds(&c, element, why) : is_named(element, s);
        found += marks[i];
    }
    if (!found)
        rk_buf_printf(why, "no element of %s matches [%.*s]", field->name, (int)s->n, s->text);
    return found > 0;
}

bool rk_selector_mark(bool *marks, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                      const rk_selector *selector, rk_buf *why)
{
    if (looks_like_range(selector) && mark_range(marks, rk_pb_count(message, field), selector, why))
        return true;
    if (why->size)
        return false;
    if (field->type == PROTOBUF_C_TYPE_MESSAGE && selector->n && !looks_like_range(selector))
        return mark_matching(marks, message, field, selector, why);
    rk_buf_printf(why, "expected [i], [a:b] or [:]%s after %s, found [%.*s]",
                  field->type == PROTOBUF_C_TYPE_MESSAGE ? ", [name] or [field=value]" : "", field->name,
                  (int)selector->n, selector->text);
    return false;
}
