/* FarmHash's Fingerprint64 of short strings, inline: what rk_fingerprint64 returns, without the call and mostly without
 * its branches on the length, which nobody can predict where lengths differ from string to string.
 *
 * The formulas are those of FarmHash ("farmhashna", lengths up to 32), the bits are fixed for ever; strings that are
 * longer go to the library.
 */
#ifndef RK_FINGERPRINT_H
#define RK_FINGERPRINT_H

#include <string.h>

#include "hash.h"

#define RK_FARM_K0 0xc3a5c85c97cb3127ULL
#define RK_FARM_K1 0xb492b66fbe98f273ULL
#define RK_FARM_K2 0x9ae16a3b2f90404fULL

static inline uint64_t rk_farm_load(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word); /* little-endian, as all that this program runs on */
    return word;
}

static inline uint64_t rk_farm_rotate(uint64_t v, int by)
{
    return v >> by | v << (64 - by);
}

static inline uint64_t rk_farm_mix(uint64_t v)
{
    return v ^ (v >> 47);
}

static inline uint64_t rk_farm_fold(uint64_t u, uint64_t v, uint64_t mul)
{
    return rk_farm_mix((v ^ rk_farm_mix((u ^ v) * mul)) * mul) * mul;
}

/* 1 to 7 bytes from one load: below 4 the first, the middle and the last, from 4 on two overlapping words. Both end in
 * the same mix, so that choosing needs no jump. */
static inline uint64_t rk_fingerprint_1_to_7(const char *text, uint64_t n)
{
    uint64_t v = rk_farm_load(text), mul = RK_FARM_K2 + 2 * n, low = v & 0xFFFFFFFF;
    uint64_t high = v >> (8 * (n - 4) & 63) & 0xFFFFFFFF;
    uint64_t first = v & 0xFF, middle = v >> (8 * (n >> 1)) & 0xFF, last = v >> (8 * (n - 1)) & 0xFF;
    uint64_t few = ((first + (middle << 8)) * RK_FARM_K2) ^ ((n + (last << 2)) * RK_FARM_K0);
    uint64_t more = (high ^ rk_farm_mix(((n + (low << 3)) ^ high) * mul)) * mul;

    uint64_t is_more = 0 - (uint64_t)(n >= 4); /* all bits or none: compilers make a jump of n < 4 ? few : more */

    return rk_farm_mix(few ^ ((few ^ more) & is_more)) * (RK_FARM_K2 + (2 * n & is_more));
}

static inline uint64_t rk_fingerprint_8_to_16(const char *text, uint64_t n)
{
    uint64_t mul = RK_FARM_K2 + 2 * n, a = rk_farm_load(text) + RK_FARM_K2, b = rk_farm_load(text + n - 8);

    return rk_farm_fold(rk_farm_rotate(b, 37) * mul + a, (rk_farm_rotate(a, 25) + b) * mul, mul);
}

static inline uint64_t rk_fingerprint_17_to_32(const char *text, uint64_t n)
{
    uint64_t mul = RK_FARM_K2 + 2 * n, a = rk_farm_load(text) * RK_FARM_K1, b = rk_farm_load(text + 8);
    uint64_t c = rk_farm_load(text + n - 8) * mul, d = rk_farm_load(text + n - 16) * RK_FARM_K2;

    return rk_farm_fold(rk_farm_rotate(a + b, 43) + rk_farm_rotate(c, 30) + d,
                        a + rk_farm_rotate(b + RK_FARM_K2, 18) + c, mul);
}

/* At least 8 bytes from text on can be read. */
static inline uint64_t rk_fingerprint64_padded(const char *text, size_t n)
{
    if (n < 8)
        return n > 0 ? rk_fingerprint_1_to_7(text, n) : RK_FARM_K2;
    if (n <= 16)
        return rk_fingerprint_8_to_16(text, n);
    return n <= 32 ? rk_fingerprint_17_to_32(text, n) : rk_fingerprint64(text, n);
}

#endif
