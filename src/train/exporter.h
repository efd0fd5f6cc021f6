/* Exports of the light net, model_dir/export/<step>/model.safetensors, and when they are made:
 *
 *   final   once, after the last step
 *   latest  with every checkpoint
 *   best    after every evaluation that is better than all before it; the checkpoint goes to best_ckpt/ too
 *   none    never
 *
 * (export_config.exporter_type; upstream names the folder in between after the type, and the last one after the clock.)
 * Of latest and best the newest exports_to_keep are kept; what final has made is never removed.
 */
#ifndef RK_EXPORTER_H
#define RK_EXPORTER_H

#include "run.h"

typedef enum rk_export_type { RK_EXPORT_FINAL, RK_EXPORT_LATEST, RK_EXPORT_BEST, RK_EXPORT_NONE } rk_export_type;
rk_export_type rk_export_type_of(const rk_config *config); /* FINAL where the check has found a fault */

/* Write the light net of a run with a model_dir; nothing without a light net. path: where it is, for messages. */
enum { RK_EXPORT_PATH_BYTES = 512 };
ROCKET_NODISCARD rocket_status rk_export_write(char path[RK_EXPORT_PATH_BYTES], const rk_run *run, uint64_t step,
                                               rocket_error *err);

/* Remove the oldest exports until at most keep are left. */
ROCKET_NODISCARD rocket_status rk_export_prune(const rk_run *run, uint64_t keep, rocket_error *err);

#endif
