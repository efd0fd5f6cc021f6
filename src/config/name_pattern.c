/* Name patterns: see name_pattern.h. */
#include "name_pattern.h"

#include <inttypes.h>
#include <string.h>

#include "number.h"

static bool all_digits(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return n > 0;
}

rk_name_pattern rk_name_pattern_of(const char *name)
{
    rk_name_pattern plain = { .name = name, .count = 1 }, pattern = { .name = name, .expands = true };
    size_t n = strlen(name);
    const char *open = strrchr(name, '['), *dash = open ? strchr(open, '-') : NULL;
    uint64_t last;

    if (!dash || name[n - 1] != ']')
        return plain;
    const char *second = dash + 1, *end = name + n - 1;
    if (!all_digits(open + 1, (size_t)(dash - open - 1)) || !all_digits(second, (size_t)(end - second)))
        return plain;
    pattern.n_prefix = (size_t)(open - name);
    if (rk_parse_u64(open + 1, (size_t)(dash - open - 1), &pattern.first) &&
        rk_parse_u64(second, (size_t)(end - second), &last) && last <= UINT32_MAX && pattern.first <= last)
        pattern.count = last - pattern.first + 1;
    return pattern;
}

const char *rk_name_pattern_at(const rk_name_pattern *pattern, uint64_t i, rk_arena *arena)
{
    if (!pattern->expands)
        return pattern->name;
    return rk_arena_printf(arena, "%.*s%" PRIu64, (int)pattern->n_prefix, pattern->name, pattern->first + i);
}
