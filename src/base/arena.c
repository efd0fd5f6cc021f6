/* Arena: a chain of blocks, each larger than the last, filled from the front and freed together.
 *
 * Small objects share a block; one that would not fit into the next block's size gets a block of its own, which is put
 * behind the newest one so that the room left there is still used. Blocks come zeroed, hence objects do.
 */
#include "arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"

enum { ALIGNMENT = 16, FIRST_BLOCK_BYTES = 4 << 10, LAST_BLOCK_BYTES = 1 << 20 };

typedef struct rk_arena_block {
    struct rk_arena_block *next;
    size_t used, size;
    _Alignas(ALIGNMENT) char bytes[];
} rk_arena_block;

void rk_arena_init(rk_arena *arena, size_t limit_bytes)
{
    *arena = (rk_arena){ .limit = limit_bytes };
}

void rk_arena_clear(rk_arena *arena)
{
    rk_arena_block *block = arena->blocks;

    while (block) {
        rk_arena_block *next = block->next;
        rk_free(block);
        block = next;
    }
    rk_arena_init(arena, arena->limit);
}

static size_t next_block_bytes(const rk_arena *arena)
{
    if (!arena->blocks)
        return FIRST_BLOCK_BYTES;
    size_t twice = 2 * arena->blocks->size;
    return twice < LAST_BLOCK_BYTES ? twice : LAST_BLOCK_BYTES;
}

/* A block with room for n bytes at its front, linked in; NULL without memory. */
static rk_arena_block *add_block(rk_arena *arena, size_t n)
{
    size_t size = next_block_bytes(arena);
    bool alone = n > size / 4 && arena->blocks; /* the newest block stays the one to fill */

    if (alone || n > size)
        size = n;
    if (size > SIZE_MAX - sizeof(rk_arena_block))
        return NULL;
    rk_arena_block *block = rk_alloc(1, sizeof *block + size);
    if (!block)
        return NULL;
    block->size = size;
    rk_arena_block **link = alone ? &arena->blocks->next : &arena->blocks;
    block->next = *link;
    *link = block;
    return block;
}

/* Bytes that an object takes, rounded up to the alignment; false when they do not fit the type or the limit. */
static bool object_bytes(const rk_arena *arena, size_t *n, size_t count, size_t size)
{
    if (__builtin_mul_overflow(count, size, n) || *n > SIZE_MAX - ALIGNMENT)
        return false;
    *n = (*n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return arena->limit == 0 || (arena->used <= arena->limit && *n <= arena->limit - arena->used);
}

void *rk_arena_alloc(rk_arena *arena, size_t count, size_t size)
{
    size_t n;

    if (arena->failed)
        return NULL;
    rk_arena_block *block = arena->blocks;
    if (!object_bytes(arena, &n, count, size)) {
        arena->failed = true;
        return NULL;
    }
    if (!block || n > block->size - block->used)
        block = add_block(arena, n);
    if (!block) {
        arena->failed = true;
        return NULL;
    }
    void *p = block->bytes + block->used;
    block->used += n;
    arena->used += n;
    return p;
}

char *rk_arena_strdup(rk_arena *arena, const char *text)
{
    return rk_arena_strndup(arena, text, strlen(text));
}

char *rk_arena_strndup(rk_arena *arena, const char *text, size_t n)
{
    char *copy = rk_arena_alloc(arena, n < SIZE_MAX ? n + 1 : n, 1);

    if (copy && n > 0)
        memcpy(copy, text, n);
    return copy;
}

char *rk_arena_printf(rk_arena *arena, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0) {
        arena->failed = true;
        return NULL;
    }
    char *text = rk_arena_alloc(arena, (size_t)n + 1, 1);
    if (!text)
        return NULL;
    va_start(args, format);
    vsnprintf(text, (size_t)n + 1, format, args);
    va_end(args);
    return text;
}

bool rk_arena_failed(const rk_arena *arena)
{
    return arena->failed;
}
