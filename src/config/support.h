/* The list of support.def: what rocket does with every field of the schema. */
#ifndef RK_SUPPORT_H
#define RK_SUPPORT_H

#include <stddef.h>

#include "check_parts.h"

typedef enum rk_support_class {
    RK_IS_SUPPORTED,
    RK_IS_PLUGIN,
    RK_IS_NOTED,
    RK_IS_REFUSED,
    RK_IS_EMPTY,
    RK_IS_INSIDE
} rk_support_class;

typedef struct rk_support {
    const char *message; /* "DatasetConfig.Field", without the package */
    const char *field;   /* NULL for a message as a whole */
    rk_support_class class;
    const char *text; /* why it is noted, what to write instead of what is refused */
} rk_support;

extern const rk_support rk_supports[];
extern const size_t rk_n_supports;

/* Walk over all that the config sets: notes (each field once) and refusals. */
void rk_check_support(const rk_check *check);

#endif
