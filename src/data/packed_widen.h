/* Narrow numbers to 64 bits: one loop per width, which the compiler makes vectors of. Compiled twice, once for AVX2. */
#ifndef RK_PACKED_WIDEN_H
#define RK_PACKED_WIDEN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Loads of any alignment. */
#define RK_WIDEN(type)                                                                                                 \
    static inline uint64_t rk_widen_##type(int64_t *to, const char *from, size_t n)                                    \
    {                                                                                                                  \
        type most = 0;                                                                                                 \
                                                                                                                       \
        for (size_t i = 0; i < n; i++) {                                                                               \
            type number;                                                                                               \
            memcpy(&number, from + i * sizeof number, sizeof number);                                                  \
            to[i] = (int64_t)number;                                                                                   \
            most = number > most ? number : most;                                                                      \
        }                                                                                                              \
        return most;                                                                                                   \
    }
RK_WIDEN(uint8_t)
RK_WIDEN(uint16_t)
RK_WIDEN(uint32_t)
RK_WIDEN(uint64_t)
#undef RK_WIDEN

/* width 1, 2, 4 or 8. The largest of the numbers, taken as unsigned; 0: there are none. */
static inline uint64_t rk_widen(int64_t *to, const char *from, size_t n, size_t width)
{
    return width == 1   ? rk_widen_uint8_t(to, from, n)
           : width == 2 ? rk_widen_uint16_t(to, from, n)
           : width == 4 ? rk_widen_uint32_t(to, from, n)
                        : rk_widen_uint64_t(to, from, n);
}

uint64_t rk_widen_avx2(int64_t *to, const char *from, size_t n, size_t width);

#endif
