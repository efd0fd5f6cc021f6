/* Comparing runs: which of them are the same arm with another seed, the figures of every arm, and their differences to
 * the first one with intervals.
 *
 * One run each: all are evaluated on the same rows, and the users are drawn again for all at once (bootstrap.h): what
 * the evaluation's users could change, not what another seed could. Several seeds each: differences are paired by seed,
 * and their mean has Student's t interval: what seeds could change. The figures are then those that training ended
 * with.
 */
#ifndef RK_COMPARE_H
#define RK_COMPARE_H

#include "bootstrap.h"
#include "run_record.h"
#include "scored_rows.h"

enum { RK_MAX_RUNS = 256 };

typedef struct rk_compare_options {
    const char *paths;  /* evaluation files for all runs; NULL: as their configs say */
    const char *label;  /* column of files of rows */
    const char *by;     /* field of the users; NULL: as the first config's metrics say */
    int net;            /* the net to judge; -1: the light net of each run, or its booster where there is none */
    size_t n_resamples; /* 0: no evaluation, and no intervals for single runs */
    double level;
    uint64_t seed;
    int n_threads; /* 0: all usable processors */
} rk_compare_options;

typedef struct rk_arm {
    size_t *runs; /* [n_runs] numbers, by seed */
    size_t n_runs;
    int net; /* that is judged */
} rk_arm;

typedef struct rk_arm_figure {
    double value, sd;     /* mean and standard deviation over seeds; sd NaN: one run */
    double difference;    /* to the first arm; NaN: not defined */
    rk_interval interval; /* of the difference; NaN: none */
} rk_arm_figure;

typedef struct rk_compared_metric {
    char name[RK_METRIC_NAME_BYTES]; /* without the net: "exact_auc" */
    rk_metric_better better;
    rk_arm_figure *arms; /* [n_arms] */
} rk_compared_metric;

typedef enum rk_compare_kind { RK_COMPARE_PLAIN, RK_COMPARE_USERS, RK_COMPARE_SEEDS } rk_compare_kind;

typedef struct rk_comparison {
    rk_arena arena;
    rk_run_record *runs; /* [n_runs] */
    size_t n_runs;
    rk_arm *arms;
    size_t n_arms;
    rk_compare_kind kind;
    double level;
    size_t n_resamples, n_units, n_seeds, n_rows;
    const char *by; /* USERS: NULL: rows */
    rk_compared_metric *metrics;
    size_t n_metrics;
} rk_comparison;

/* Clear after success. */
ROCKET_NODISCARD rocket_status rk_compare(rk_comparison *out, const char *const *paths, size_t n_paths,
                                          const rk_compare_options *options, rocket_error *err);
void rk_comparison_clear(rk_comparison *comparison);

/* 1: the arm is better than the first, beyond its interval; -1: worse; 0: neither, or nothing to tell it by. */
int rk_compare_verdict(const rk_compared_metric *metric, size_t arm);

#endif
