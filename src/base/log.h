/* The one writer to stderr. Lines are whole: one write(2) each. Thread-safe. */
#ifndef RK_LOG_H
#define RK_LOG_H

#include <stdbool.h>

#include "rocket/status.h"

typedef enum rk_log_level { RK_LOG_QUIET, RK_LOG_ERROR, RK_LOG_WARN, RK_LOG_INFO, RK_LOG_DEBUG } rk_log_level;

void rk_log_set_level(rk_log_level level); /* INFO at start */
rk_log_level rk_log_get_level(void);

void rk_log(rk_log_level level, const char *format, ...) ROCKET_PRINTF(2, 3); /* "rocket: warning: ..." + newline */

/* A status line that is overwritten in place (progress bar). Only on a terminal; NULL wipes it. */
void rk_log_status(const char *text);
bool rk_log_is_terminal(void);
bool rk_log_colour(void); /* terminal and NO_COLOR unset */

#endif
