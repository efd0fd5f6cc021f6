/* Training: take a batch, forward, backward, step, tell the sinks; save and evaluate from time to time. */
#ifndef RK_TRAIN_H
#define RK_TRAIN_H

#include "evaluate.h"
#include "run.h"
#include "sliced.h"

typedef struct rk_train_options {
    rk_run_options run;
    bool resume;             /* continue from the newest checkpoint of model_dir, if there is one */
    rk_slice_options slices; /* of every evaluation; its fields must be among run.kept */
    const char *carry_on;    /* else go on from another run: a checkpoint, or a folder for its newest; NULL: none */
} rk_train_options;

typedef struct rk_train_result {
    uint64_t steps, rows, dropped_rows;
    double seconds, waited_s; /* of training, evaluations and saves apart; waiting for data */
    rk_figures last;          /* of the evaluation at the end; empty without evaluation data */
    rk_sliced sliced;         /* the same; empty unless slices were wanted */
    char checkpoint[512];     /* path of the last checkpoint */
    char model[512];          /* path of the exported light net; "" when the arm has none */
} rk_train_result;

/* Files appear under the config's model_dir: pipeline.config, model.ckpt-<step>.safetensors, metrics.jsonl, events,
 * export/<step>/model.safetensors and, with exporter_type "best", best_ckpt/model.ckpt-<step>.safetensors.
 * ROCKET_STOPPED after SIGINT or SIGTERM, with a checkpoint written. Free result->last with rk_figures_clear, and
 * sliced where there are slices. */
ROCKET_NODISCARD rocket_status rk_train(rk_train_result *out, const rk_config *config, const rk_train_options *options,
                                        rocket_error *err);

#endif
