/* Passing rows: values and gradients that are written and read within a stage, piece by piece, so that all pieces can
 * share the memory of one.
 *
 * A value passes when its node is quickly made again from what it is made of (a batch norm) and all its readers look at
 * the piece only (dense layers); the backward pass makes it again. A gradient passes when one task writes it and the
 * next one reads it: that between a batch norm and the dense layer in front of it. Both are a few hundred kilobytes
 * that a step need not carry through memory, and never leave the second-level cache.
 */
#ifndef RK_PLAN_PASSING_H
#define RK_PLAN_PASSING_H

#include "plan.h"

/* Find them, after fusion: sets plan->passing and passing_gradients and takes back successors. kept: [n_nodes] room. */
void rk_plan_find_passing(rk_plan *plan, bool *kept);

/* The node that makes the value which node reads as its first input, if that value passes; -1: it does not. */
int rk_plan_maker(const rk_plan *plan, const rk_node *node);

/* Columns of a common row for everything that passes; what never lives at the same time may share them. floats:
 * [n_nodes] of a row of each. Sets value_at and gradient_at of passing nodes; room: [rk_plan_n_tasks] zeros. Returns
 * the row's floats. */
size_t rk_plan_place_passing(const rk_plan *plan, const int64_t *floats, size_t *value_at, size_t *gradient_at,
                             size_t *room);
int rk_plan_n_tasks(const rk_plan *plan);

#endif
