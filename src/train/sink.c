/* The table of sinks, and all of them at once. */
#include "sink.h"

#include "error.h"
#include "mem.h"

#define RK_SINK(name) extern const rk_sink_def rk_sink_##name;
#include "sinks.def"
#undef RK_SINK

const rk_sink_def *const rk_sinks[] = {
#define RK_SINK(name) &rk_sink_##name,
#include "sinks.def"
#undef RK_SINK
    NULL
};

enum { N_SINKS = sizeof rk_sinks / sizeof rk_sinks[0] - 1 };

struct rk_sinks_open {
    rk_sink *sinks[N_SINKS]; /* NULL: nothing to do in this run */
};

/* Later errors do not replace the first. */
static void keep_first(rocket_status *first, rocket_status status)
{
    if (*first == ROCKET_OK)
        *first = status;
}

rocket_status rk_sinks_start(rk_sinks_open **out, const char *model_dir, uint64_t resume_step, rocket_error *err)
{
    rk_sinks_open *open = rk_alloc(1, sizeof *open);
    rocket_status status = ROCKET_OK;

    RK_FAIL_IF(!open, FAILED, err, "no memory for the sinks of the run");
    for (int i = 0; i < N_SINKS && status == ROCKET_OK; i++)
        status = rk_sinks[i]->open(&open->sinks[i], model_dir, resume_step, err);
    if (status == ROCKET_OK) {
        *out = open;
        return ROCKET_OK;
    }
    rocket_status ignored = rk_sinks_stop(open, NULL);
    (void)ignored;
    return status;
}

rocket_status rk_sinks_event(rk_sinks_open *sinks, const rk_event *event, rocket_error *err)
{
    rocket_status first = ROCKET_OK;

    for (int i = 0; i < N_SINKS; i++)
        if (sinks->sinks[i])
            keep_first(&first, rk_sinks[i]->event(sinks->sinks[i], event, err));
    return first;
}

rocket_status rk_sinks_stop(rk_sinks_open *sinks, rocket_error *err)
{
    rocket_status first = ROCKET_OK;

    if (!sinks)
        return ROCKET_OK;
    for (int i = 0; i < N_SINKS; i++)
        if (sinks->sinks[i])
            keep_first(&first, rk_sinks[i]->close(sinks->sinks[i], err));
    rk_free(sinks);
    return first;
}
