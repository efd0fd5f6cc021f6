/* How to declare a function that only asks for memory ahead of time. GCC 12 takes one for a function without effect and
 * drops every call of it that it has not put inline before it looks, without a word. */
#ifndef RK_PREFETCH_H
#define RK_PREFETCH_H

#define RK_PREFETCHING static inline __attribute__((always_inline))

#endif
