/* FarmHash Fingerprint64, the hash that puts strings into buckets in TensorFlow, hence in EasyRec.
 *
 * The library is C++; this is the only file that sees it. Fingerprints are the part of FarmHash whose values are fixed
 * for ever, on every platform; its Hash64 is not and is not used.
 */
#include <farmhash.h>

#include "hash.h"

uint64_t rk_fingerprint64(const char *text, size_t n)
{
    return util::Fingerprint64(text, n);
}
