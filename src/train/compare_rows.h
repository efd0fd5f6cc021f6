/* Evaluating the runs of a comparison: every one on its own, then whether they saw the same rows. */
#ifndef RK_COMPARE_ROWS_H
#define RK_COMPARE_ROWS_H

#include "compare.h"

typedef struct rk_measured_run {
    rk_metric_set *set; /* finished, with the units of the users; NULL: not measured */
    double *values;     /* [size of the set], in the comparison's arena */
} rk_measured_run;

/* Fills runs [n_runs], and in c: by, n_units, n_rows, and the nets of files of rows. The sets are the caller's to free,
 * after failure too. ROCKET_DATA: the rows are not the same. */
ROCKET_NODISCARD rocket_status rk_measure_runs(rk_measured_run *runs, rk_comparison *c,
                                               const rk_compare_options *options, rocket_error *err);

#endif
