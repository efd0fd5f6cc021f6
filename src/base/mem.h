/* The owner of malloc: every allocation of the project goes through here.
 *
 * Memory is zeroed and 64-byte aligned (a cache line, a vector register). A counter lets tests assert that a
 * step allocates nothing, and a countdown lets them fail the n-th allocation.
 */
#ifndef RK_MEM_H
#define RK_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* count * size zeroed bytes, or NULL when memory (or the product) runs out. count or size 0 gives a valid pointer. */
void *rk_alloc(size_t count, size_t size) __attribute__((malloc));

/* The same for a large block of which scattered parts may be touched and most never: pages come small, so that only
 * what is touched costs memory and time. */
void *rk_alloc_sparse(size_t count, size_t size) __attribute__((malloc));

/* Grow or shrink; the bytes beyond the old size are zero. The old block stays valid on failure (NULL). p may be NULL.
 */
void *rk_realloc(void *p, size_t count, size_t size);

/* Room for n elements: p as it is, or a larger block with half as many again to spare. *capacity is in elements. NULL
 * without memory; p and *capacity are then as they were. */
void *rk_grow(void *p, size_t *capacity, size_t n, size_t size);

void rk_free(void *p); /* NULL is fine */

/* Copy of a string or of n bytes (NUL-terminated); NULL on failure. */
char *rk_strdup(const char *text);
char *rk_strndup(const char *text, size_t n);

uint64_t rk_alloc_count(void);      /* successful allocations since start, all threads */
uint64_t rk_alloc_live_bytes(void); /* bytes held now */
uint64_t rk_alloc_peak_bytes(void);

/* Test hook: the n-th allocation from now (1 = the next) fails, once; 0 switches it off. */
void rk_alloc_fail_at(uint64_t n);
bool rk_alloc_fail_pending(void); /* the allocation that shall fail has not come yet */

#endif
