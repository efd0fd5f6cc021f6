/* Counter-based random numbers over Random123's Philox 4x32-10.
 *
 * Layout of a stream (seed, purpose, step, index), fixed for ever since resumed runs depend on it:
 *
 *   key of the stream  = words 0, 1 of Philox(key = seed, counter = {index low, index high, purpose, 0})
 *   block number b     = Philox(key of the stream, counter = {b low, b high, step low, step high})
 *
 * Two 64-bit names and a purpose do not fit into one counter beside the block number, hence the derived key: within a
 * stream's key steps and blocks never overlap, and different keys are as good as independent. A normal takes exactly
 * one block (two 53-bit uniforms) and throws the sine away, so that number n of a stream stays easy to find.
 */
#include "rng.h"

#include <Random123/philox.h>
#include <math.h>

void rk_philox(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2])
{
    philox4x32_ctr_t c = { { counter[0], counter[1], counter[2], counter[3] } };
    philox4x32_key_t k = { { key[0], key[1] } };

    c = philox4x32_R(10, c, k);
    for (int i = 0; i < 4; i++)
        out[i] = c.v[i];
}

rk_rng rk_rng_at(uint64_t seed, rk_rng_purpose purpose, uint64_t step, uint64_t index)
{
    const uint32_t key[2] = { (uint32_t)seed, (uint32_t)(seed >> 32) };
    const uint32_t name[4] = { (uint32_t)index, (uint32_t)(index >> 32), (uint32_t)purpose, 0 };
    uint32_t derived[4];

    rk_philox(derived, name, key);
    return (rk_rng){
        .key = { derived[0], derived[1] },
        .counter = { 0, 0, (uint32_t)step, (uint32_t)(step >> 32) },
        .used = 4,
    };
}

static void next_block(rk_rng *rng)
{
    rk_philox(rng->block, rng->counter, rng->key);
    if (++rng->counter[0] == 0)
        rng->counter[1]++;
    rng->used = 0;
}

void rk_rng_skip_to(rk_rng *rng, uint64_t word)
{
    rng->counter[0] = (uint32_t)(word / 4);
    rng->counter[1] = (uint32_t)(word / 4 >> 32);
    next_block(rng);
    rng->used = (uint32_t)(word % 4);
}

uint32_t rk_rng_u32(rk_rng *rng)
{
    if (rng->used >= 4)
        next_block(rng);
    return rng->block[rng->used++];
}

void rk_rng_words(rk_rng *rng, uint32_t *out, uint64_t n)
{
    uint64_t i = 0;

    for (; i < n && rng->used < 4; i++)
        out[i] = rng->block[rng->used++];
    for (; n - i >= 4; i += 4) {
        next_block(rng);
        for (int k = 0; k < 4; k++)
            out[i + (uint64_t)k] = rng->block[k];
        rng->used = 4;
    }
    for (; i < n; i++)
        out[i] = rk_rng_u32(rng);
}

static uint64_t next_u64(rk_rng *rng)
{
    uint64_t low = rk_rng_u32(rng);

    return low | (uint64_t)rk_rng_u32(rng) << 32;
}

/* Values below 2^64 mod n are drawn again: what is left is a whole number of runs 0 ... n-1. */
uint64_t rk_rng_below(rk_rng *rng, uint64_t n)
{
    uint64_t surplus = (0 - n) % n;
    uint64_t x = next_u64(rng);

    while (x < surplus)
        x = next_u64(rng);
    return x % n;
}

float rk_rng_float(rk_rng *rng)
{
    return (float)(rk_rng_u32(rng) >> 8) * 0x1p-24f;
}

double rk_rng_double(rk_rng *rng)
{
    return (double)(next_u64(rng) >> 11) * 0x1p-53;
}

double rk_rng_normal(rk_rng *rng)
{
    const double two_pi = 6.283185307179586476925;
    double radius = sqrt(-2 * log(1 - rk_rng_double(rng))); /* 1 - u is in (0, 1] */

    return radius * cos(two_pi * rk_rng_double(rng));
}
