/* Making the derived view: called once by config.c while a config is loaded. */
#ifndef RK_RESOLVE_BUILD_H
#define RK_RESOLVE_BUILD_H

#include "arena.h"
#include "locations.h"
#include "resolve.h"

/* NULL: memory ran out. Patterns that cannot be expanded are added to faults. Clones get the places of their
 * originals in locations. */
const rk_resolved *rk_resolved_build(const rk_config *config, rk_arena *arena, rk_locations *locations,
                                     rk_faults *faults);

#endif
