/* Classic momentum, shared by momentum and momentumw:
 *
 *   a = momentum * a + g          w -= rate * a
 *
 * Rows of a table without a gradient stay as they are, accumulator included (TensorFlow's SparseApplyMomentum).
 */
#ifndef RK_MOMENTUM_RULE_H
#define RK_MOMENTUM_RULE_H

#include "optimizer.h"

/* hyper->c of the rule. */
enum { RK_MOMENTUM_C_MOMENTUM, RK_MOMENTUM_C_DECAY };

/* One step of a run; decay is what momentumw takes off first: w -= decay * w. */
void rk_momentum_update(const rk_update_run *run);

#endif
