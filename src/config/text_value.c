/* Scalars of the text format: see text_value.h. Ranges and spellings are those of upstream's reader (easyrec.md 2.1);
 * floats are rounded twice, to double and then to float, as protobuf does, so that the bits agree with protoc's. */
#include "text_value.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "number.h"
#include "utf8.h"

static bool word_is(const rk_token *token, const char *word)
{
    return token->n == strlen(word) && memcmp(token->text, word, token->n) == 0;
}

static bool word_is_any_case(const rk_token *token, const char *lower)
{
    if (token->n != strlen(lower))
        return false;
    for (size_t i = 0; i < token->n; i++)
        if ((token->text[i] | 0x20) != lower[i])
            return false;
    return true;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* false: not an integer. Beyond 64 bits *overflow is set. */
static bool magnitude(const rk_token *token, uint64_t *out, bool *overflow)
{
    const char *text = token->text;
    size_t n = token->n, i = 0;
    unsigned base = 10;

    if (token->kind != RK_TOKEN_NUMBER)
        return false;
    if (n > 1 && text[0] == '0') {
        bool hex = (text[1] | 0x20) == 'x';
        base = hex ? 16 : 8;
        i = hex ? 2 : 1;
    }
    *out = 0;
    *overflow = false;
    if (i == n)
        return false;
    for (; i < n; i++) {
        unsigned digit = (unsigned)digit_value(text[i]);
        if (digit >= base)
            return false;
        *overflow |= *out > (UINT64_MAX - digit) / base;
        *out = *out * base + digit;
    }
    return true;
}

bool rk_scalar_integer(const rk_token *token, bool negative, int64_t *out)
{
    uint64_t value;
    bool overflow;

    if (!magnitude(token, &value, &overflow) || overflow || value > INT64_MAX)
        return false;
    *out = negative ? -(int64_t)value : (int64_t)value;
    return true;
}

/* low is the magnitude of the smallest value. */
static const char *integer(uint64_t *out, const rk_token *token, bool negative, uint64_t low, uint64_t high)
{
    uint64_t value;
    bool overflow;

    if (!magnitude(token, &value, &overflow) || overflow || value > (negative ? low : high))
        return "";
    *out = negative ? 0 - value : value;
    return NULL;
}

static const char *floating(double *out, const rk_token *token, bool negative)
{
    double value;

    if (word_is_any_case(token, "inf") || word_is_any_case(token, "infinity")) {
        value = INFINITY;
    } else if (word_is_any_case(token, "nan")) {
        value = NAN;
    } else {
        size_t n = token->n;
        if (token->kind != RK_TOKEN_NUMBER)
            return "expected a number";
        n -= n > 1 && (token->text[n - 1] | 0x20) == 'f' && !(n > 2 && (token->text[1] | 0x20) == 'x');
        if (!rk_parse_double(token->text, n, &value))
            return "expected a number";
    }
    *out = negative ? -value : value;
    return NULL;
}

/* Out of range is infinity, as upstream has it; a C conversion would be undefined. */
static float narrow(double value)
{
    static const double halfway = 0x1.ffffffp127; /* above it the nearest float is infinite */

    if (fabs(value) > halfway)
        return value < 0 ? -INFINITY : INFINITY;
    if (fabs(value) > (double)FLT_MAX)
        return value < 0 ? -FLT_MAX : FLT_MAX;
    return (float)value;
}

static const char *boolean(protobuf_c_boolean *out, const rk_token *token, bool negative)
{
    static const char *const yes[] = { "true", "True", "t", "1" }, *const no[] = { "false", "False", "f", "0" };

    if (!negative && token->kind != RK_TOKEN_STRING) {
        for (size_t i = 0; i < 4; i++) {
            if (word_is(token, yes[i]) || word_is(token, no[i])) {
                *out = word_is(token, yes[i]);
                return NULL;
            }
        }
    }
    return "expected true or false";
}

const char *rk_scalar_parse(rk_scalar *out, ProtobufCType type, const rk_token *token, bool negative)
{
    uint64_t bits = 0;
    double value = 0;
    const char *problem;

    switch (type) {
    case PROTOBUF_C_TYPE_BOOL:
        return boolean(&out->boolean, token, negative);
    case PROTOBUF_C_TYPE_INT32:
        problem = integer(&bits, token, negative, (uint64_t)INT32_MAX + 1, INT32_MAX);
        out->i32 = (int32_t)(int64_t)bits;
        return problem ? "expected an integer from -2147483648 to 2147483647" : NULL;
    case PROTOBUF_C_TYPE_UINT32:
        problem = integer(&bits, token, negative, 0, UINT32_MAX);
        out->u32 = (uint32_t)bits;
        return problem ? "expected an integer from 0 to 4294967295" : NULL;
    case PROTOBUF_C_TYPE_INT64:
        problem = integer(&bits, token, negative, (uint64_t)INT64_MAX + 1, INT64_MAX);
        out->i64 = (int64_t)bits;
        return problem ? "expected an integer from -9223372036854775808 to 9223372036854775807" : NULL;
    case PROTOBUF_C_TYPE_UINT64:
        problem = integer(&bits, token, negative, 0, UINT64_MAX);
        out->u64 = bits;
        return problem ? "expected an integer from 0 to 18446744073709551615" : NULL;
    case PROTOBUF_C_TYPE_FLOAT:
        problem = floating(&value, token, negative);
        out->f32 = narrow(value);
        return problem;
    default:
        return floating(&out->f64, token, negative);
    }
}

/* ---- texts ---- */

static bool append_utf8(rk_buf *out, uint32_t code)
{
    char bytes[4];

    if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        return false;
    rk_buf_append(out, bytes, rk_utf8_put(bytes, code));
    return true;
}

/* Up to max digits of a base at *p; *found of them. */
static uint32_t digits(const char **p, const char *end, unsigned base, size_t max, size_t *found)
{
    uint32_t value = 0;

    for (*found = 0; *p < end && *found < max && (unsigned)digit_value(**p) < base; ++*found)
        value = value * base + (uint32_t)digit_value(*(*p)++);
    return value;
}

static const char *append_byte(rk_buf *out, uint32_t value)
{
    char byte = (char)value;

    if (value == 0)
        return "a text cannot hold a NUL character";
    if (value > 255)
        return "an octal escape goes up to \\377";
    rk_buf_append(out, &byte, 1);
    return NULL;
}

/* *p is behind the backslash. */
static const char *unescape(rk_buf *out, const char **p, const char *end)
{
    static const char names[] = "abfnrtv\\'\"?", values[] = "\a\b\f\n\r\t\v\\'\"?";
    const char *name = strchr(names, **p);
    uint32_t value;
    size_t n;

    if (name && **p) {
        ++*p;
        rk_buf_append(out, &values[name - names], 1);
        return NULL;
    }
    if (**p >= '0' && **p <= '7')
        return append_byte(out, digits(p, end, 8, 3, &n));
    if (**p == 'x') {
        ++*p;
        value = digits(p, end, 16, 2, &n);
        return n ? append_byte(out, value) : "\\x needs a hexadecimal digit";
    }
    if (**p == 'u' || **p == 'U') {
        size_t width = *(*p)++ == 'u' ? 4 : 8;
        value = digits(p, end, 16, width, &n);
        return n == width && append_utf8(out, value) ? NULL : "\\u needs 4 and \\U 8 hexadecimal digits of a character";
    }
    return "unknown escape; write \\\\ for a backslash";
}

const char *rk_text_unquote(rk_buf *out, const rk_token *token)
{
    const char *p = token->text + 1, *end = token->text + token->n - 1;

    while (p < end) {
        const char *run = p;
        while (p < end && *p != '\\' && *p != '\0')
            p++;
        rk_buf_append(out, run, (size_t)(p - run));
        if (p == end)
            break;
        if (*p++ == '\0')
            return "a text cannot hold a NUL character";
        const char *problem = unescape(out, &p, end);
        if (problem)
            return problem;
    }
    return NULL;
}

void rk_token_show(char out[RK_TOKEN_SHOWN_BYTES], const rk_token *token, bool negative)
{
    size_t n = token->n, used = 0;
    bool utf8 = rk_utf8_valid(token->text, n), cut = n > 40, text = token->kind == RK_TOKEN_STRING;

    if (cut) /* not within a character */
        for (n = 40; n > 36 && ((unsigned char)token->text[n] & 0xC0) == 0x80; n--)
            continue;
    used = (size_t)snprintf(out, RK_TOKEN_SHOWN_BYTES, "%s%s", text ? "the text " : "\"", negative ? "-" : "");
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)token->text[i];
        out[used++] = c < 0x20 || c == 0x7F || (c >= 0x80 && !utf8) ? '?' : (char)c;
    }
    snprintf(out + used, RK_TOKEN_SHOWN_BYTES - used, "%s%s", cut ? "..." : "", text && !cut ? "" : "\"");
}
