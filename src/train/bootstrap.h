/* The bootstrap: how far a figure would move had the evaluation met other users.
 *
 * Units (users, or rows where there are none) are drawn with replacement, as many as there are, and every metric is
 * counted again with the units' counts as weights; scores are sorted once for all resamples. Several sets share the
 * resamples: differences between runs are paired.
 *
 * Source: Efron 1979; resampling users, not rows, because a user's rows are not independent.
 */
#ifndef RK_BOOTSTRAP_H
#define RK_BOOTSTRAP_H

#include "metric.h"
#include "pool.h"

typedef struct rk_bootstrap {
    const rk_metric_set *const *sets; /* [n_sets] finished, of rows with the same units */
    size_t n_sets;
    size_t n_units;
    size_t n_resamples; /* 1 ... RK_MAX_RESAMPLES */
    uint64_t seed;      /* resample r draws from (seed, RK_RNG_BOOTSTRAP, r, 0), whatever the threads */
    rk_pool *pool;
} rk_bootstrap;

enum { RK_MAX_RESAMPLES = 100000 };

/* values [n_resamples, all sets' values one behind another]. */
ROCKET_NODISCARD rocket_status rk_bootstrap_run(double *values, const rk_bootstrap *bootstrap, rocket_error *err);

/* The field whose values are the users: that of the first gauc, else of the first session_auc of the config's metrics;
 * NULL: there is none, rows are drawn. */
const char *rk_unit_field(const rk_config *config);

typedef struct rk_interval {
    double low, high; /* NaN: not defined */
} rk_interval;

/* The middle `level` (0.95) of the values [n], which are sorted; between two values linearly, as NumPy's percentile.
 * Values that are not defined are left out; NaN when fewer than half are left. */
rk_interval rk_percentile_interval(double *values, size_t n, double level);

/* The intervals of all values of the bootstrap's sets, one behind another. */
ROCKET_NODISCARD rocket_status rk_bootstrap_intervals(rk_interval *out, const rk_bootstrap *bootstrap, double level,
                                                      rocket_error *err);

#endif
