/* Evaluation: one pass over the evaluation files, all metrics, for every net of the model. */
#ifndef RK_EVALUATE_H
#define RK_EVALUATE_H

#include "metric.h"
#include "run.h"
#include "scored_rows.h"

typedef struct rk_figure {
    char name[96]; /* upstream's: "auc_light", "loss/loss/hint_loss", "loss", "global_step" */
    double value;
} rk_figure;

/* Two nets' metrics, the losses, their sum by two names and the step. */
enum { RK_MAX_FIGURES = RK_N_NETS * 2 * RK_MAX_METRICS + RK_MAX_LOSSES + 3 };
typedef struct rk_figures {
    rk_figure *item;
    size_t n;
    uint64_t rows, dropped_rows;
    double seconds;
} rk_figures;

/* Show metrics a batch that the run's executor has just run forward, and keep its rows (kept NULL: do not). */
ROCKET_NODISCARD rocket_status rk_metrics_see(rk_metric_set *metrics, rk_scored_rows *kept, const rk_run *run,
                                              const rk_batch *batch, rocket_error *err);

/* paths: files, NULL for the config's eval_input_path. step is only reported. Free with rk_figures_clear. */
ROCKET_NODISCARD rocket_status rk_evaluate(rk_figures *out, rk_run *run, const char *paths, uint64_t step,
                                           rocket_error *err);

/* The same, and the rows are kept with the fields that the metrics group by and those in fields: every one of them must
 * be among the columns of the run (rk_run_options.kept). Clear rows after success. */
typedef struct rk_keep {
    const char *const *fields;
    size_t n_fields;
    rk_scored_rows *rows;
} rk_keep;
ROCKET_NODISCARD rocket_status rk_evaluate_keeping(rk_figures *out, const rk_keep *keep, rk_run *run, const char *paths,
                                                   uint64_t step, rocket_error *err);
void rk_figures_clear(rk_figures *figures);

#endif
