/* Arena: many small objects of one lifetime (a config, a model, a request), freed together.
 *
 * Errors are sticky: after a failed allocation every later one returns NULL too, so a caller allocates many
 * things and asks rk_arena_failed() once.
 */
#ifndef RK_ARENA_H
#define RK_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "rocket/status.h"

typedef struct rk_arena {
    struct rk_arena_block *blocks; /* newest first */
    size_t used, limit;            /* bytes handed out; at most this many (0: no limit) */
    bool failed;
} rk_arena;

void rk_arena_init(rk_arena *arena, size_t limit_bytes);
void rk_arena_clear(rk_arena *arena); /* frees all; the arena can be used again */

void *rk_arena_alloc(rk_arena *arena, size_t count, size_t size); /* zeroed, 16-byte aligned */
char *rk_arena_strdup(rk_arena *arena, const char *text);
char *rk_arena_strndup(rk_arena *arena, const char *text, size_t n);
char *rk_arena_printf(rk_arena *arena, const char *format, ...) ROCKET_PRINTF(2, 3);

bool rk_arena_failed(const rk_arena *arena);

#endif
