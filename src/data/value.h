/* A field's value: its text converted to the input_type of its column, default_val applied.
 *
 * Upstream's rules (easyrec.md 3.1): an empty field is the default, an empty default is 0, "" or false; blanks around
 * numbers are allowed, those of strings kept; "3.0" is no integer; nan and inf are floats.
 */
#ifndef RK_VALUE_H
#define RK_VALUE_H

#include "reader.h"

typedef struct rk_value {
    rk_text text; /* as read, or the default's */
    int type;     /* ROCKET__DATASET_CONFIG__FIELD_TYPE__... */
    int64_t i;    /* INT32, INT64, BOOL */
    double d;     /* FLOAT (rounded to one), DOUBLE, and the others that are numbers */
} rk_value;

/* Convert a text that is not empty. ROCKET_DATA: 'expected an integer, found "3.0"'. */
ROCKET_NODISCARD rocket_status rk_value_parse(rk_value *out, int type, rk_text text, rocket_error *err);

/* What an empty field stands for. */
ROCKET_NODISCARD rocket_status rk_value_default(rk_value *out, const Rocket__DatasetConfig__Field *field,
                                                rocket_error *err);

/* The value as text, for hashing: a string as it is, integers in decimal, true and false, floats with `precision`
 * digits behind the point. The result lies in the value or in buffer. */
enum { RK_MAX_PRECISION = 60, RK_VALUE_TEXT_BYTES = 400 };
rk_text rk_value_text(const rk_value *value, int precision, char buffer[RK_VALUE_TEXT_BYTES]);

/* Text for messages: quoted, unprintable bytes escaped, cut after 40 bytes. Returns out. */
enum { RK_FOUND_BYTES = 200 };
const char *rk_found(rk_text text, char out[RK_FOUND_BYTES]);

/* Text as a number, for the parts of tags and vectors: 'expected a number, found ...'. */
ROCKET_NODISCARD rocket_status rk_text_float(float *out, rk_text text, rocket_error *err);

/* The pieces of a text between delimiters. Every byte of the separator is one; empty pieces are skipped. */
typedef struct rk_delimiters {
    bool is[256];
} rk_delimiters;
void rk_delimiters_init(rk_delimiters *delimiters, const char *separator);

/* false: no more. */
static inline bool rk_next_piece(rk_text *rest, const rk_delimiters *delimiters, rk_text *piece)
{
    const char *p = rest->data, *end = p + rest->n;

    while (p < end && delimiters->is[(unsigned char)*p])
        p++;
    if (p == end)
        return false;
    piece->data = p;
    while (p < end && !delimiters->is[(unsigned char)*p])
        p++;
    piece->n = (size_t)(p - piece->data);
    *rest = (rk_text){ p, (size_t)(end - p) };
    return true;
}

bool rk_is_float_type(int type);

#endif
