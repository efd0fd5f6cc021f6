/* Metrics of slices: of the rows that have one value of a field, for the values with the most rows, and of all others
 * together. */
#ifndef RK_SLICES_H
#define RK_SLICES_H

#include "scored_rows.h"

typedef struct rk_slice {
    size_t text;     /* number of the value in the field; of others: unused */
    size_t n_others; /* 0: a value; else the last slice, of so many values together */
    size_t rows, positives;
    double *values; /* [n_results] */
} rk_slice;

typedef struct rk_slices {
    const rk_scored_field *field;
    rk_slice *item;
    size_t n;
    size_t n_results;
    rk_metric_result *results; /* [n_results] */
} rk_slices;

/* Of at most `most` values, the largest first; of equal ones, the one that appeared first. Free with rk_slices_clear.
 * rows are borrowed. */
ROCKET_NODISCARD rocket_status rk_slices_measure(rk_slices *out, const rk_scored_rows *rows, const rk_config *config,
                                                 const rk_scored_field *field, size_t most, rocket_error *err);
void rk_slices_clear(rk_slices *slices);

#endif
