/* What rocket compare prints: see man/rocket.1. */
#ifndef RK_COMPARE_REPORT_H
#define RK_COMPARE_REPORT_H

#include "buf.h"
#include "compare.h"

/* metric: number of the one that the verdicts and the curves are about. */
void rk_compare_report_text(rk_buf *out, const rk_comparison *c, size_t metric);
void rk_compare_report_json(rk_buf *out, const rk_comparison *c, size_t metric);

/* "B is better than A by ..." */
void rk_compare_report_verdict(rk_buf *out, const rk_comparison *c, size_t metric, size_t arm);

/* Calls each for every path of the configs whose value is not the same in all arms' first runs; texts [n_arms], NULL:
 * absent. Paths of places and seeds are left out. */
void rk_compare_each_difference(const rk_comparison *c,
                                void (*each)(void *ctx, const char *path, const char *const *texts), void *ctx);

/* Evaluations of an arm's first run: how a metric went. */
typedef struct rk_curve {
    size_t n;
    uint64_t first_step, best_step, last_step;
    double first, best, last;
} rk_curve;
rk_curve rk_compare_curve(const rk_comparison *c, const rk_compared_metric *metric, size_t arm);

#endif
