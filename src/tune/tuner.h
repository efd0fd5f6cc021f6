/* Searching for a good config: many trainings with values drawn from a search space (search_space.h).
 *
 * Random search (Bergstra & Bengio 2012) trains every trial to the end. Successive halving (Jamieson & Talwalkar 2016)
 * gives all of them a small part of num_steps, the best 1/E of them E times as many, and so on until one rung has it
 * all; a trial goes on from its own checkpoint, so nothing is trained twice.
 *
 * Trials run in this process, one after the other, each with all threads. What a trial does depends on the config, the
 * search file, the seed and its number only. The folder keeps what is known:
 *
 *   search.txt       the config, the search file and the options that the trials depend on
 *   trials.jsonl     what was measured (trial_log.h)
 *   trial-<n>/       model_dir of trial n
 *   best.config      the best trial's config, for rocket train
 *
 * A search that was killed does the rest and ends in the same files.
 */
#ifndef RK_TUNER_H
#define RK_TUNER_H

#include "trial_log.h"

typedef struct rk_tune_options {
    const char *config;      /* path of the pipeline config */
    const char *const *sets; /* [n_sets] overrides for every trial */
    size_t n_sets;
    const char *space;  /* path of the search file */
    const char *dir;    /* made if it is not there */
    const char *metric; /* the figure of the evaluation that counts: "auc_light" */
    bool lower_is_better;
    uint64_t n_trials;
    uint64_t halving; /* E; 0: random search */
    rk_run_options run;
    bool resume; /* go on with the search in dir, if there is one */
} rk_tune_options;

typedef struct rk_tune_result {
    rk_arena arena;
    rk_trial *trials; /* [n_trials], best first; those that got further before the others, those that failed last */
    size_t n_trials;
    const char *best_config; /* path */
} rk_tune_result;

/* ROCKET_CONFIG when a drawn config is wrong, before anything is trained; ROCKET_USAGE when dir holds another search,
 * or no figure has the metric's name; ROCKET_STOPPED after a signal. A trial whose training fails (a loss that is not
 * finite) is recorded, and the search goes on; it fails when all trials did. */
ROCKET_NODISCARD rocket_status rk_tune(rk_tune_result *out, const rk_tune_options *options, rocket_error *err);
void rk_tune_result_clear(rk_tune_result *result);

#endif
