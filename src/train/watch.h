/* The watched metric: which evaluation was the best so far, and whether the run still gets better.
 *
 * export_config.best_exporter_metric names a figure of the evaluation. It decides what exporter_type "best" exports
 * and, with enable_early_stop, when a run ends: when max_check_steps steps have passed since the best evaluation.
 * Upstream reads its event files for it every minute; here every evaluation is looked at once, so that the step at
 * which a run ends does not depend on the clock.
 */
#ifndef RK_WATCH_H
#define RK_WATCH_H

#include "evaluate.h"

typedef struct rk_watch {
    const Rocket__ExportConfig *config;
    char metric[RK_METRIC_NAME_BYTES]; /* "": nothing depends on evaluations */
    uint64_t patience;                 /* steps; 0: no early stop */
    bool has_best;
    double best;
    uint64_t best_step;
} rk_watch;

static inline bool rk_watch_is_on(const rk_watch *watch)
{
    return watch->metric[0] != '\0';
}

void rk_watch_init(rk_watch *watch, const rk_config *config);

/* Look at an evaluation. *better: it is the best so far. A figure that is not defined is never better.
 * ROCKET_CONFIG when the evaluation has no figure of that name. */
ROCKET_NODISCARD rocket_status rk_watch_see(bool *better, rk_watch *watch, const rk_figures *figures, uint64_t step,
                                            rocket_error *err);
bool rk_watch_gives_up(const rk_watch *watch, uint64_t step);

/* Faults of export_config that need to know the metrics. */
void rk_watch_check(const rk_config *config, rk_faults *faults);

#endif
