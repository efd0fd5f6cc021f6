/* The rows of an evaluation as a file, so that runs can be compared without their weights: CSV with a header,
 *
 *   label, a column per kept field, then for each net logits_<net>, probs_<net>
 *
 * Binary models only: with two classes the logit is the difference of both. Numbers are the shortest that read back the
 * same float. Other programs' scores can be compared too: a label, one column of probabilities, and what groups the
 * rows.
 */
#ifndef RK_ROWS_FILE_H
#define RK_ROWS_FILE_H

#include "scored_rows.h"

ROCKET_NODISCARD rocket_status rk_rows_write(const char *path, const rk_scored_rows *rows, rocket_error *err);

enum { RK_MAX_ROWS_BYTES = 1 << 30, RK_MAX_ROWS_COLUMNS = 4096 };

/* label: name of the label's column; by: name of the column that groups, or NULL. For each net there may be probs_<net>
 * or probs_<net>_1 and logits_<net>; what is missing of the two is computed from the other. Rows have one class and the
 * field `by`, if it is given. ROCKET_DATA: the file is wrong, with line and column. */
typedef struct rk_rows_names {
    const char *label, *by;
} rk_rows_names;
ROCKET_NODISCARD rocket_status rk_rows_read(rk_scored_rows *out, const char *path, const rk_rows_names *names,
                                            rocket_error *err);
ROCKET_NODISCARD rocket_status rk_rows_parse(rk_scored_rows *out, const char *name, const char *text, size_t n,
                                             const rk_rows_names *names, rocket_error *err);

#endif
