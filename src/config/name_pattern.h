/* Names that stand for several: "f[1-3]" is f1, f2, f3. Anything that does not end in [digits-digits] is itself. */
#ifndef RK_NAME_PATTERN_H
#define RK_NAME_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

typedef struct rk_name_pattern {
    const char *name;
    size_t n_prefix;
    uint64_t first, count; /* count 0: [3-1], or numbers of 2^32 and more */
    bool expands;
} rk_name_pattern;

rk_name_pattern rk_name_pattern_of(const char *name);

/* The i-th name, in the arena if it has to be made; NULL without memory. */
const char *rk_name_pattern_at(const rk_name_pattern *pattern, uint64_t i, rk_arena *arena);

#endif
