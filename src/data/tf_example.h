/* tf.Example, read where it lies.
 *
 *     rk_example_begin(&walk, record);
 *     while (rk_example_feature(&walk, &name, &feature, &more, err) == ROCKET_OK && more) {
 *         rk_example_open(&list, feature, err);
 *         while (rk_example_next(&list, &value, &more, err) == ROCKET_OK && more)
 *             ...
 *     }
 *
 * Errors are ROCKET_DATA: the bytes are no tf.Example. Everything is borrowed from the record.
 */
#ifndef RK_TF_EXAMPLE_H
#define RK_TF_EXAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reader.h"

typedef struct rk_wire {
    const char *p, *end;
} rk_wire;

typedef struct rk_example_walk {
    rk_wire example, features;
    const char *place; /* where reading is, for messages */
} rk_example_walk;

void rk_example_begin(rk_example_walk *walk, rk_text record);

/* The next feature of the map; a name may come again. *more: false when there is none. */
ROCKET_NODISCARD rocket_status rk_example_feature(rk_example_walk *walk, rk_text *name, rk_text *feature, bool *more,
                                                  rocket_error *err);

typedef enum rk_example_kind { /* numbers of the members of Feature.kind */
                               RK_EXAMPLE_NOTHING = 0,
                               RK_EXAMPLE_BYTES = 1,
                               RK_EXAMPLE_FLOATS = 2,
                               RK_EXAMPLE_INTEGERS = 3
} rk_example_kind;
const char *rk_example_kind_name(rk_example_kind kind); /* "an int64_list" */

typedef struct rk_example_list {
    rk_example_kind kind;
    rk_wire list, packed;
} rk_example_list;

typedef union rk_example_value {
    rk_text bytes;
    float number;
    int64_t integer;
} rk_example_value;

/* RK_EXAMPLE_NOTHING: the feature has no kind, and no values. */
ROCKET_NODISCARD rocket_status rk_example_open(rk_example_list *out, rk_text feature, rocket_error *err);
ROCKET_NODISCARD rocket_status rk_example_next(rk_example_list *list, rk_example_value *value, bool *more,
                                               rocket_error *err);
bool rk_example_at_end(const rk_example_list *list); /* there is certainly no value more */

#endif
