/* How to declare a function that only asks for memory ahead of time. GCC 12 takes one for a function without effect and
 * drops every call of it that it has not put inline before it looks, without a word. */
#ifndef RK_PREFETCH_H
#define RK_PREFETCH_H

#define RK_PREFETCHING static inline __attribute__((always_inline))

/* Of floats that are walked through: the processor fetches ahead by itself, but stops at the end of a small page. So
 * ask for what comes a page later. */
RK_PREFETCHING void rk_fetch_ahead(const float *p)
{
    enum { PAGE = 1024 };

    __builtin_prefetch(p + PAGE);
}

#endif
