/* Offline distillation (model_config.kd): a net learns from a column of the data in which a teacher's outputs stand.
 *
 * Upstream's blocks (easyrec.md 6), which it reads for other models and ignores for RocketLaunching. A block compares
 * one of the model's predictions with a soft label; any number of blocks is added to the training loss. pred_name is
 * logits_light, probs_light, logits_booster or probs_booster, with "_1" behind it for the second of two or more
 * classes.
 */
#ifndef RK_OFFLINE_KD_H
#define RK_OFFLINE_KD_H

#include "model.h"

/* weight: node of the sample weights, -1: none. The nets must be built. */
void rk_offline_kd_build(rk_model *model, const rk_config *config, const rk_schema *schema, int weight);
void rk_offline_kd_check(const rk_config *config, rk_faults *faults);

#endif
