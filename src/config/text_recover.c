/* Faults of the text reader, and how to go on behind them: see text_parser.h. */
#include <stdio.h>
#include <string.h>

#include "reflect.h"
#include "text_parser.h"

enum { WORD_BYTES = 128 };

/* ---- places ---- */

/* ":" and a number, so that they end at end; where they begin. */
static char *put_number(char *end, unsigned number)
{
    do
        *--end = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    *--end = ':';
    return end;
}

/* Every value of a config has a place, though hardly any is ever told: printf took a third of the time of reading. */
const char *rk_text_place(rk_text_parser *p, const rk_token *token)
{
    const rk_text_input *in = p->in;
    char numbers[2 * sizeof ":4294967295"], *end = numbers + sizeof numbers;

    if (in->one_place)
        return in->name;
    *--end = '\0';
    char *begin = put_number(put_number(end, token->column), token->line);
    size_t n = strlen(in->name), n_numbers = (size_t)(end - begin) + 1;
    char *where = rk_arena_alloc(in->arena, n + n_numbers, 1);
    if (!where) {
        p->out_of_memory = true;
        return in->name;
    }
    memcpy(where, in->name, n);
    memcpy(where + n, begin, n_numbers);
    return where;
}

void rk_text_remember(rk_text_parser *p, const rk_location *location)
{
    if (!rk_locations_set(p->in->locations, location))
        p->out_of_memory = true;
}

const char *rk_text_found(const rk_text_parser *p, char out[RK_TOKEN_SHOWN_BYTES], bool negative)
{
    if (p->lexer.token.kind == RK_TOKEN_END)
        return p->in->one_place ? "the end of the value" : "the end of the file";
    rk_token_show(out, &p->lexer.token, negative);
    return out;
}

const char *rk_text_path(const rk_text_frame *f, char out[RK_TEXT_PATH_BYTES])
{
    const char *names[3] = { "", "", "" };
    size_t n = 0;

    for (; f && f->name && n < 3; f = f->up)
        names[n++] = f->name;
    if (n == 0)
        return "the pipeline config";
    snprintf(out, RK_TEXT_PATH_BYTES, "%s%s%s%s%s", names[2], n > 2 ? "." : "", names[1], n > 1 ? "." : "", names[0]);
    return out;
}

/* ---- names ---- */

static const rk_text_frame *frame_with_field(const rk_text_frame *f, const rk_token *name)
{
    while (f && !rk_pb_find(f->message->descriptor, name->text, name->n))
        f = f->up;
    return f;
}

/* The message one level down that has the field, if it is the only one. */
static const char *child_with_field(const ProtobufCMessageDescriptor *descriptor, const rk_token *name)
{
    const char *child = NULL;

    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        if (field->type != PROTOBUF_C_TYPE_MESSAGE || !rk_pb_find(field->descriptor, name->text, name->n))
            continue;
        if (child)
            return NULL;
        child = field->name;
    }
    return child;
}

static void copy_word(char out[WORD_BYTES], const rk_token *token)
{
    size_t n = token->n < WORD_BYTES ? token->n : WORD_BYTES - 1;

    memcpy(out, token->text, n);
    out[n] = '\0';
}

/* In the order of evidence: a } is missing before it; it stands one level too high; it is mistyped. Faults that are
 * only counted get no suggestion: looking for one takes longer than reading a line. */
void rk_text_unknown_field(rk_text_parser *p, const rk_text_frame *f, const rk_token *name)
{
    bool counted = p->in->faults->n_errors >= RK_FAULTS_MAX;
    const ProtobufCMessageDescriptor *descriptor = f->message->descriptor;
    const rk_text_frame *outer = frame_with_field(f->up, name);
    const char *child = child_with_field(descriptor, name);
    char word[WORD_BYTES], path[RK_TEXT_PATH_BYTES], outer_path[RK_TEXT_PATH_BYTES];
    const char *in = rk_text_path(f, path);

    copy_word(word, name);
    const char *near = counted ? NULL : rk_pb_closest_field(descriptor, word);
    if (outer)
        rk_text_fault(p, name, "unknown field \"%s\" in %s; it belongs to %s: is a } missing before it?", word, in,
                      rk_text_path(outer, outer_path));
    else if (child)
        rk_text_fault(p, name, "unknown field \"%s\" in %s; it belongs to %s", word, in, child);
    else if (near)
        rk_text_fault(p, name, "unknown field \"%s\" in %s; did you mean \"%s\"?", word, in, near);
    else
        rk_text_fault(p, name, "unknown field \"%s\" in %s", word, in);
}

void rk_text_unknown_enum(rk_text_parser *p, const ProtobufCFieldDescriptor *field, bool negative)
{
    const ProtobufCEnumDescriptor *descriptor = field->descriptor;
    const rk_token *token = &p->lexer.token;
    const char *near;
    char word[WORD_BYTES], shown[RK_TOKEN_SHOWN_BYTES];

    copy_word(word, token);
    near = token->kind == RK_TOKEN_NAME && p->in->faults->n_errors < RK_FAULTS_MAX
               ? rk_pb_closest_enum(descriptor, word)
               : NULL;
    if (near)
        rk_text_fault(p, token, "%s: unknown value %s; did you mean %s?", field->name,
                      rk_text_found(p, shown, negative), near);
    else
        rk_text_fault(p, token, "%s: expected one of the names of %s (%s, ...) without quotes, found %s", field->name,
                      descriptor->short_name, descriptor->values[0].name, rk_text_found(p, shown, negative));
}

/* ---- going on ---- */

bool rk_text_is_closer(const rk_token *token)
{
    return rk_token_is(token, '}') || rk_token_is(token, '>');
}

static int nesting(const rk_token *token)
{
    if (token->kind != RK_TOKEN_SYMBOL)
        return 0;
    switch (*token->text) {
    case '{':
    case '<':
    case '[':
        return 1;
    case '}':
    case '>':
    case ']':
        return -1;
    default:
        return 0;
    }
}

/* The current word opens something: go behind what closes it. Words that are none are faults even here. */
static void skip_balanced(rk_text_parser *p)
{
    rk_token open = p->lexer.token;
    int depth = 0;

    do {
        const rk_token *token = &p->lexer.token;
        if (token->kind == RK_TOKEN_END) {
            if (!p->saw_end)
                rk_text_fault(p, token, "the \"%c\" at line %u is not closed", *open.text, open.line);
            p->saw_end = true;
            return;
        }
        if (token->kind == RK_TOKEN_BAD)
            rk_text_fault(p, token, "%s", token->problem);
        depth += nesting(token);
        if (depth == RK_TEXT_MAX_DEPTH + 1 && nesting(token) > 0)
            rk_text_fault(p, token, "values are nested more than %d deep", RK_TEXT_MAX_DEPTH);
        rk_lexer_next(&p->lexer);
    } while (depth > 0);
}

/* A name that is followed by a value itself: the value that is to be skipped is missing. */
static bool begins_field(rk_lexer ahead)
{
    rk_lexer_next(&ahead);
    return rk_token_is(&ahead.token, ':') || rk_token_is(&ahead.token, '{') || rk_token_is(&ahead.token, '<');
}

void rk_text_skip_scalar(rk_text_parser *p)
{
    while (rk_token_is(&p->lexer.token, '-') || rk_token_is(&p->lexer.token, '+'))
        rk_lexer_next(&p->lexer);
    switch (p->lexer.token.kind) {
    case RK_TOKEN_BAD:
        rk_text_fault(p, &p->lexer.token, "%s", p->lexer.token.problem);
        rk_lexer_next(&p->lexer);
        break;
    case RK_TOKEN_STRING:
        while (p->lexer.token.kind == RK_TOKEN_STRING)
            rk_lexer_next(&p->lexer);
        break;
    case RK_TOKEN_NAME:
        if (begins_field(p->lexer))
            break;
        rk_lexer_next(&p->lexer);
        break;
    case RK_TOKEN_NUMBER:
        rk_lexer_next(&p->lexer);
        break;
    default:
        break;
    }
}

void rk_text_skip_value(rk_text_parser *p)
{
    bool colon = rk_token_is(&p->lexer.token, ':');

    if (colon)
        rk_lexer_next(&p->lexer);
    if (nesting(&p->lexer.token) > 0)
        skip_balanced(p);
    else if (colon)
        rk_text_skip_scalar(p);
}

void rk_text_resync(rk_text_parser *p)
{
    for (;;) {
        const rk_token *token = &p->lexer.token;
        if (token->kind == RK_TOKEN_END || rk_text_is_closer(token) || (token->kind == RK_TOKEN_NAME && token->first))
            return;
        if (token->kind == RK_TOKEN_BAD)
            rk_text_fault(p, token, "%s", token->problem);
        if (nesting(token) > 0)
            skip_balanced(p);
        else
            rk_lexer_next(&p->lexer);
    }
}
