/* Expressions: recursive descent into instructions for a stack of numbers.
 *
 * Types are settled while parsing, so evaluation has nothing to check: a truth is the number 1 or 0. The depth of the
 * stack is counted as instructions are written, and bounded; so is the nesting of the text.
 */
#include "expression.h"

#include <assert.h>
#include <string.h>

#include "error.h"
#include "number.h"
#include "tf_function.h"
#include "value.h"

enum { MAX_DEPTH = 64, MAX_NESTING = 64, MAX_TEXT = 4096 };

typedef enum code {
    NUMBER,
    INPUT,
    CALL_ONE,
    CALL_TWO,
    NEGATE,
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    LESS,
    LESS_EQUAL,
    EQUAL,
    GREATER_EQUAL,
    GREATER,
    AND,
    OR
} code;

typedef struct instruction {
    code code;
    size_t input;
    double number;
    const rk_tf_function *function;
} instruction;

struct rk_expression {
    instruction *instructions;
    size_t n;
};

typedef struct operand {
    bool truth;
    bool closed; /* one primary: & and | know where it ends */
} operand;

typedef struct parser {
    const char *text, *p;
    const rk_expression_names *names;
    rk_expression *out;
    size_t depth;
    int nesting;
    rocket_error *err;
} parser;

static void skip_blanks(parser *s)
{
    while (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r')
        s->p++;
}

static rocket_status fail_at(parser *s, const char *expected)
{
    char found[RK_FOUND_BYTES];

    skip_blanks(s);
    if (!*s->p)
        return rk_fail(s->err, ROCKET_CONFIG, "expected %s, found the end", expected);
    return rk_fail(s->err, ROCKET_CONFIG, "expected %s at character %zu, found %s", expected,
                   (size_t)(s->p - s->text) + 1, rk_found((rk_text){ s->p, strlen(s->p) }, found));
}

/* The mark, if it stands here. */
static bool take(parser *s, const char *mark)
{
    size_t n = strlen(mark);

    skip_blanks(s);
    if (strncmp(s->p, mark, n) != 0)
        return false;
    s->p += n;
    return true;
}

/* There is an instruction for at most every character of the text. */
static rocket_status emit(parser *s, instruction next, size_t n_operands)
{
    s->out->instructions[s->out->n++] = next;
    s->depth = s->depth + 1 - n_operands;
    RK_FAIL_IF(s->depth > MAX_DEPTH, CONFIG, s->err, "expected at most %d numbers at a time, found more",
               (int)MAX_DEPTH);
    return ROCKET_OK;
}

static rocket_status logic(parser *s, operand *out);

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static rocket_status number(parser *s)
{
    const char *end = s->p;
    double value = 0;

    while (is_digit(*end) || *end == '.')
        end++;
    if (*end == 'e' || *end == 'E') {
        end++;
        end += *end == '+' || *end == '-';
        while (is_digit(*end))
            end++;
    }
    if (!rk_parse_double(s->p, (size_t)(end - s->p), &value))
        return fail_at(s, "a number");
    s->p = end;
    return emit(s, (instruction){ .code = NUMBER, .number = value }, 0);
}

static rocket_status need(parser *s, const char *mark, const char *expected)
{
    return take(s, mark) ? ROCKET_OK : fail_at(s, expected);
}

static rocket_status need_number(parser *s, const operand *x)
{
    return x->truth ? rk_fail(s->err, ROCKET_CONFIG,
                              "expected a number before character %zu, found a comparison, which is true or false",
                              (size_t)(s->p - s->text) + 1)
                    : ROCKET_OK;
}

static rocket_status call(parser *s, const rk_tf_function *function)
{
    size_t n = function->of_one ? 1 : 2;
    operand x;

    RK_TRY(need(s, "(", "\"(\" behind the name of a function"));
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            RK_TRY(need(s, ",", "\",\" and a second argument"));
        RK_TRY(logic(s, &x));
        RK_TRY(need_number(s, &x));
    }
    RK_TRY(need(s, ")", "\")\" behind the arguments"));
    return emit(s, (instruction){ .code = n == 1 ? CALL_ONE : CALL_TWO, .function = function }, n);
}

static rocket_status fail_function(parser *s, rk_text name)
{
    char one[RK_TF_LIST_BYTES], two[RK_TF_LIST_BYTES], found[RK_FOUND_BYTES];

    return rk_fail(s->err, ROCKET_CONFIG, "expected one of %s, %s, found %s", rk_tf_function_list(1, one),
                   rk_tf_function_list(2, two), rk_found(name, found));
}

static rocket_status input(parser *s, rk_text name)
{
    for (size_t i = 0; i < s->names->n; i++)
        if (strlen(s->names->name[i]) == name.n && memcmp(s->names->name[i], name.data, name.n) == 0)
            return emit(s, (instruction){ .code = INPUT, .input = i }, 0);
    s->p = name.data;
    return fail_at(s, "a name of input_names");
}

static rocket_status named(parser *s)
{
    rk_text name = { s->p, 0 };

    while (is_letter(*s->p) || is_digit(*s->p) || *s->p == '.')
        s->p++;
    name.n = (size_t)(s->p - name.data);
    if (name.n < 3 || memcmp(name.data, "tf.", 3) != 0)
        return input(s, name);
    const rk_tf_function *function = rk_tf_function_find(name);
    return function ? call(s, function) : fail_function(s, name);
}

static rocket_status primary(parser *s, operand *out)
{
    rocket_status status;

    skip_blanks(s);
    *out = (operand){ .closed = true };
    RK_FAIL_IF(s->nesting == MAX_NESTING, CONFIG, s->err,
               "expected at most %d parentheses inside each other, found "
               "more",
               (int)MAX_NESTING);
    s->nesting++;
    if (take(s, "(")) {
        status = logic(s, out);
        out->closed = true;
        if (status == ROCKET_OK)
            status = need(s, ")", "an operator or \")\"");
    } else if (is_digit(*s->p) || *s->p == '.') {
        status = number(s);
    } else {
        status = is_letter(*s->p) ? named(s) : fail_at(s, "a number, a name or \"(\"");
    }
    s->nesting--;
    return status;
}

static rocket_status sign(parser *s, operand *out)
{
    bool negate = take(s, "-");

    RK_TRY(primary(s, out));
    if (!negate)
        return ROCKET_OK;
    RK_TRY(need_number(s, out));
    out->closed = false;
    return emit(s, (instruction){ .code = NEGATE }, 1);
}

typedef struct binary {
    const char *mark;
    code code;
} binary;
typedef rocket_status (*level)(parser *s, operand *out);

/* operand { operator operand }: numbers from the left to the right. */
static rocket_status chain(parser *s, operand *out, level below, const binary operators[2])
{
    operand right;

    RK_TRY(below(s, out));
    for (;;) {
        const binary *found = take(s, operators[0].mark)   ? &operators[0]
                              : take(s, operators[1].mark) ? &operators[1]
                                                           : NULL;
        if (!found)
            return ROCKET_OK;
        RK_TRY(need_number(s, out));
        RK_TRY(below(s, &right));
        RK_TRY(need_number(s, &right));
        *out = (operand){ 0 };
        RK_TRY(emit(s, (instruction){ .code = found->code }, 2));
    }
}

static rocket_status product(parser *s, operand *out)
{
    return chain(s, out, sign, (const binary[2]){ { "*", MULTIPLY }, { "/", DIVIDE } });
}

static rocket_status sum(parser *s, operand *out)
{
    return chain(s, out, product, (const binary[2]){ { "+", ADD }, { "-", SUBTRACT } });
}

/* The longer marks first. */
static bool take_comparison(parser *s, code *out)
{
    static const binary comparisons[] = {
        { "<=", LESS_EQUAL }, { "==", EQUAL }, { ">=", GREATER_EQUAL }, { "<", LESS }, { ">", GREATER },
    };

    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++)
        if (take(s, comparisons[i].mark)) {
            *out = comparisons[i].code;
            return true;
        }
    return false;
}

static rocket_status comparison(parser *s, operand *out)
{
    operand right;
    code found;

    RK_TRY(sum(s, out));
    if (!take_comparison(s, &found))
        return ROCKET_OK;
    RK_TRY(need_number(s, out));
    RK_TRY(sum(s, &right));
    RK_TRY(need_number(s, &right));
    *out = (operand){ .truth = true };
    return emit(s, (instruction){ .code = found }, 2);
}

static rocket_status need_truth(parser *s, const operand *x)
{
    return x->truth && x->closed ? ROCKET_OK
                                 : rk_fail(s->err, ROCKET_CONFIG,
                                           "expected comparisons in parentheses on both sides of & and |, as in "
                                           "(a > 1) & (b < 2), found others before character %zu",
                                           (size_t)(s->p - s->text) + 1);
}

static rocket_status logic(parser *s, operand *out)
{
    operand right;

    RK_TRY(comparison(s, out));
    skip_blanks(s);
    char mark[2] = { *s->p, 0 };
    if (mark[0] != '&' && mark[0] != '|')
        return ROCKET_OK;
    while (take(s, mark)) {
        RK_TRY(need_truth(s, out));
        RK_TRY(primary(s, &right));
        RK_TRY(need_truth(s, &right));
        RK_TRY(emit(s, (instruction){ .code = mark[0] == '&' ? AND : OR }, 2));
    }
    out->closed = false;
    return ROCKET_OK;
}

rocket_status rk_expression_parse(const rk_expression **out, rk_arena *arena, const char *text,
                                  const rk_expression_names *names, rocket_error *err)
{
    size_t n = strlen(text);
    rk_expression *made = rk_arena_alloc(arena, 1, sizeof *made);
    parser s = { .text = text, .p = text, .names = names, .out = made, .err = err };
    operand result;

    RK_FAIL_IF(n > MAX_TEXT, CONFIG, err, "expected at most %d characters, found %zu", (int)MAX_TEXT, n);
    if (made)
        made->instructions = rk_arena_alloc(arena, n + 1, sizeof *made->instructions);
    RK_FAIL_IF(!made || !made->instructions, FAILED, err, "out of memory");
    RK_TRY(logic(&s, &result));
    skip_blanks(&s);
    if (*s.p)
        return fail_at(&s, *s.p == '&' || *s.p == '|' ? "parentheses where & and | meet" : "an operator");
    *out = made;
    return ROCKET_OK;
}

static double apply(code operation, double x, double y)
{
    switch (operation) {
    case ADD:
        return x + y;
    case SUBTRACT:
        return x - y;
    case MULTIPLY:
        return x * y;
    case DIVIDE:
        return x / y;
    case LESS:
        return x < y;
    case LESS_EQUAL:
        return x <= y;
    case EQUAL:
        return x == y;
    case GREATER_EQUAL:
        return x >= y;
    case GREATER:
        return x > y;
    case AND:
        return x != 0 && y != 0;
    default:
        return x != 0 || y != 0;
    }
}

double rk_expression_value(const rk_expression *expression, const double *inputs)
{
    double stack[MAX_DEPTH + 1], *top = stack; /* of the next number */

    for (size_t i = 0; i < expression->n; i++) {
        const instruction *next = &expression->instructions[i];

        switch (next->code) {
        case NUMBER:
            *top++ = next->number;
            break;
        case INPUT:
            *top++ = inputs[next->input];
            break;
        case CALL_ONE:
            assert(top > stack);
            top[-1] = next->function->of_one(top[-1]);
            break;
        case NEGATE:
            assert(top > stack);
            top[-1] = -top[-1];
            break;
        case CALL_TWO:
            assert(top > stack + 1);
            top--;
            top[-1] = next->function->of_two(top[-1], top[0]);
            break;
        default:
            assert(top > stack + 1);
            top--;
            top[-1] = apply(next->code, top[-1], top[0]);
        }
    }
    assert(top == stack + 1);
    return top[-1];
}
