/* What the parts of an input stream share: stream.c (its life, parsing, the caller's side), stream_files.c (which
 * files, and where columns stand in them), stream_read.c and stream_batch.c (a thread each).
 */
#ifndef RK_STREAM_STATE_H
#define RK_STREAM_STATE_H

#include <stdatomic.h>

#include "block.h"
#include "input_files.h"
#include "shuffle.h"
#include "source.h"
#include "stream.h"

/* A file being read. */
typedef struct rk_open_file {
    rk_source *source;
    rk_buf carry; /* what was read behind the last whole record */
    size_t file;
    bool begun; /* it has the file, which may not be open yet */
} rk_open_file;

/* The reading thread's own. */
typedef struct rk_stream_reading {
    rk_open_file *open; /* [n_open] read in turn, a block of each */
    size_t n_open;
    rk_open_file held; /* the first of the files, if its header had to be read from a pipe */
    size_t *order;     /* [files] of this epoch */
    uint64_t epoch;
} rk_stream_reading;

/* How much of a file the batching thread has seen. */
typedef struct rk_file_place {
    uint64_t records, bytes;
} rk_file_place;

/* Rows of a block that wait to be copied together. */
enum { RK_MOST_PICKED = 256 };

/* The batching thread's own. */
typedef struct rk_stream_batching {
    rk_shuffle *shuffle;            /* NULL: in file order */
    int64_t picked[RK_MOST_PICKED]; /* rows of the block at hand, for the batch */
    size_t n_picked;
    rk_batch *batch;   /* being filled, or NULL */
    uint64_t n_filled; /* its rows, also when it is skipped and there is none */
    uint64_t index, epoch, row;
    uint64_t n_seen;       /* rows of this epoch, of all shards */
    rk_file_place *places; /* [files] before the current block */
    uint64_t n_dropped;
} rk_stream_batching;

struct rk_stream {
    const rk_config *config;
    rk_stream_options options; /* batch_size and num_epochs as they count */
    bool shuffled;
    rk_shard of_rows; /* n 0: every row of the files */
    rk_arena arena;
    rk_paths files;
    rk_block_rules rules;

    rk_queue *free_blocks, *to_parse, *in_order;
    rk_queue *free_batches, *ready;
    rk_block **blocks;
    rk_batch **batches;
    size_t n_blocks, n_batches;

    rk_thread *reader, *batcher, **parsers;
    int n_parsers;
    atomic_bool stopping;
    rk_stream_reading reading;
    rk_stream_batching batching;

    rocket_error error; /* set by the batching thread before it closes `ready` */
    _Atomic uint64_t bytes, dropped_rows;
    uint64_t rows; /* the caller's */
    double waited_s;
};

void rk_stream_read_thread(void *stream);
void rk_stream_batch_thread(void *stream);

/* The files of the stream's paths and shard; all that are no pipes can be opened. */
ROCKET_NODISCARD rocket_status rk_stream_find_files(rk_stream *stream, rocket_error *err);

/* The places of columns in a row, from the first file's header if there is one; the others have the same. */
ROCKET_NODISCARD rocket_status rk_stream_make_layout(rk_stream *stream, rocket_error *err);

bool rk_stream_shuffles_files(const rk_stream *stream);
ROCKET_NODISCARD rocket_status rk_stream_open_source(rk_stream *stream, rk_open_file *file, const char *path,
                                                     rocket_error *err);
void rk_stream_close_file(rk_open_file *file);

#endif
