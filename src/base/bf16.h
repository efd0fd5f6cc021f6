/* bfloat16: the upper half of a float. */
#ifndef RK_BF16_H
#define RK_BF16_H

#include <stdint.h>
#include <string.h>

/* The nearest, ties to the even one; beyond the greatest is infinity, NaN stays NaN. */
static inline uint16_t rk_bf16(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    if (value != value)
        return (uint16_t)(bits >> 16 | 0x40); /* rounding could make it infinite */
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static inline float rk_bf16_float(uint16_t half)
{
    uint32_t bits = (uint32_t)half << 16;
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
