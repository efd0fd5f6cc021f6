/* Remainders by a number that stays the same, by multiplication. */
#ifndef RK_MODULUS_H
#define RK_MODULUS_H

#include <stdint.h>

typedef struct rk_modulus {
    uint64_t n;          /* 0: none yet */
    uint64_t reciprocal; /* floor((2^64 - 1) / n) */
} rk_modulus;

static inline rk_modulus rk_modulus_of(uint64_t n)
{
    return (rk_modulus){ n, n > 0 ? UINT64_MAX / n : 0 };
}

/* hash modulo m.n. With r = floor((2^64 - 1) / n), 2^64 - n * r is at most n, so that hash * r / 2^64 is less than 1
 * below hash / n and the quotient at most one too small. */
static inline uint64_t rk_remainder(uint64_t hash, rk_modulus m)
{
    uint64_t quotient = (uint64_t)(((unsigned __int128)hash * m.reciprocal) >> 64), rest = hash - quotient * m.n;

    return rest >= m.n ? rest - m.n : rest;
}

#endif
