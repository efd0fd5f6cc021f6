/* Field texts to typed values. Conversion happens once per field, however many features read it. */
#include "value.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "number.h"

#define TYPE(name) ROCKET__DATASET_CONFIG__FIELD_TYPE__##name

bool rk_is_float_type(int type)
{
    return type == TYPE(FLOAT) || type == TYPE(DOUBLE);
}

const char *rk_found(rk_text text, char out[RK_FOUND_BYTES])
{
    enum { SHOWN = 40 };
    size_t n = 0;

    out[n++] = '"';
    for (size_t i = 0; i < text.n && i < SHOWN; i++) {
        unsigned char c = (unsigned char)text.data[i];

        if (c < 0x20 || c == 0x7f)
            n += (size_t)snprintf(out + n, RK_FOUND_BYTES - n, "\\%03o", (unsigned)c);
        else
            out[n++] = (char)c;
    }
    snprintf(out + n, RK_FOUND_BYTES - n, text.n > SHOWN ? "\"..." : "\"");
    return out;
}

/* Nothing but a sign and digits between blanks: an integer that did not fit, rather than no integer at all. */
static bool is_integer_text(rk_text text)
{
    size_t i = 0, digits = 0;

    while (i < text.n && (text.data[i] == ' ' || text.data[i] == '\t'))
        i++;
    if (i < text.n && (text.data[i] == '-' || text.data[i] == '+'))
        i++;
    for (; i < text.n && text.data[i] >= '0' && text.data[i] <= '9'; i++)
        digits++;
    while (i < text.n && (text.data[i] == ' ' || text.data[i] == '\t'))
        i++;
    return digits > 0 && i == text.n;
}

static rocket_status parse_integer(rk_value *out, int bits, rk_text text, rocket_error *err)
{
    char found[RK_FOUND_BYTES];
    int64_t i = 0;
    bool fits = rk_parse_i64(text.data, text.n, &i) && (bits == 64 || (i >= INT32_MIN && i <= INT32_MAX));

    if (fits) {
        out->i = i;
        out->d = (double)i;
        return ROCKET_OK;
    }
    if (is_integer_text(text))
        return rk_fail(err, ROCKET_DATA, "expected an integer of %d bits, found %s", bits, rk_found(text, found));
    return rk_fail(err, ROCKET_DATA, "expected an integer, found %s", rk_found(text, found));
}

rocket_status rk_text_float(float *out, rk_text text, rocket_error *err)
{
    char found[RK_FOUND_BYTES];

    RK_FAIL_IF(!rk_parse_float(text.data, text.n, out), DATA, err, "expected a number, found %s",
               rk_found(text, found));
    return ROCKET_OK;
}

static rocket_status parse_double(rk_value *out, rk_text text, rocket_error *err)
{
    char found[RK_FOUND_BYTES];

    RK_FAIL_IF(!rk_parse_double(text.data, text.n, &out->d), DATA, err, "expected a number, found %s",
               rk_found(text, found));
    return ROCKET_OK;
}

static rocket_status parse_bool(rk_value *out, rk_text text, rocket_error *err)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {
        { "true", true },   { "True", true },   { "TRUE", true },   { "1", true },
        { "false", false }, { "False", false }, { "FALSE", false }, { "0", false },
    };
    char found[RK_FOUND_BYTES];

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == text.n && memcmp(words[i].word, text.data, text.n) == 0) {
            out->i = words[i].value;
            out->d = words[i].value;
            return ROCKET_OK;
        }
    return rk_fail(err, ROCKET_DATA, "expected true or false, found %s", rk_found(text, found));
}

rocket_status rk_value_parse(rk_value *out, int type, rk_text text, rocket_error *err)
{
    float f = 0;

    out->text = text;
    out->type = type;
    switch (type) {
    case TYPE(INT32):
        return parse_integer(out, 32, text, err);
    case TYPE(INT64):
        return parse_integer(out, 64, text, err);
    case TYPE(BOOL):
        return parse_bool(out, text, err);
    case TYPE(DOUBLE):
        return parse_double(out, text, err);
    case TYPE(FLOAT):
        RK_TRY(rk_text_float(&f, text, err));
        out->d = (double)f;
        return ROCKET_OK;
    default:
        return ROCKET_OK;
    }
}

rocket_status rk_value_default(rk_value *out, const Rocket__DatasetConfig__Field *field, rocket_error *err)
{
    const char *text = field->default_val ? field->default_val : "";

    *out = (rk_value){ .text = { text, strlen(text) }, .type = (int)field->input_type };
    if (out->text.n == 0)
        return ROCKET_OK;
    return rk_value_parse(out, out->type, out->text, err);
}

/* As printf writes it, but with a point whatever the locale: the digits behind it are known in number. */
static rk_text print_fixed(double value, int precision, char buffer[RK_VALUE_TEXT_BYTES])
{
    char local[RK_VALUE_TEXT_BYTES];
    int n = snprintf(local, sizeof local, "%.*f", precision, value);
    size_t whole = strspn(local, "-0123456789"), behind = (size_t)precision;

    if (!isfinite(value) || precision == 0) {
        memcpy(buffer, local, (size_t)n + 1);
        return (rk_text){ buffer, (size_t)n };
    }
    memcpy(buffer, local, whole);
    buffer[whole] = '.';
    memcpy(buffer + whole + 1, local + (size_t)n - behind, behind);
    return (rk_text){ buffer, whole + 1 + behind };
}

static rk_text print_integer(int64_t value, char buffer[RK_VALUE_TEXT_BYTES])
{
    char *end = buffer + RK_VALUE_TEXT_BYTES, *p = end;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do
        *--p = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (value < 0)
        *--p = '-';
    return (rk_text){ p, (size_t)(end - p) };
}

rk_text rk_value_text(const rk_value *value, int precision, char buffer[RK_VALUE_TEXT_BYTES])
{
    switch (value->type) {
    case TYPE(STRING):
        return value->text;
    case TYPE(BOOL):
        return value->i ? (rk_text){ "true", 4 } : (rk_text){ "false", 5 };
    case TYPE(FLOAT):
    case TYPE(DOUBLE):
        return print_fixed(value->d, precision < 0 ? 0 : precision, buffer);
    default:
        return print_integer(value->i, buffer);
    }
}

void rk_delimiters_init(rk_delimiters *delimiters, const char *separator)
{
    memset(delimiters, 0, sizeof *delimiters);
    for (; *separator; separator++)
        delimiters->is[(unsigned char)*separator] = true;
}
