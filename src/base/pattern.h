/* Regular expressions, searched for anywhere in a text.
 *
 * Configs write them for Python's re. Taken is what POSIX's extended expressions mean alike; what they would read as
 * something else (\d, (?...), a backslash in brackets) is refused rather than guessed.
 */
#ifndef RK_PATTERN_H
#define RK_PATTERN_H

#include <stdbool.h>

#include "rocket/status.h"

typedef struct rk_pattern rk_pattern;

/* ROCKET_CONFIG with a sentence that quotes the text when it is no such expression. */
ROCKET_NODISCARD rocket_status rk_pattern_new(rk_pattern **out, const char *text, rocket_error *err);
void rk_pattern_free(rk_pattern *pattern); /* NULL is fine */
bool rk_pattern_matches(const rk_pattern *pattern, const char *text);

#endif
