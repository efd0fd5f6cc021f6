/* See option_check.h. */
#include "option_check.h"

#include <math.h>

void rk_option_expect(const rk_option_check *check, const char *field, double value, bool ok, const char *expected)
{
    if (ok)
        return;
    rk_faults_add(check->faults, RK_FAULT_ERROR, rk_config_where(check->config, check->options, field, 0),
                  "%s must be %s, got %g", field, expected, value);
}

void rk_option_expect_rate(const rk_option_check *check, const char *field, double value)
{
    rk_option_expect(check, field, value, value >= 0 && isfinite(value), "a finite number >= 0");
}

void rk_option_expect_decay(const rk_option_check *check, const char *field, double value)
{
    rk_option_expect(check, field, value, value >= 0 && value < 1, "in [0, 1)");
}
