/* train_config.dead_line: "20261231 23:59:59", in local time, as upstream reads it. */
#ifndef RK_DEADLINE_H
#define RK_DEADLINE_H

#include <stdbool.h>
#include <time.h>

/* false when the text is no such date and time. */
bool rk_deadline_parse(time_t *out, const char *text);

#endif
