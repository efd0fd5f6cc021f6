/* What reader and writer of safetensors files agree on: element types, sizes, names, checksums.
 *
 * Names are UTF-8 in its strict form (RFC 3629): two spellings of one name would be two tensors, and a name that is not
 * text cannot stand in JSON.
 */
#include <string.h>

#include "hash.h"
#include "tensors_header.h"
#include "utf8.h"

static const struct {
    const char *name;
    size_t bytes;
} dtypes[] = {
    [RK_F32] = { "F32", 4 }, [RK_F64] = { "F64", 8 },   [RK_I64] = { "I64", 8 }, [RK_U64] = { "U64", 8 },
    [RK_U8] = { "U8", 1 },   [RK_BF16] = { "BF16", 2 }, [RK_I8] = { "I8", 1 },
};
enum { N_DTYPES = sizeof dtypes / sizeof dtypes[0] };

size_t rk_dtype_bytes(rk_dtype type)
{
    return dtypes[type].bytes;
}

const char *rk_dtype_name(rk_dtype type)
{
    return dtypes[type].name;
}

bool rk_dtype_find(const char *name, rk_dtype *type)
{
    for (int i = 0; i < N_DTYPES; i++)
        if (!strcmp(name, dtypes[i].name)) {
            *type = (rk_dtype)i;
            return true;
        }
    return false;
}

bool rk_tensor_bytes_of(rk_dtype type, int rank, const int64_t *dims, uint64_t *bytes)
{
    int64_t n = (int64_t)rk_dtype_bytes(type);

    for (int i = 0; i < rank; i++)
        if (dims[i] < 0 || __builtin_mul_overflow(n, dims[i], &n))
            return false;
    *bytes = (uint64_t)n;
    return true;
}

void rk_tensor_hex(char out[RK_TENSOR_DIGEST_CHARS + 1], uint64_t value)
{
    for (int i = 0; i < RK_TENSOR_DIGEST_CHARS; i++)
        out[i] = "0123456789abcdef"[value >> (60 - 4 * i) & 15];
    out[RK_TENSOR_DIGEST_CHARS] = '\0';
}

/* Two hashes and one over both: the digits can be left out without a copy of the header. */
void rk_tensor_digest(char out[RK_TENSOR_DIGEST_CHARS + 1], const void *bytes, size_t at, size_t n)
{
    const unsigned char *p = bytes;
    size_t after = at + RK_TENSOR_DIGEST_CHARS;
    uint64_t parts[2] = { rk_xxh64(p, at), rk_xxh64(p + after, n - after) };
    unsigned char both[16];

    for (size_t i = 0; i < sizeof both; i++)
        both[i] = (unsigned char)(parts[i / 8] >> (8 * (i % 8)));
    rk_tensor_hex(out, rk_xxh64(both, sizeof both));
}

/* Control characters would forge lines of our messages, and a NUL would end the name early. */
bool rk_tensor_name_valid(const char *name, size_t n)
{
    if (n == 0 || n > RK_TENSOR_MAX_NAME)
        return false;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
            return false;
    return rk_utf8_valid(name, n);
}
