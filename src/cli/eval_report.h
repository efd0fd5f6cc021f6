/* What rocket eval says beyond the figures: intervals and slices. */
#ifndef RK_EVAL_REPORT_H
#define RK_EVAL_REPORT_H

#include "bootstrap.h"
#include "evaluate.h"
#include "slices.h"
#include "verb.h"

typedef struct rk_eval_report {
    const rk_figures *figures;
    const rk_interval *intervals; /* [n_intervals] of the first figures; NULL: none were asked for */
    size_t n_intervals;
    size_t n_resamples, n_units;
    double level;
    const char *by; /* NULL: rows */
    const rk_slices *slices;
    size_t n_slices;
} rk_eval_report;

/* To stdout: a table, or with --json one object, whose flat members are the figures as without any of this, beside
 * "intervals" and "slices". */
ROCKET_NODISCARD rocket_status rk_eval_report_print(const rk_eval_report *report, bool json, rocket_error *err);

#endif
