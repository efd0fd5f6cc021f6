/* A block: a piece of an input file on its way from bytes to rows, recycled for ever. Inside the stream only. */
#ifndef RK_BLOCK_H
#define RK_BLOCK_H

#include "pool.h"
#include "slab.h"

enum {
    RK_BLOCK_BYTES = 256 * 1024,           /* of text; fits a core's own cache */
    RK_PIECE_BYTES = 32 * 1024,            /* of text, when several files are read in turn */
    RK_MAX_RECORD_BYTES = 16 * 1024 * 1024 /* a block grows to this for one long record */
};

typedef struct rk_block {
    /* Filled by the reading thread. */
    const char *path;
    size_t file; /* which of the stream's, the same for all its blocks */
    char *text;  /* [n_text], whole records; RK_TEXT_PADDING bytes behind capacity may be read */
    size_t n_text, capacity;
    bool first;      /* of its file */
    bool ends_epoch; /* no rows follow in this epoch */
    bool ends_input; /* nothing follows at all */

    /* Filled by a parsing thread. */
    rk_batch *rows;
    uint64_t n_records; /* seen, the one at fault included */
    uint64_t n_dropped;
    size_t bad_column;  /* of the record at fault, 0: none */
    size_t bad_offset;  /* of the record at fault, in text */
    bool in_record;     /* error belongs to the last record seen: say its line */
    rocket_error error; /* of reading (then there is no text) or of a row */

    rk_queue *parsed; /* of one place: filled when the parsing thread is done */
    rk_text *fields;  /* [n_fields] of the row being parsed */
    size_t *columns;  /* [n_fields] */
    char *scratch;    /* [capacity * scratch_factor] */
    size_t scratch_factor;
    rk_slab *slab;
} rk_block;

/* How blocks are parsed: what does not change from block to block. */
typedef struct rk_block_rules {
    const rk_reader_def *reader;
    const rk_schema *schema;
    rk_layout layout;
    rk_text header;          /* of the first file, without its line end; what every file begins with */
    const char *header_path; /* of the first file, for messages */
    bool has_header;
    bool ignore_error;
    const rk_text_kernels *kernels; /* NULL: rows are taken one by one */
} rk_block_rules;

rk_block *rk_block_new(const rk_schema *schema, const rk_reader_def *reader); /* NULL without memory */
void rk_block_free(rk_block *block);
bool rk_block_reserve(rk_block *block, size_t bytes); /* of text */
void rk_block_parse(rk_block *block, const rk_block_rules *rules);

#endif
