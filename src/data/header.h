/* Header lines of several files that must be the same. */
#ifndef RK_HEADER_H
#define RK_HEADER_H

#include "block.h"

/* The first record of a file against rules->header. ROCKET_DATA: another one, that differs from *column on (1-based
 * byte). Nothing is compared while rules have no header. */
ROCKET_NODISCARD rocket_status rk_header_compare(const rk_block_rules *rules, rk_text record, size_t *column,
                                                 rocket_error *err);

#endif
