/* The owner of malloc.
 *
 * Each block carries a small header (where the C library's block starts, how many bytes the caller asked for) in front
 * of the 64-byte aligned address handed out. calloc is asked for the memory rather than aligned_alloc, because large
 * blocks then come as untouched zero pages. The kernel is asked to make these large: tables and activations are walked
 * in ways that miss the processor's list of small pages at nearly every step. Not so where rk_alloc_sparse was asked.
 * The counters are relaxed atomics: they are statistics, nothing is ordered by them, and the step loop does not
 * allocate.
 */
#include "mem.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNMENT = 64 };
enum { HUGE_PAGE = 2 << 20, WORTH_ROUNDING = 2 * HUGE_PAGE, C_LIBRARY_HEADER = 16 /* of a block of its own */ };

typedef struct header {
    void *raw;   /* what calloc returned */
    size_t size; /* what the caller asked for */
} header;

static _Atomic uint64_t n_allocations;
static _Atomic uint64_t live_bytes;
static _Atomic uint64_t peak_bytes;
static _Atomic uint64_t fail_countdown; /* 0: off */

/* calloc aligns to 16, so the header and the gap behind it never need more than one ALIGNMENT. */
_Static_assert(sizeof(header) <= 16, "the header must fit into the slack of one alignment");

static header *header_of(void *p)
{
    return (header *)p - 1;
}

/* The aligned address inside a raw block. */
static char *place(char *raw)
{
    uintptr_t address = (uintptr_t)raw + sizeof(header);

    return raw + sizeof(header) + ((ALIGNMENT - address % ALIGNMENT) % ALIGNMENT);
}

static void count_bytes(size_t added, size_t removed)
{
    uint64_t live = atomic_fetch_add_explicit(&live_bytes, added - removed, memory_order_relaxed) + added - removed;
    uint64_t peak = atomic_load_explicit(&peak_bytes, memory_order_relaxed);

    while (live > peak && added > removed && !atomic_compare_exchange_weak(&peak_bytes, &peak, live))
        continue;
}

/* True for the one allocation that a test wants to see fail. */
static bool must_fail(void)
{
    uint64_t left = atomic_load_explicit(&fail_countdown, memory_order_relaxed);

    while (left > 0)
        if (atomic_compare_exchange_weak(&fail_countdown, &left, left - 1))
            return left == 1;
    return false;
}

/* Bytes to ask calloc for; false when the product does not fit. */
static bool block_bytes(size_t *total, size_t *bytes, size_t count, size_t size)
{
    return !__builtin_mul_overflow(count, size, bytes) && !__builtin_add_overflow(*bytes, (size_t)ALIGNMENT, total) &&
           *total <= PTRDIFF_MAX;
}

/* Advice only: where it cannot be taken, nothing changes. */
static void want_huge_pages(char *raw, size_t total)
{
    uintptr_t begin = ((uintptr_t)raw + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    uintptr_t end = ((uintptr_t)raw + total) / HUGE_PAGE * HUGE_PAGE;

    if (begin < end)
        madvise((void *)begin, end - begin, MADV_HUGEPAGE);
}

/* A large block that fills large pages to the end is put at the start of one by the kernel (since Linux 6.7), and has
 * no small ones at either end; of the three arrays of a table of 100,000 rows a third was in such. */
static size_t in_huge_pages(size_t total)
{
    size_t whole = (total + C_LIBRARY_HEADER + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE - C_LIBRARY_HEADER;

    return total >= WORTH_ROUNDING && total < PTRDIFF_MAX - HUGE_PAGE ? whole : total;
}

static void *alloc_zeroed(size_t count, size_t size, bool huge)
{
    size_t total, bytes;

    if (!block_bytes(&total, &bytes, count, size) || must_fail())
        return NULL;
    total = huge ? in_huge_pages(total) : total;
    char *raw = calloc(1, total);
    if (!raw)
        return NULL;
    if (huge)
        want_huge_pages(raw, total);
    char *p = place(raw);
    *header_of(p) = (header){ raw, bytes };
    atomic_fetch_add_explicit(&n_allocations, 1, memory_order_relaxed);
    count_bytes(bytes, 0);
    return p;
}

void *rk_alloc(size_t count, size_t size)
{
    return alloc_zeroed(count, size, true);
}

void *rk_alloc_sparse(size_t count, size_t size)
{
    return alloc_zeroed(count, size, false);
}

void *rk_realloc(void *old, size_t count, size_t size)
{
    size_t total, bytes;

    if (!old)
        return rk_alloc(count, size);
    if (!block_bytes(&total, &bytes, count, size) || must_fail())
        return NULL;

    header before = *header_of(old);
    size_t offset = (size_t)((char *)old - (char *)before.raw);
    char *raw = realloc(before.raw, total);
    if (!raw)
        return NULL;
    /* The new block may be aligned differently: slide the contents to where they belong now. */
    char *p = place(raw);
    size_t kept = before.size < bytes ? before.size : bytes;
    if (p != raw + offset)
        memmove(p, raw + offset, kept);
    memset(p + kept, 0, bytes - kept);
    *header_of(p) = (header){ raw, bytes };
    atomic_fetch_add_explicit(&n_allocations, 1, memory_order_relaxed);
    count_bytes(bytes, before.size);
    return p;
}

void *rk_grow(void *p, size_t *capacity, size_t n, size_t size)
{
    size_t wanted = *capacity + *capacity / 2 + 64;
    void *bigger;

    if (p && n <= *capacity)
        return p;
    if (wanted < n)
        wanted = n;
    bigger = rk_realloc(p, wanted, size);
    if (bigger)
        *capacity = wanted;
    return bigger;
}

void rk_free(void *p)
{
    if (!p)
        return;
    count_bytes(0, header_of(p)->size);
    free(header_of(p)->raw);
}

char *rk_strdup(const char *text)
{
    return rk_strndup(text, strlen(text));
}

char *rk_strndup(const char *text, size_t n)
{
    char *copy = n < SIZE_MAX ? rk_alloc(n + 1, 1) : NULL;

    if (copy && n > 0)
        memcpy(copy, text, n);
    return copy;
}

uint64_t rk_alloc_count(void)
{
    return atomic_load_explicit(&n_allocations, memory_order_relaxed);
}

uint64_t rk_alloc_live_bytes(void)
{
    return atomic_load_explicit(&live_bytes, memory_order_relaxed);
}

uint64_t rk_alloc_peak_bytes(void)
{
    return atomic_load_explicit(&peak_bytes, memory_order_relaxed);
}

void rk_alloc_fail_at(uint64_t n)
{
    atomic_store(&fail_countdown, n);
}

bool rk_alloc_fail_pending(void)
{
    return atomic_load(&fail_countdown) > 0;
}
