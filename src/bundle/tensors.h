/* safetensors files: 8-byte little-endian header length, JSON header, tensors without a hole between them.
 *
 * What rocket adds to the format, so that the file stays readable by anybody:
 *   - every tensor starts on a multiple of 64 bytes of the file and can be used where it is mapped. The header is
 *     padded with blanks; gaps between tensors are tensors of zeros named "__pad_<n>", U8 (the format forbids holes);
 *   - __metadata__ holds strings. "rocket.checksums" has the XXH3 of every tensor in file order, 16 hex digits each,
 *     one blank between; "rocket.header" has 16 hex digits over all bytes before the tensors: the XXH3 of the 16 bytes
 *     that are (XXH3 of what stands before these digits, XXH3 of what follows them), little endian.
 * A file that passes verification has no changed bit: header and tensors are covered by checksums, padding must be 0.
 * Files of other writers are read too, without verification.
 *
 * Reading is of foreign bytes: every length, offset, name, overlap and type is checked before use.
 */
#ifndef RK_TENSORS_H
#define RK_TENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "file.h"
#include "rocket/status.h"

typedef enum rk_dtype { RK_F32, RK_F64, RK_I64, RK_U64, RK_U8, RK_BF16, RK_I8 } rk_dtype;
size_t rk_dtype_bytes(rk_dtype type);
const char *rk_dtype_name(rk_dtype type); /* "F32" */

/* What reader and writer refuse to exceed. Strings over a few MiB (vocabularies) are better kept as U8 tensors. */
enum {
    RK_TENSOR_MAX_RANK = 4,
    RK_TENSOR_MAX_COUNT = 1 << 16, /* of tensors, padding included, and of metadata entries */
    RK_TENSOR_MAX_NAME = 512,      /* bytes of a tensor's name or a metadata key */
    RK_TENSOR_MAX_HEADER = 16 << 20,
    RK_TENSOR_ALIGN = 64
};

typedef struct rk_tensor_info {
    const char *name; /* UTF-8 without control characters */
    rk_dtype type;
    int rank; /* 0: a scalar */
    int64_t dims[RK_TENSOR_MAX_RANK];
    const void *data; /* row-major, little endian; reading: in the map */
    size_t bytes;
} rk_tensor_info;

/* Writing: declare all tensors and metadata, then save. Names and strings are copied, tensors' data is borrowed until
 * rk_tensor_writer_save returns. The first error is kept and reported by save. */
typedef struct rk_tensor_writer rk_tensor_writer;
rk_tensor_writer *rk_tensor_writer_new(void);         /* NULL without memory */
void rk_tensor_writer_free(rk_tensor_writer *writer); /* NULL is fine */
void rk_tensor_writer_add(rk_tensor_writer *writer, const rk_tensor_info *tensor);
void rk_tensor_writer_meta(rk_tensor_writer *writer, const char *key, const char *value, size_t n); /* UTF-8 */

/* Atomic: path is the old file or the whole new one. Tensors are streamed, never copied. Can be called again.
 * ROCKET_FAILED: memory, disk, or something was added that the format cannot hold (err names it). */
ROCKET_NODISCARD rocket_status rk_tensor_writer_save(rk_tensor_writer *writer, const char *path, rocket_error *err);

/* The same but for the end: all bytes are on their way and nothing is borrowed any more, rk_atomic_commit is missing.
 */
ROCKET_NODISCARD rocket_status rk_tensor_writer_put(rk_atomic_file **out, rk_tensor_writer *writer, const char *path,
                                                    rocket_error *err);

/* Reading: the file is mapped, everything returned is borrowed from *out. verify: the file must be one of rocket's, and
 * all of it is read and compared with its checksums; otherwise only the header is (and its checksum, if it has one).
 * ROCKET_CORRUPT: err names file, tensor and what was wrong; ROCKET_FAILED: no such file, no memory. */
typedef struct rk_tensor_file rk_tensor_file;
ROCKET_NODISCARD rocket_status rk_tensor_file_open(rk_tensor_file **out, const char *path, bool verify,
                                                   rocket_error *err);

/* The same from memory, which is borrowed until close and should be 64-byte aligned. name stands for the file. */
typedef struct rk_tensor_bytes {
    const char *name;
    const void *data;
    size_t size;
} rk_tensor_bytes;
ROCKET_NODISCARD rocket_status rk_tensor_file_parse(rk_tensor_file **out, const rk_tensor_bytes *bytes, bool verify,
                                                    rocket_error *err);
void rk_tensor_file_close(rk_tensor_file *file); /* NULL is fine */

/* False for files of other writers, which have no checksums that could be verified. */
bool rk_tensor_file_has_sums(const rk_tensor_file *file);

/* Tensors in file order, padding apart. Any number of threads may read one file. */
size_t rk_tensor_file_size(const rk_tensor_file *file);
const rk_tensor_info *rk_tensor_file_at(const rk_tensor_file *file, size_t i);           /* i < size */
const rk_tensor_info *rk_tensor_file_find(const rk_tensor_file *file, const char *name); /* NULL: none */

/* Value of a metadata entry, NUL-terminated; *n (may be NULL) is its length. NULL: no such entry. */
const char *rk_tensor_file_meta(const rk_tensor_file *file, const char *key, size_t *n);

#endif
