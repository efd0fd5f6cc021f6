/* Inside of the training loop: what a run knows while it trains, and the parts of the loop that have a file each. */
#ifndef RK_TRAIN_STATE_H
#define RK_TRAIN_STATE_H

#include <time.h>

#include "exporter.h"
#include "online.h"
#include "saver.h"
#include "sink.h"
#include "train.h"
#include "watch.h"

typedef struct rk_training {
    rk_run *run;
    const Rocket__TrainConfig *config;
    rk_stream *stream;
    rk_sinks_open *sinks;
    rk_arena arena;                                    /* paths */
    const char *dir;                                   /* model_dir, "" without one */
    int lock;                                          /* on it */
    uint64_t step, first_step, batch_size, last_saved; /* first_step: steps of the run that this one goes on from */
    bool resumed;
    double started, last_saved_s, last_evaluated_s, paused_s; /* paused: saving and evaluating */
    uint64_t rows, rows_at_log;
    double log_s;
    rk_train_result *result;
    time_t deadline; /* 0: none */
    rk_export_type export_type;
    rk_watch watch;
    rk_saver saver;
    uint64_t last_evaluated; /* step */
    bool over;               /* early stop */
    rk_online *online;       /* NULL: metrics of the evaluation data only */
    rk_slice_options slices;
} rk_training;

double rk_training_seconds(const rk_training *t); /* since it began */
bool rk_training_evaluates(const rk_training *t); /* there is evaluation data */

/* ---- train_start.c */

/* The step, the weights and the files that the run begins with, and its stream and sinks. */
ROCKET_NODISCARD rocket_status rk_training_start(rk_training *t, const rk_train_options *options, rocket_error *err);

/* ---- train_save.c: checkpoints, evaluations, exports */

ROCKET_NODISCARD rocket_status rk_training_save(rk_training *t, rocket_error *err);

/* After each step: what save_checkpoints_steps or _secs ask for, and the evaluation that follows it. */
ROCKET_NODISCARD rocket_status rk_training_save_when_due(rk_training *t, rocket_error *err);

/* A run may have been killed between its checkpoint and what follows from one: that is done again, to the same bits. */
ROCKET_NODISCARD rocket_status rk_training_catch_up(rk_training *t, rocket_error *err);

/* The last checkpoint is on the disk: wait for it, and say so. */
ROCKET_NODISCARD rocket_status rk_training_collect(rk_training *t, rocket_error *err);

/* After the last step. */
ROCKET_NODISCARD rocket_status rk_training_conclude(rk_training *t, rocket_error *err);

/* ---- train_tell.c: what sinks are told */

ROCKET_NODISCARD rocket_status rk_training_tell(rk_training *t, rk_event_kind kind, const rk_scalar *scalars, int n,
                                                const char *text, rocket_error *err);
ROCKET_NODISCARD rocket_status rk_training_tell_step(rk_training *t, const rk_losses_now *losses, double norm,
                                                     rocket_error *err);
ROCKET_NODISCARD rocket_status rk_training_tell_online(rk_training *t, rocket_error *err); /* since the last time */
ROCKET_NODISCARD rocket_status rk_training_tell_evaluation(rk_training *t,
                                                           rocket_error *err); /* result->last, sliced */
ROCKET_NODISCARD rocket_status rk_training_tell_saved(const rk_training *t, const rk_save *saved, rocket_error *err);

#endif
