/* Numbers from text and back, correctly rounded and whatever the locale.
 *
 * Reading: at most 15 digits and a power of ten up to 22 are exact in double, so one multiplication or division rounds
 * correctly (Clinger 1990); that is nearly every cell of a CSV file. The rest is rewritten as digits, 'e', exponent -
 * a form without a radix character, in which the C library's conversion does not look at the locale - and given to it.
 * More than 770 digits are cut: 767 decide any double (a double's midpoint has no more), what follows only matters by
 * being zero or not, and one last digit says so.
 *
 * Writing: the C library prints 15, 16 or 17 digits (6 ... 9 for float that needs them) and the first text that reads
 * back the same wins. Layout as in Python's repr: plain from 1e-4 to below 1e16, with an exponent outside; integers
 * without ".0".
 */
#include "number.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DIGITS = 770, MAX_EXPONENT = 100000 };

/* A decimal: digits * 10^exponent, digits without leading zeros. */
typedef struct decimal {
    bool negative;
    int n_digits;     /* 0: the value is zero */
    uint64_t leading; /* the first 19 digits as a number */
    long exponent;
    char digits[MAX_DIGITS + 1];
} decimal;

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* [*text, *end) without the blanks around it. */
static void trim(const char **text, const char **end)
{
    while (*text < *end && is_blank(**text))
        ++*text;
    while (*text < *end && is_blank((*end)[-1]))
        --*end;
}

static bool take_sign(const char **text, const char *end)
{
    bool negative = *text < end && **text == '-';

    if (*text < end && (**text == '-' || **text == '+'))
        ++*text;
    return negative;
}

/* All of [text, end) as digits; false when there are none, others, or too many. */
static bool parse_digits(const char *text, const char *end, uint64_t *out)
{
    uint64_t value = 0;

    if (text == end)
        return false;
    for (; text < end; text++)
        if (!is_digit(*text) || __builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
            return false;
    *out = value;
    return true;
}

bool rk_parse_u64(const char *text, size_t n, uint64_t *out)
{
    const char *end = text + n;

    trim(&text, &end);
    return !take_sign(&text, end) && parse_digits(text, end, out);
}

bool rk_parse_i64(const char *text, size_t n, int64_t *out)
{
    const char *end = text + n;
    uint64_t size;

    trim(&text, &end);
    bool negative = take_sign(&text, end);
    if (!parse_digits(text, end, &size) || size > (uint64_t)INT64_MAX + negative)
        return false;
    *out = negative ? (int64_t)(0 - size) : (int64_t)size;
    return true;
}

static void add_digit(decimal *d, char digit, bool after_point)
{
    if (d->n_digits == 0 && digit == '0') {
        d->exponent -= after_point;
        return;
    }
    if (d->n_digits < MAX_DIGITS) {
        d->digits[d->n_digits++] = digit;
        if (d->n_digits <= 19)
            d->leading = d->leading * 10 + (uint64_t)(digit - '0');
        d->exponent -= after_point;
        return;
    }
    /* Too long to keep: remember only that something was there. */
    if (digit != '0')
        d->digits[MAX_DIGITS - 1] = d->digits[MAX_DIGITS - 1] == '0' ? '1' : d->digits[MAX_DIGITS - 1];
    d->exponent += !after_point;
}

/* e[+-]digits at text, clamped to +-MAX_EXPONENT (every type over- or underflows long before). */
static bool take_exponent(const char **text, const char *end, long *exponent)
{
    long value = 0;

    ++*text;
    bool negative = take_sign(text, end);
    if (*text == end)
        return false;
    for (; *text < end && is_digit(**text); ++*text)
        value = value < MAX_EXPONENT ? value * 10 + (**text - '0') : MAX_EXPONENT;
    *exponent += negative ? -value : value;
    return true;
}

/* digits [. digits] [e exponent], at least one digit, nothing behind. The sign is taken already. */
static bool parse_decimal(const char *text, const char *end, decimal *d)
{
    bool after_point = false, any = false;

    for (; text < end; text++) {
        if (*text == '.' && !after_point) {
            after_point = true;
        } else if (is_digit(*text)) {
            any = true;
            add_digit(d, *text, after_point);
        } else {
            break;
        }
    }
    if (!any)
        return false;
    if (text < end && (*text == 'e' || *text == 'E') && !take_exponent(&text, end, &d->exponent))
        return false;
    return text == end;
}

static bool is_word(const char *text, const char *end, const char *word)
{
    for (; text < end && *word; text++, word++)
        if ((*text | 0x20) != *word)
            return false;
    return text == end && *word == '\0';
}

/* nan, inf and infinity; false when it is none of them. */
static bool parse_special(const char *text, const char *end, bool negative, double *out)
{
    if (is_word(text, end, "nan"))
        *out = negative ? -(double)NAN : (double)NAN;
    else if (is_word(text, end, "inf") || is_word(text, end, "infinity"))
        *out = negative ? -(double)INFINITY : (double)INFINITY;
    else
        return false;
    return true;
}

/* Whole powers of ten are doubles up to this one. */
enum { MAX_POWER = 22 };
static const double powers[MAX_POWER + 1] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                              1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

/* Exact operands, one rounding. */
static bool fast_double(const decimal *d, double *out)
{
    if (d->n_digits > 15 || d->exponent < -MAX_POWER || d->exponent > MAX_POWER)
        return false;
    double value = (double)d->leading;
    *out = d->exponent < 0 ? value / powers[-d->exponent] : value * powers[d->exponent];
    return true;
}

/* The double is the correctly rounded decimal; rounding it again to float is right unless it lies on the border between
 * two floats, where the decimal may lie on either side (or in the subnormal and overflowing ranges: left alone). */
static bool fast_float(const decimal *d, float *out)
{
    double value;
    uint64_t bits;

    if (!fast_double(d, &value) || value < (double)FLT_MIN || value >= (double)FLT_MAX)
        return false;
    memcpy(&bits, &value, sizeof bits);
    if ((bits & 0x1FFFFFFF) == 0x10000000)
        return false;
    *out = (float)value;
    return true;
}

/* The decimal as text for the C library; radix-free, hence locale-free. */
typedef char decimal_text[MAX_DIGITS + 32];
static const char *spell(const decimal *d, decimal_text text)
{
    memcpy(text, d->digits, (size_t)d->n_digits);
    snprintf(text + d->n_digits, 32, "e%ld", d->exponent);
    return text;
}

static double decimal_to_double(const decimal *d)
{
    decimal_text text;
    double value = 0;

    if (d->n_digits > 0 && !fast_double(d, &value))
        value = strtod(spell(d, text), NULL);
    return d->negative ? -value : value;
}

static float decimal_to_float(const decimal *d)
{
    decimal_text text;
    float value = 0;

    if (d->n_digits > 0 && !fast_float(d, &value))
        value = strtof(spell(d, text), NULL);
    return d->negative ? -value : value;
}

/* Either a special value or a decimal. The digits are not cleared: only n_digits of them are ever read. */
static bool parse_real(const char *text, size_t n, decimal *d, double *special, bool *is_special)
{
    const char *end = text + n;

    trim(&text, &end);
    d->n_digits = 0;
    d->leading = 0;
    d->exponent = 0;
    d->negative = take_sign(&text, end);
    *is_special = parse_special(text, end, d->negative, special);
    return *is_special || parse_decimal(text, end, d);
}

bool rk_parse_double(const char *text, size_t n, double *out)
{
    decimal d;
    double special;
    bool is_special;

    if (!parse_real(text, n, &d, &special, &is_special))
        return false;
    *out = is_special ? special : decimal_to_double(&d);
    return true;
}

bool rk_parse_float(const char *text, size_t n, float *out)
{
    decimal d;
    double special;
    bool is_special;

    if (!parse_real(text, n, &d, &special, &is_special))
        return false;
    *out = is_special ? (float)special : decimal_to_float(&d);
    return true;
}

/* value > 0 rounded to n digits by the C library: digits, and the exponent of the first of them. The radix character
 * (any bytes of the locale's) is stepped over. */
static void print_digits(double value, int n, decimal *d)
{
    char text[64];
    const char *c = text;

    snprintf(text, sizeof text, "%.*e", n - 1, value);
    d->negative = false;
    d->n_digits = 0;
    d->leading = 0;
    for (; *c != 'e'; c++) {
        if (!is_digit(*c))
            continue;
        d->digits[d->n_digits++] = *c;
        d->leading = d->leading * 10 + (uint64_t)(*c - '0');
    }
    assert(d->n_digits == n);
    d->exponent = strtol(c + 1, NULL, 10);
    for (; d->n_digits > 1 && d->digits[d->n_digits - 1] == '0'; d->n_digits--)
        d->leading /= 10;
}

/* digits d with the first at 10^first, laid out as Python's repr does. */
static size_t lay_out(char *out, bool negative, const decimal *d)
{
    char *c = out;
    int first = (int)d->exponent, n = d->n_digits;

    if (negative)
        *c++ = '-';
    if (first < -4 || first >= 16) {
        *c++ = d->digits[0];
        if (n > 1) {
            *c++ = '.';
            memcpy(c, d->digits + 1, (size_t)n - 1);
            c += n - 1;
        }
        c += snprintf(c, 8, "e%c%02d", first < 0 ? '-' : '+', abs(first));
        return (size_t)(c - out);
    }
    if (first < 0) {
        memcpy(c, "0.000", 5);
        c += 1 - first;
        memcpy(c, d->digits, (size_t)n);
        c += n;
    } else {
        for (int i = 0; i <= first; i++)
            *c++ = i < n ? d->digits[i] : '0';
        if (n > first + 1) {
            *c++ = '.';
            memcpy(c, d->digits + first + 1, (size_t)(n - first - 1));
            c += n - first - 1;
        }
    }
    *c = '\0';
    return (size_t)(c - out);
}

static size_t copy_word(char *out, const char *word)
{
    size_t n = strlen(word);

    memcpy(out, word, n + 1);
    return n;
}

/* Zero, infinities and NaN, which have no digits; 0 for all others. */
static size_t format_special(char *out, double value)
{
    if (isnan(value))
        return copy_word(out, "nan");
    if (isinf(value))
        return copy_word(out, value < 0 ? "-inf" : "inf");
    if (value == 0)
        return copy_word(out, signbit(value) ? "-0" : "0");
    return 0;
}

/* The printed digits as a decimal whose last digit counts 10^exponent, ready for reading back. */
static decimal for_reading(const decimal *printed)
{
    decimal d = *printed;

    d.exponent -= d.n_digits - 1;
    return d;
}

size_t rk_format_double(char out[RK_NUMBER_BYTES], double value)
{
    decimal d;
    double size = fabs(value);
    size_t n = format_special(out, value);

    /* 15 digits say all that a text of 15 or fewer digits can; below DBL_MIN precision shrinks and fewer may do. */
    for (int digits = size < DBL_MIN ? 1 : DBL_DIG; n == 0; digits++) {
        print_digits(size, digits, &d);
        decimal again = for_reading(&d);
        if (digits == DBL_DECIMAL_DIG || decimal_to_double(&again) == size)
            n = lay_out(out, value < 0, &d);
    }
    return n;
}

/* A number of n digits, without the zeros at its end. */
static void put_digits(decimal *d, uint32_t number, int n, int first)
{
    for (; number % 10 == 0; n--)
        number /= 10;
    d->n_digits = n;
    d->exponent = first;
    for (int i = n - 1; i >= 0; i--, number /= 10)
        d->digits[i] = (char)('0' + number % 10);
}

/* Six digits at most, six of them behind the point at most: such a text is the only one so short that reads back as its
 * float. Most numbers of a data set are like this, and the C library takes ten times as long. */
static bool few_digits(float size, decimal *d)
{
    double scale = 1;

    if (size < 8 && (float)((double)(uint32_t)((double)size * 1e6 + 0.5) / 1e6) != size)
        return false; /* seven digits at least; a float below 8 is within 0.24e-6 of the text it reads back from */
    for (int behind = 0; behind <= 6; behind++, scale *= 10) {
        double digits = floor((double)size * scale + 0.5);

        if (digits >= 1e6)
            return false;
        if ((float)(digits / scale) == size) {
            int n = 1;

            while (n < FLT_DIG && digits >= powers[n])
                n++;
            put_digits(d, (uint32_t)digits, n, n - 1 - behind);
            return true;
        }
    }
    return false;
}

/* x * 10^n, off by half a unit in the last place at most. */
static double times_power(double x, int n)
{
    return n >= 0 ? x * powers[n] : x / powers[-n];
}

/* The place of the first digit of a normal float below 1e22. */
static int first_place(float size)
{
    uint32_t bits;

    memcpy(&bits, &size, sizeof bits);
    int first = (((int)(bits >> 23) - 127) * 1233) >> 12; /* log10(2) = 0.30103; right or one too small */
    return (double)size >= times_power(1, first + 1) ? first + 1 : first;
}

/* The next floats below and above a normal one. */
static void neighbours(float size, float *below, float *above)
{
    uint32_t bits;

    memcpy(&bits, &size, sizeof bits);
    bits--;
    memcpy(below, &bits, sizeof bits);
    bits += 2;
    memcpy(above, &bits, sizeof bits);
}

/* The shortest digits in doubles, where these leave no doubt: a decimal reads back as the float if it lies between the
 * middles to its neighbours. All in units of the ninth digit, in which doubles are off by 2e-7 at most. Ten times as
 * fast as printing and reading. */
static bool sure_digits(float size, decimal *d)
{
    static const double units[] = { 1e3, 1e2, 1e1, 1e0 };
    const double doubt = 1e-5;
    float below, above;

    if (!(size > 1e-12F && size < 1e12F))
        return false;
    neighbours(size, &below, &above);
    int first = first_place(size), shift = FLT_DECIMAL_DIG - 1 - first;
    double scaled = times_power((double)size, shift);
    double low = times_power(((double)size + (double)below) / 2, shift);
    double high = times_power(((double)size + (double)above) / 2, shift);

    for (int i = 0; i <= FLT_DECIMAL_DIG - FLT_DIG; i++) {
        double digits = scaled / units[i], whole = (double)(uint32_t)digits, rest = digits - whole;
        double rounded = whole + (rest > 0.5), back = rounded * units[i];

        if (fabs(rest - 0.5) * units[i] < doubt || fabs(back - low) < doubt || fabs(back - high) < doubt)
            return false;
        if (back > low && back < high) {
            bool carry = back >= 1e9;

            put_digits(d, (uint32_t)rounded, FLT_DIG + i + carry, first + carry);
            return true;
        }
    }
    return false;
}

size_t rk_format_float(char out[RK_NUMBER_BYTES], float value)
{
    decimal d;
    float size = fabsf(value);
    size_t n = format_special(out, (double)value);

    if (n == 0 && (few_digits(size, &d) || sure_digits(size, &d)))
        return lay_out(out, value < 0, &d);
    for (int digits = size < FLT_MIN ? 1 : FLT_DIG; n == 0; digits++) {
        print_digits((double)size, digits, &d);
        decimal again = for_reading(&d);
        if (digits == FLT_DECIMAL_DIG || decimal_to_float(&again) == size)
            n = lay_out(out, value < 0, &d);
    }
    return n;
}
