/* Is a config sensible, and does rocket do what it asks for?
 *
 * Every upstream field has a line in support.def: supported; noted (it changes nothing here, and the user is told
 * once); refused (it would change the result, so silence would be wrong); or left to the rooms above, which hold the
 * plug-ins (features, optimizers, schedules, metrics, readers) and hand their own checks in. On top of the table stand
 * the checks that need more than one field. All faults are collected.
 */
#ifndef RK_CHECK_H
#define RK_CHECK_H

#include "config.h"
#include "resolve.h"

/* A check of a room above: adds what it finds to faults, with rk_config_where for the place. */
typedef void (*rk_config_check_fn)(const rk_config *config, rk_faults *faults);

/* Run our checks, then extra[0 ... n_extra). Notes and errors are added to faults (NULL: only the first error is
 * reported, in err). ROCKET_CONFIG when there is an error in the list. */
ROCKET_NODISCARD rocket_status rk_config_check(const rk_config *config, const rk_config_check_fn *extra, size_t n_extra,
                                               rk_faults *faults, rocket_error *err);

#endif
