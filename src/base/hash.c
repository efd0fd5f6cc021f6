/* Checksums and crossed hashes. Strings are hashed in farmhash.cc.
 *
 * Source of the crossed hash: TensorFlow's FingerprintCat64 as in the reference for EasyRec, section 3.7; it is
 * Murmur's mixing step with the constant K. XXH3 serves checksums and hash tables: fast, and stable across versions of
 * its library since 0.8.
 */
#include "hash.h"

#include <xxhash.h>

static const uint64_t K = 0xc6a4a7935bd1e995ULL;

static uint64_t shift_mix(uint64_t v)
{
    return v ^ (v >> 47);
}

uint64_t rk_fingerprint_cat(uint64_t a, uint64_t b)
{
    uint64_t r = a ^ K;

    r ^= shift_mix(b * K) * K;
    r *= K;
    r = shift_mix(r) * K;
    return shift_mix(r);
}

uint64_t rk_xxh64(const void *bytes, size_t n)
{
    return XXH3_64bits(bytes, n);
}
