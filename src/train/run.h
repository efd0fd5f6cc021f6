/* A run: everything that training and evaluation of one config need, put together once and taken apart once. */
#ifndef RK_RUN_H
#define RK_RUN_H

#include "bundle.h"
#include "exec.h"
#include "metric.h"
#include "model.h"
#include "optimizer.h"
#include "stream.h"
#include "teacher.h"

typedef struct rk_run {
    const rk_config *config;
    const rk_resolved *view;
    rk_pool *pool;
    rk_schema *schema;
    rk_model *model;
    rk_weights *weights;
    rk_exec *exec;
    rk_updater *updater; /* NULL in evaluation */
    rk_teacher *teacher; /* NULL but in arm KD_FROM_BOOSTER */
    uint64_t seed;
    rk_shard shard; /* of the training data; without training, of what is evaluated */
    int n_threads;
} rk_run;

typedef struct rk_run_options {
    int n_threads; /* 0: all usable processors */
    bool seed_given;
    uint64_t seed;           /* else train_config.seed, else 1 */
    rk_shard shard;          /* as of rk_run */
    bool training;           /* gradients and optimizer too */
    const char *const *kept; /* input fields whose texts the batches keep, beside those of the metrics */
    size_t n_kept;
} rk_run_options;

/* Initial weights are drawn. config is borrowed. */
ROCKET_NODISCARD rocket_status rk_run_open(rk_run **out, const rk_config *config, const rk_run_options *options,
                                           rocket_error *err);
void rk_run_close(rk_run *run);

/* All checks of config, plug-ins included: config room, then features, model, optimizer, metrics. */
ROCKET_NODISCARD rocket_status rk_run_check(const rk_config *config, rk_faults *faults, rocket_error *err);

/* Bind a batch to the graph's inputs; runs the teacher if there is one. */
ROCKET_NODISCARD rocket_status rk_run_feed(rk_run *run, const rk_batch *batch, rocket_error *err);

/* Why a loss became infinite or no number, put before the text of err: the batch, and the feature that holds such a
 * value, or else that it is the weights. To be called when rk_exec_forward failed on the batch. */
void rk_run_blame(const rk_run *run, const rk_batch *batch, rocket_error *err);

/* Losses of the batch that was just run, under upstream's names: each term, then regularization_loss (training only)
 * and total_loss. Names are borrowed from the graph. */
enum { RK_MAX_LOSSES = 64 };
typedef struct rk_losses_now {
    struct {
        const char *name;
        double value;
    } item[RK_MAX_LOSSES];
    int n;
} rk_losses_now;
rk_losses_now rk_run_losses(const rk_run *run, bool training);

/* model_dir of the config, "" when it has none. */
const char *rk_run_dir(const rk_run *run);

#endif
