/* Faults of a config, collected so that the user sees all of them at once.
 *
 * A fault has a place in the user's text and one sentence: what was expected, what was found, what to write
 * instead. ERROR means that the config cannot be used; NOTE that it can, and that something is not as it looks.
 * The strings are copies: a list outlives the config that it is about. At most RK_FAULTS_MAX are kept, the rest is
 * counted. Without memory the list is marked failed, and rk_faults_status says so.
 */
#ifndef RK_FAULTS_H
#define RK_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "rocket/status.h"

enum { RK_FAULTS_MAX = 100 }; /* of each severity */

typedef enum rk_severity { RK_FAULT_ERROR, RK_FAULT_NOTE } rk_severity;

typedef struct rk_fault {
    rk_severity severity;
    const char *where;    /* "ads.config:41:7", "--set a.b=3", or the file alone */
    const char *sentence; /* without a full stop, without a newline */
} rk_fault;

typedef struct rk_faults {
    rk_arena arena;
    rk_fault *items; /* in the order in which they were found */
    size_t n, capacity;
    size_t n_errors, n_notes; /* found, also those that were not kept */
    bool failed;              /* memory ran out: the list is not complete */
} rk_faults;

void rk_faults_init(rk_faults *faults);
void rk_faults_clear(rk_faults *faults); /* frees all; the list can be used again */

void rk_faults_add(rk_faults *faults, rk_severity severity, const char *where, const char *format, ...)
    ROCKET_PRINTF(4, 5);

/* ROCKET_OK without errors; otherwise ROCKET_CONFIG, and err holds the first one and how many more there are.
 * ROCKET_FAILED when memory ran out. */
ROCKET_NODISCARD rocket_status rk_faults_status(const rk_faults *faults, rocket_error *err);

#endif
