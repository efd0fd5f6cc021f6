/* The table of learning-rate schedules, made from schedules.def. */
#include <string.h>

#include "optimizer.h"

#define RK_SCHEDULE(name) extern const rk_schedule_def rk_schedule_##name;
#include "schedules.def"
#undef RK_SCHEDULE

const rk_schedule_def *const rk_schedules[] = {
#define RK_SCHEDULE(name) &rk_schedule_##name,
#include "schedules.def"
#undef RK_SCHEDULE
    NULL,
};

const rk_schedule_def *rk_schedule_find(const char *name)
{
    for (const rk_schedule_def *const *def = rk_schedules; *def; def++)
        if (!strcmp((*def)->name, name))
            return *def;
    return NULL;
}
