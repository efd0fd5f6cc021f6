/* The JSON header of a safetensors file as records. Internal to tensors_*.c. */
#ifndef RK_TENSORS_HEADER_H
#define RK_TENSORS_HEADER_H

#include "arena.h"
#include "map.h"
#include "tensors.h"

#define RK_TENSOR_PAD "__pad_" /* start of the names that cover gaps */
#define RK_TENSOR_META_KEY "__metadata__"
#define RK_TENSOR_SUMS_KEY "rocket.checksums"
#define RK_TENSOR_DIGEST_KEY "rocket.header"
enum { RK_TENSOR_DIGEST_CHARS = 16 };

typedef struct rk_tensor_entry {
    rk_tensor_info info; /* data not set */
    uint64_t begin, end; /* data_offsets */
} rk_tensor_entry;

typedef struct rk_tensor_meta {
    const char *key, *value;
    size_t n; /* bytes of value */
} rk_tensor_meta;

/* Zero-initialise; what a failed parse left is cleared in the same way. */
typedef struct rk_tensor_header {
    rk_arena strings;
    rk_tensor_entry *entries;
    size_t n_entries, entry_capacity;
    rk_tensor_meta *meta;
    size_t n_meta, meta_capacity;
    rk_map *names, *keys; /* index of entries (in header order), of meta */
    size_t digest_at;     /* where in the text the digits of RK_TENSOR_DIGEST_KEY stand; 0: there are none */
} rk_tensor_header;

/* Syntax, types, names, duplicates and sizes; offsets against each other and the file are the reader's part. */
ROCKET_NODISCARD rocket_status rk_tensor_header_parse(rk_tensor_header *header, const char *text, size_t n,
                                                      rocket_error *err);
void rk_tensor_header_clear(rk_tensor_header *header);

/* Digits over everything before the tensors: [0, at) and [at + RK_TENSOR_DIGEST_CHARS, n). */
void rk_tensor_digest(char out[RK_TENSOR_DIGEST_CHARS + 1], const void *bytes, size_t at, size_t n);
void rk_tensor_hex(char out[RK_TENSOR_DIGEST_CHARS + 1], uint64_t value);

bool rk_tensor_name_valid(const char *name, size_t n); /* UTF-8, not empty, not too long, no control characters */

bool rk_dtype_find(const char *name, rk_dtype *type); /* "F32"; false: no such type */

/* Product of dims and element size; false when it does not fit or a dimension is negative. */
bool rk_tensor_bytes_of(rk_dtype type, int rank, const int64_t *dims, uint64_t *bytes);

#endif
