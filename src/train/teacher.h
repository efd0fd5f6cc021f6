/* A teacher: the booster of a finished run, whose logits are fed to a student (arm KD_FROM_BOOSTER).
 *
 * It is read from a checkpoint, cut to logits_booster, run in inference on the student's own batches, and never
 * changed.
 */
#ifndef RK_TEACHER_H
#define RK_TEACHER_H

#include "exec.h"
#include "schema.h"

typedef struct rk_teacher rk_teacher;

/* The student's schema must have every feature that the teacher reads, with the same number of rows or values. */
ROCKET_NODISCARD rocket_status rk_teacher_new(rk_teacher **out, const char *checkpoint, const rk_schema *schema,
                                              int n_classes, rk_pool *pool, rocket_error *err);
void rk_teacher_free(rk_teacher *teacher);

/* Logits for a batch as a FLOATS column [B, C]; valid until the next call. */
ROCKET_NODISCARD rocket_status rk_teacher_run(const rk_column **out, rk_teacher *teacher, const rk_batch *batch,
                                              rocket_error *err);

#endif
