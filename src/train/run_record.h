/* What a run has left behind: a model_dir, read without its data; or a file of rows (rows_file.h), which has no more
 * than its name here.
 *
 *   pipeline.config     the config
 *   metrics.jsonl       seed, steps, seconds, evaluations; without it a record has none
 *   model.ckpt-<step>   the newest; without it the run cannot be evaluated again
 *   export/<step>       the newest model file, for its size
 */
#ifndef RK_RUN_RECORD_H
#define RK_RUN_RECORD_H

#include "arena.h"
#include "config_values.h"
#include "graph.h"
#include "model.h"

typedef struct rk_record_figure {
    const char *name;
    double value; /* NaN: not defined */
} rk_record_figure;

typedef struct rk_record_eval {
    uint64_t step;
    rk_record_figure *item;
    size_t n;
} rk_record_eval;

typedef struct rk_run_record {
    const char *path; /* as given */
    bool is_file;     /* of rows: all below is empty */
    rk_config *config;
    rk_config_values values; /* of the config */
    uint64_t seed;
    uint64_t steps;
    double seconds; /* from the start to the end, evaluations too */
    rk_record_eval *evals;
    size_t n_evals, eval_capacity;
    const char *checkpoint; /* NULL: none */
    int64_t model_bytes;    /* of the exported light net; -1: there is none */
    bool nets[RK_N_NETS];
    rk_cost cost[RK_N_NETS]; /* where there is a checkpoint */
} rk_run_record;

/* Texts live in arena. ROCKET_DATA: not a run, or metrics.jsonl is damaged, with its line. Clear after success. */
ROCKET_NODISCARD rocket_status rk_run_record_read(rk_run_record *out, rk_arena *arena, const char *path,
                                                  rocket_error *err);
void rk_run_record_clear(rk_run_record *record);

/* The lines of metrics.jsonl. */
ROCKET_NODISCARD rocket_status rk_run_record_parse(rk_run_record *record, rk_arena *arena, const char *name,
                                                   const char *text, size_t n, rocket_error *err);

/* Value of the last evaluation; NaN when there is none. */
double rk_run_record_figure(const rk_record_eval *eval, const char *name);

#endif
