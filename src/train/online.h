/* Metrics over the training batches as they pass (eval_config.eval_online): what the nets say of rows that they have
 * not learnt from yet.
 *
 * Figures are of the batches since the last report, which is made with every checkpoint: so a run that was killed and
 * resumed reports the same. One that was stopped by a signal wrote a checkpoint of its own there, and so one report
 * more: what lies between two of the others then comes in two parts. Upstream's grow over the whole run and are reset
 * when it resumes. As in upstream the nets are in training: dropout drops, and batch norm looks at the batch.
 */
#ifndef RK_ONLINE_H
#define RK_ONLINE_H

#include "evaluate.h"

typedef struct rk_online rk_online;

/* NULL in *out without eval_online. run is borrowed. */
ROCKET_NODISCARD rocket_status rk_online_new(rk_online **out, const rk_run *run, rocket_error *err);
void rk_online_free(rk_online *online); /* NULL is fine */

/* A batch that was just run forward. */
ROCKET_NODISCARD rocket_status rk_online_see(rk_online *online, const rk_batch *batch, rocket_error *err);

/* Figures "train/auc_light", ... of what was seen since the last report; none after no batch. Free with
 * rk_figures_clear. */
ROCKET_NODISCARD rocket_status rk_online_report(rk_figures *out, rk_online *online, rocket_error *err);

#endif
