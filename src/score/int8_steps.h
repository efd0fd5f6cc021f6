/* Running the steps of a net that have to do with bytes: layers of 8-bit integers, look-ups in tables of integers,
 * floats made bytes. */
#ifndef RK_INT8_STEPS_H
#define RK_INT8_STEPS_H

#include "session.h"

void rk_int8_step_run(const rk_net_session *session, const rk_step *step, int64_t n_rows);

/* What the user's columns give a layer, once in a request. */
void rk_int8_step_begin(const rk_net_session *session, const rk_step *step);

#endif
