/* The input stream: files in, batches out, in threads of its own and in time with training.
 *
 * read (one thread: open, decompress, cut into blocks of whole records)
 *   -> parse (n threads: records to rows of column values, blocks in any order)
 *   -> shuffle and batch (one thread, blocks in file order)
 *   -> rk_stream_next()
 *
 * Order of rows is upstream's: files one after the other; with `shuffle` in another order in every epoch,
 * num_parallel_calls of them in turn by pieces of RK_PIECE_BYTES (upstream: by rows, as threads come), and rows through
 * a shuffle buffer of shuffle_buffer_size rows; epochs one after the other, batches straddle epochs, only the last may
 * be partial. Rows depend on (config, seed) only, never on the number of threads. Rows that
 * ignore_error drops are dropped before the shuffle: the batches are as if those rows were not in the files.
 *
 * A shard is of files with data_config.file_shard, counted as they are listed, else of rows, counted over all files
 * behind ignore_error and before the shuffle. For the count to be the same in every epoch and in a packed file, files
 * are then read one after the other in the order of their list also with `shuffle`.
 *
 * Memory is
 * bounded by the number of blocks and batches in flight, however large the file; both are recycled, so that nothing is
 * allocated per row.
 */
#ifndef RK_STREAM_H
#define RK_STREAM_H

#include "schema.h"
#include "shard.h"

typedef struct rk_stream rk_stream;

/* Batches in flight, unless the caller wants more: those that wait and those that he holds. Who holds all of them and
 * asks for another waits until one is given back. */
enum { RK_STREAM_BATCHES = 6 };

typedef struct rk_stream_options {
    const char *paths; /* comma-separated names and globs, "-" for standard input */
    bool training;     /* shuffle and repeat as data_config says; otherwise one pass in file order */
    uint64_t seed;
    int n_threads;         /* parsing threads, at least 1; beyond 256 no more help */
    size_t n_batches;      /* in flight; below RK_STREAM_BATCHES: that many */
    uint64_t batch_size;   /* 0: data_config.batch_size */
    uint64_t num_epochs;   /* training: 0 = forever */
    uint64_t skip_batches; /* resume: start after this many batches; same batches as an undisturbed run */
    rk_shard shard;
} rk_stream_options;

/* The config and the schema must outlive the stream. Errors: ROCKET_DATA: a file is not there, is a folder, or lacks a
 * column in its header, or there are fewer files than shards; ROCKET_CONFIG: standard input more than once, no batch
 * size; ROCKET_FAILED: memory, threads. */
ROCKET_NODISCARD rocket_status rk_stream_open(rk_stream **out, const rk_config *config, const rk_schema *schema,
                                              const rk_stream_options *options, rocket_error *err);

/* Whether such a stream could be opened: the same errors, but no thread is started and nothing is read of a pipe. */
ROCKET_NODISCARD rocket_status rk_stream_check(const rk_config *config, const rk_schema *schema,
                                               const rk_stream_options *options, rocket_error *err);
/* The same, and where no file is a pipe its first batch is read: errors of rk_stream_next as well. */
ROCKET_NODISCARD rocket_status rk_stream_try(const rk_config *config, const rk_schema *schema,
                                             const rk_stream_options *options, rocket_error *err);
void rk_stream_close(rk_stream *stream); /* at any time; joins the threads; frees all batches. NULL is fine */

/* Next batch, NULL after the last one. It stays valid until it is given back; give back every batch. A bad row is
 * ROCKET_DATA: "file:line:column: field ...: expected ..., found ..."; batches before it have been delivered. So is
 * input without a single row. After an error every further call returns the same. One thread at a time. */
ROCKET_NODISCARD rocket_status rk_stream_next(rk_stream *stream, rk_batch **out, rocket_error *err);
void rk_stream_give_back(rk_stream *stream, rk_batch *batch); /* from any thread */

typedef struct rk_stream_stats {
    uint64_t rows, bytes, dropped_rows; /* delivered rows; bytes of text read; bad rows dropped by ignore_error */
    double waited_s;                    /* time next() waited: 0 when reading keeps up */
    size_t n_files;                     /* of this shard */
} rk_stream_stats;
rk_stream_stats rk_stream_get_stats(const rk_stream *stream); /* from the thread that calls next */

#endif
