/* Incremental training: an old run's checkpoint goes on in a new run, whose data, vocabularies and schedules may be
 * others. Weights and the optimizer's slots are taken over. Tables may have grown: rows of vocabularies are found by
 * their words, whatever the order; rows of num_buckets are numbers; what is new starts as it was drawn. Hashed ids have
 * other rows when the table has another size, so that is refused, as is any other difference of shape.
 *
 * It is not a resumed run (rk_bundle_resume), which must be the same run to the last bit, nor fine-tuning
 * (rk_restore_weights), which takes what fits and starts the optimizer anew.
 */
#ifndef RK_CARRY_ON_H
#define RK_CARRY_ON_H

#include "bundle.h"

/* ROCKET_CONFIG names the first variable that does not fit. What did not fit may leave weights changed. */
ROCKET_NODISCARD rocket_status rk_carry_on(rk_run_state *state, const char *path, const rk_schema *schema,
                                           rk_weights *weights, rk_updater *updater, rocket_error *err);

#endif
