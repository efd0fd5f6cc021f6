/* What the parts of `rocket bench` share: repeated runs with median, minimum and maximum, and the table of results. */
#ifndef RK_BENCH_H
#define RK_BENCH_H

#include "common.h"
#include "pool.h"

enum { RK_BENCH_RUNS = 5 };

typedef struct rk_sample {
    double median, min, max;
} rk_sample;

typedef struct rk_bench {
    const rk_args *args;
    rk_pool *one, *all; /* of one thread, and of n_threads; the same where that is one */
    int n_threads;
    double run_s; /* a run lasts at least this long */
    rk_buf text;  /* the table so far */
    size_t n_figures;
} rk_bench;

/* One portion of work: *amount is what was done, in whatever is counted. */
typedef rocket_status (*rk_bench_fn)(double *amount, void *ctx, rocket_error *err);

/* Amount per second: portions until a run has lasted long enough, RK_BENCH_RUNS times, after one portion that does not
 * count. ROCKET_STOPPED after a signal. */
ROCKET_NODISCARD rocket_status rk_bench_rate(rk_sample *out, const rk_bench *bench, rk_bench_fn work, void *ctx,
                                             rocket_error *err);
rk_sample rk_sample_scaled(rk_sample sample, double factor);

/* One line of the table. */
void rk_bench_report(rk_bench *bench, const char *name, const char *unit, rk_sample sample);
void rk_bench_report_one(rk_bench *bench, const char *name, const char *unit, double value);

/* Multiply-adds from registers, as operations per second of a pool. */
ROCKET_NODISCARD rocket_status rk_bench_fma_peak(rk_sample *out, const rk_bench *bench, rk_pool *pool,
                                                 rocket_error *err);

/* The machine: multiply-add peak, memory, matrix products. */
ROCKET_NODISCARD rocket_status rk_bench_limits(rk_bench *bench, rocket_error *err);

/* A config: parsing, training from file and from memory, memory. */
ROCKET_NODISCARD rocket_status rk_bench_config(rk_bench *bench, const rk_config *config, rocket_error *err);

/* A model or checkpoint: the time that each of its nets takes for a request. */
ROCKET_NODISCARD rocket_status rk_bench_score(rk_bench *bench, const char *path, rocket_error *err);

#endif
