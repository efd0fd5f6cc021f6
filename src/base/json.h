/* Reading JSON. The library behind it is wrapped here and nowhere else. Writing goes through rk_buf_json_*. */
#ifndef RK_JSON_H
#define RK_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rocket/status.h"

typedef struct rk_json rk_json; /* a value; borrowed from its document unless it is the root */

/* Parse one document; duplicate keys, trailing bytes and nesting over 64 are errors. err gets "name:line:column: ...".
 */
ROCKET_NODISCARD rocket_status rk_json_parse(rk_json **out, const char *text, size_t n, const char *name,
                                             rocket_error *err);
void rk_json_free(rk_json *root);

typedef enum rk_json_kind {
    RK_JSON_NULL,
    RK_JSON_BOOL,
    RK_JSON_NUMBER,
    RK_JSON_STRING,
    RK_JSON_ARRAY,
    RK_JSON_OBJECT
} rk_json_kind;
rk_json_kind rk_json_kind_of(const rk_json *value); /* NULL counts as null */

size_t rk_json_size(const rk_json *value);                          /* members or elements */
const rk_json *rk_json_at(const rk_json *array, size_t i);          /* NULL when out of range */
const rk_json *rk_json_get(const rk_json *object, const char *key); /* NULL when absent */
const char *rk_json_key(const rk_json *object, size_t i);           /* i-th key, insertion order */
const rk_json *rk_json_member(const rk_json *object, size_t i);

/* Where in the text the value begins, and where the key of a member does. Columns count bytes from 1. */
typedef struct rk_json_place {
    uint32_t line, column;
} rk_json_place;
rk_json_place rk_json_where(const rk_json *value);
rk_json_place rk_json_key_where(const rk_json *member);

const char *rk_json_string(const rk_json *value); /* NULL unless a string */
bool rk_json_number(const rk_json *value, double *out);
bool rk_json_integer(const rk_json *value, int64_t *out);
bool rk_json_bool(const rk_json *value, bool *out);

#endif
