/* Hashes: FarmHash Fingerprint64 (what TensorFlow buckets strings with) and XXH3 (checksums). */
#ifndef RK_HASH_H
#define RK_HASH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

uint64_t rk_fingerprint64(const char *text, size_t n);

/* TensorFlow's FingerprintCat64 (easyrec.md 3.7): folds column after column into a crossed hash. */
uint64_t rk_fingerprint_cat(uint64_t a, uint64_t b);
#define RK_CROSS_SEED 0xDECAFCAFFEULL

uint64_t rk_xxh64(const void *bytes, size_t n); /* XXH3, 64 bits */

#ifdef __cplusplus
}
#endif

#endif
