/* rk_fingerprint64 against a second implementation of FarmHash's Fingerprint64, written here from the algorithm's
 * description (farmhashna, by length: 0-16, 17-32, 33-64, longer in blocks of 64), on a million random strings of every
 * length 0 ... 300. Little-endian loads are put together from bytes, so nothing depends on the machine.
 */
#include "rk_test.h"

#include <string.h>

#include "hash.h"
#include "rng.h"

static const uint64_t K0 = 0xc3a5c85c97cb3127, K1 = 0xb492b66fbe98f273, K2 = 0x9ae16a3b2f90404f;

typedef struct pair {
    uint64_t first, second;
} pair;

static uint64_t load(const unsigned char *p, int bytes)
{
    uint64_t value = 0;

    for (int i = bytes - 1; i >= 0; i--)
        value = value << 8 | p[i];
    return value;
}

static uint64_t at(const unsigned char *p)
{
    return load(p, 8);
}

static uint64_t rotate(uint64_t v, int shift)
{
    return v >> shift | v << (64 - shift);
}

static uint64_t mix(uint64_t v)
{
    return v ^ v >> 47;
}

static uint64_t hash_16(uint64_t u, uint64_t v, uint64_t mul)
{
    uint64_t a = mix((u ^ v) * mul);

    return mix((v ^ a) * mul) * mul;
}

static uint64_t hash_to_16(const unsigned char *s, size_t n)
{
    uint64_t mul = K2 + 2 * n;

    if (n >= 8) {
        uint64_t a = at(s) + K2, b = at(s + n - 8);

        return hash_16(rotate(b, 37) * mul + a, (rotate(a, 25) + b) * mul, mul);
    }
    if (n >= 4)
        return hash_16(n + (load(s, 4) << 3), load(s + n - 4, 4), mul);
    if (n == 0)
        return K2;
    uint64_t y = s[0] + ((uint64_t)s[n / 2] << 8);
    uint64_t z = n + ((uint64_t)s[n - 1] << 2);
    return mix(y * K2 ^ z * K0) * K2;
}

static uint64_t hash_17_to_32(const unsigned char *s, size_t n)
{
    uint64_t mul = K2 + 2 * n;
    uint64_t a = at(s) * K1, b = at(s + 8), c = at(s + n - 8) * mul, d = at(s + n - 16) * K2;

    return hash_16(rotate(a + b, 43) + rotate(c, 30) + d, a + rotate(b + K2, 18) + c, mul);
}

static uint64_t hash_33_to_64(const unsigned char *s, size_t n)
{
    uint64_t mul = K2 + 2 * n;
    uint64_t a = at(s) * K2, b = at(s + 8), c = at(s + n - 8) * mul, d = at(s + n - 16) * K2;
    uint64_t y = rotate(a + b, 43) + rotate(c, 30) + d;
    uint64_t z = hash_16(y, a + rotate(b + K2, 18) + c, mul);
    uint64_t e = at(s + 16) * mul, f = at(s + 24);
    uint64_t g = (y + at(s + n - 32)) * mul, h = (z + at(s + n - 24)) * mul;

    return hash_16(rotate(e + f, 43) + rotate(g, 30) + h, e + rotate(f + a, 18) + g, mul);
}

/* 32 bytes folded into two seeds, weakly. */
static pair fold_32(const unsigned char *s, uint64_t a, uint64_t b)
{
    uint64_t w = at(s), x = at(s + 8), y = at(s + 16), z = at(s + 24);

    a += w;
    b = rotate(b + a + z, 21);
    uint64_t c = a;
    a += x + y;
    b += rotate(a, 44);
    return (pair){ a + z, b + c };
}

/* The last block is the last 64 bytes, which overlap the ones before. */
static uint64_t hash_long(const unsigned char *s, size_t n)
{
    const uint64_t seed = 81;
    uint64_t x = seed, y = seed * K1 + 113, z = mix(y * K2 + 113) * K2, swap;
    pair v = { 0, 0 }, w = { 0, 0 };
    const unsigned char *end = s + (n - 1) / 64 * 64, *last = s + n - 64;

    x = x * K2 + at(s);
    for (; s < end; s += 64) {
        x = rotate(x + y + v.first + at(s + 8), 37) * K1;
        y = rotate(y + v.second + at(s + 48), 42) * K1;
        x ^= w.second;
        y += v.first + at(s + 40);
        z = rotate(z + w.first, 33) * K1;
        v = fold_32(s, v.second * K1, x + w.first);
        w = fold_32(s + 32, z + w.second, y + at(s + 16));
        swap = z, z = x, x = swap;
    }
    uint64_t mul = K1 + ((z & 0xff) << 1);
    s = last;
    w.first += (n - 1) & 63;
    v.first += w.first;
    w.first += v.first;
    x = rotate(x + y + v.first + at(s + 8), 37) * mul;
    y = rotate(y + v.second + at(s + 48), 42) * mul;
    x ^= w.second * 9;
    y += v.first * 9 + at(s + 40);
    z = rotate(z + w.first, 33) * mul;
    v = fold_32(s, v.second * mul, x + w.first);
    w = fold_32(s + 32, z + w.second, y + at(s + 16));
    swap = z, z = x, x = swap;
    return hash_16(hash_16(v.first, w.first, mul) + mix(y) * K0 + z, hash_16(v.second, w.second, mul) + x, mul);
}

static uint64_t fingerprint(const unsigned char *s, size_t n)
{
    return n <= 16 ? hash_to_16(s, n) : n <= 32 ? hash_17_to_32(s, n) : n <= 64 ? hash_33_to_64(s, n) : hash_long(s, n);
}

static void a_million_strings_agree(void **state)
{
    unsigned char text[300];
    rk_rng rng = rk_rng_at(1, RK_RNG_TEST, 0, 0);

    (void)state;
    for (size_t i = 0; i < 1000000; i++) {
        size_t n = i % 301;

        for (size_t j = 0; j < n; j += 4)
            memcpy(text + j, &(uint32_t){ rk_rng_u32(&rng) }, 4);
        assert_true(rk_fingerprint64((const char *)text, n) == fingerprint(text, n));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_million_strings_agree) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
