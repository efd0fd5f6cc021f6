/* What a search has measured: trials.jsonl, a line per finished training.
 *
 *   {"trial":3,"rung":0,"steps":200,"multiplications":1424,"overrides":["recipe=SOFT"],"figures":{"auc_light":0.78}}
 *
 * A training that failed has "failure" with the reason instead of figures; it is tried again by a search that goes on.
 * The file is replaced as a whole with every line, so that a kill leaves the old one or the new one.
 */
#ifndef RK_TRIAL_LOG_H
#define RK_TRIAL_LOG_H

#include <math.h>

#include "evaluate.h"
#include "json.h"

typedef struct rk_trial {
    uint64_t number;              /* from 1 */
    const char *const *overrides; /* [n_overrides] what was drawn, "path=value" */
    size_t n_overrides;
    int64_t multiplications; /* of the light net, per example */
    uint64_t rung, steps;    /* of its last training */
    double metric;           /* NaN: it failed, or is not defined */
    const char *failure;     /* NULL: none */
    bool on_front;           /* no other trial is as good with as few multiplications */
} rk_trial;

typedef struct rk_trial_log rk_trial_log;

/* path need not exist. ROCKET_CORRUPT, with the line, when it is not such a file. */
ROCKET_NODISCARD rocket_status rk_trial_log_open(rk_trial_log **out, const char *path, rocket_error *err);
void rk_trial_log_close(rk_trial_log *log); /* NULL is fine */

/* Figures of a training that has ended well; NULL: there are none. Borrowed. */
const rk_json *rk_trial_log_figures(const rk_trial_log *log, uint64_t trial, uint64_t rung);

/* figures NULL: it failed, trial->failure says why. The file is on the disk on return. */
ROCKET_NODISCARD rocket_status rk_trial_log_add(rk_trial_log *log, const rk_trial *trial, const rk_figures *figures,
                                                rocket_error *err);

#endif
