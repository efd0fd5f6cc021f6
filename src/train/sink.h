/* The sink seam: where a run tells what it does. One file per sink in sink/ and one line in sinks.def.
 *
 * A sink fails a run only when its file cannot be written (disk full), which is reported by the call that saw it.
 * Events come from one thread, in the order of their steps; but a SAVE comes when the disk has the checkpoint, which
 * may be some steps later.
 */
#ifndef RK_SINK_H
#define RK_SINK_H

#include <stdint.h>

#include "rocket/status.h"

typedef struct rk_scalar {
    const char *name; /* upstream's names: "total_loss", "auc_light", "lr" ... */
    double value;     /* NaN: not defined */
} rk_scalar;

typedef enum rk_event_kind {
    RK_EVENT_START, /* run begins or resumes at step */
    RK_EVENT_STEP,  /* training figures of one step (every log_step_count_steps) */
    RK_EVENT_EVAL,  /* an evaluation finished */
    RK_EVENT_SLICE, /* figures of some of its rows: text says which */
    RK_EVENT_SAVE,  /* a checkpoint was written: text is its path */
    RK_EVENT_END
} rk_event_kind;

typedef struct rk_event {
    rk_event_kind kind;
    uint64_t step, total_steps; /* total 0: not known */
    double seconds;             /* since the run began, or began again */
    double examples_per_s;      /* of STEP; 0: not known */
    const rk_scalar *scalars;
    int n_scalars;
    const char *text;
} rk_event;

typedef struct rk_sink rk_sink; /* every sink has its own layout under this name */

typedef struct rk_sink_def {
    const char *name;
    const char *doc;
    /* NULL in *out: this sink has nothing to do in this run. model_dir exists, or is NULL. resume_step 0: a new run. */
    rocket_status (*open)(rk_sink **out, const char *model_dir, uint64_t resume_step, rocket_error *err);
    rocket_status (*event)(rk_sink *sink, const rk_event *event, rocket_error *err);
    rocket_status (*close)(rk_sink *sink, rocket_error *err); /* frees in any case */
} rk_sink_def;

extern const rk_sink_def *const rk_sinks[]; /* ends with NULL */

/* All sinks of a run. What one of them reports does not keep an event from the others; the first error is returned. */
typedef struct rk_sinks_open rk_sinks_open;
ROCKET_NODISCARD rocket_status rk_sinks_start(rk_sinks_open **out, const char *model_dir, uint64_t resume_step,
                                              rocket_error *err);
ROCKET_NODISCARD rocket_status rk_sinks_event(rk_sinks_open *sinks, const rk_event *event, rocket_error *err);
ROCKET_NODISCARD rocket_status rk_sinks_stop(rk_sinks_open *sinks, rocket_error *err); /* frees; NULL is fine */

#endif
