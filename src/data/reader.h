/* The reader seam: one file per input type and one line in readers.def. A reader turns the bytes of a file into rows of
 * raw field texts; it knows nothing of features, batches, threads or compression.
 *
 * A file is cut into blocks of whole records by `cut`, which is cheap and runs in the reading thread. `next` and
 * `parse` walk a block record by record and run in any thread. A record is a line, or whatever carries one row: a
 * format with length prefixes finds its ends in `cut` and `next`, one with named values looks names up in `parse`; what
 * either needs to know of the config is worked out once, by `layout`.
 */
#ifndef RK_READER_H
#define RK_READER_H

#include "arena.h"
#include "batch.h"
#include "config.h"
#include "resolve.h"

/* Borrowed text, not terminated. Of a field: quotes and escapes are resolved already; data NULL: the row has none. */
typedef struct rk_text {
    const char *data;
    size_t n;
} rk_text;

/* How the columns of a record become the config's input_fields. Immutable, shared by all threads. */
typedef struct rk_layout {
    size_t n_fields;        /* input_fields of the config: texts in a row */
    size_t n_columns;       /* of a record */
    const size_t *field_of; /* [n_columns] index of input_fields, or RK_NONE: the column is ignored */
    char separator;
    const bool *optional; /* [n_fields], set before `layout`: a header may lack the field; NULL: none */
    const void *state;    /* the reader's own, in the arena given to layout */
} rk_layout;

/* One row, filled by parse into the caller's arrays. */
typedef struct rk_row {
    rk_text *fields;   /* [n_fields]; what the record does not have is left alone */
    size_t *columns;   /* [n_fields] 1-based byte of the record where each field begins, for messages */
    char *scratch;     /* for unescaped text: the reader's scratch_factor times as many bytes as the record has */
    size_t bad_column; /* set on failure: 1-based byte of the record, 0: the record as a whole */
    bool damaged;      /* set on failure: the file itself is broken here, so that ignore_error does not help */
} rk_row;

struct rk_schema;
struct rk_value;

typedef struct rk_reader_def {
    int type;         /* ROCKET__DATASET_CONFIG__INPUT_TYPE__CSVInput */
    const char *name; /* upstream's enum name: "CSVInput" */
    const char *doc;
    bool binary;           /* records are no lines: faults are placed by record and byte, not by line and column */
    size_t scratch_factor; /* see rk_row; 0 counts as 1 */
    bool plain_lines; /* a line without quotes and carriage returns is cut at every separator: many may be at once */
    void (*check)(const rk_config *config, rk_faults *faults);

    /* The first record of every file is a header: that of the first file is given to layout, the others must be the
     * same. */
    bool (*has_header)(const rk_config *config);
    rocket_status (*layout)(rk_layout *out, rk_arena *arena, const rk_config *config, const rk_text *header,
                            rocket_error *err);

    /* Length of the longest part of [text, text + n) that is whole records; 0: no whole record yet (read more).
     * at_end: no more bytes will come. */
    size_t (*cut)(const char *text, size_t n, bool at_end);
    /* Where records say how long they are: up to where to read so as to end with a record, or with what says how long
     * it is; more than n. Asked for while cut finds no whole record. NULL: unknown. */
    size_t (*wanted)(const char *text, size_t n);
    /* Length of the first record, its end mark included: 1 ... n. */
    size_t (*next)(const char *text, size_t n);
    /* ROCKET_DATA: a sentence in err, its place in row->bad_column. */
    rocket_status (*parse)(rk_row *row, const rk_layout *layout, rk_text record, rocket_error *err);
    /* Converts the text of a field that is no label and no STRING, as rk_value_parse does. NULL: it does. */
    rocket_status (*value)(struct rk_value *out, int type, rk_text text, rocket_error *err);
    /* Instead of parse, where a record is many rows that are columns already. What does not read is damaged. */
    rocket_status (*rows)(rk_batch *to, const struct rk_schema *schema, rk_text record, char *scratch,
                          rocket_error *err);
} rk_reader_def;

extern const rk_reader_def *const rk_readers[]; /* ends with NULL */
const rk_reader_def *rk_reader_find(int type);  /* NULL: not supported */

#endif
