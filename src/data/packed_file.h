/* Packed files: a table that was parsed once, for reading it again at the speed of memory (rocket pack).
 *
 * A packed file is given wherever train_input_path or eval_input_path name a file; it is recognised by its first bytes.
 * It holds what parsing made of the rows, in their order, so that what is trained from it is the same to the bit. It
 * says what it was made with, and is refused when the config or the files that it was made of have changed.
 */
#ifndef RK_PACKED_FILE_H
#define RK_PACKED_FILE_H

#include "schema.h"
#include "shard.h"

typedef struct rk_pack_options {
    const char *paths; /* as of rk_stream_options */
    int n_threads;     /* for parsing */
    int level;         /* of Zstandard; 0: nothing is compressed */
    rk_shard shard;    /* of the files or their rows */
} rk_pack_options;

typedef struct rk_pack_stats {
    uint64_t rows, text_bytes, packed_bytes, dropped_rows;
    size_t n_files;
} rk_pack_stats;

/* Atomic. Errors are those of the stream. */
ROCKET_NODISCARD rocket_status rk_pack_write(const char *path, const rk_config *config, const rk_schema *schema,
                                             const rk_pack_options *options, rk_pack_stats *stats, rocket_error *err);

bool rk_pack_recognise(const char *path); /* a regular file that begins as packed ones do */

/* ROCKET_DATA: cut short, damaged at the head, or stale: made with another config or from files that have changed. */
ROCKET_NODISCARD rocket_status rk_pack_check(const char *path, const rk_schema *schema, rocket_error *err);

extern const rk_reader_def rk_reader_pack; /* not among rk_readers: no input_type names it */

#endif
