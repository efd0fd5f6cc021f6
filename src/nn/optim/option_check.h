/* Range checks of the options of optimizers and schedules: one sentence, at the place of the field. */
#ifndef RK_OPTION_CHECK_H
#define RK_OPTION_CHECK_H

#include <stdbool.h>

#include "config.h"

typedef struct rk_option_check {
    const rk_config *config;
    const ProtobufCMessage *options;
    rk_faults *faults;
} rk_option_check;

/* Unless ok: "<field> must be <expected>, got <value>". Write ok so that NaN fails it: value >= 0, not !(value < 0). */
void rk_option_expect(const rk_option_check *check, const char *field, double value, bool ok, const char *expected);

/* Finite and >= 0: learning rates, regularisation. */
void rk_option_expect_rate(const rk_option_check *check, const char *field, double value);

/* In [0, 1): decays and momenta. */
void rk_option_expect_decay(const rk_option_check *check, const char *field, double value);

#endif
