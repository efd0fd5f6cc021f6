/* What a run leaves behind from time to time and at its end: checkpoints, evaluations and what follows from them,
 * exports. See train_state.h.
 */
#include <stdio.h>
#include <string.h>

#include "checkpoint.h"
#include "dropout_rates.h"
#include "error.h"
#include "file.h"
#include "log.h"
#include "resolve.h"
#include "train_state.h"

static rk_bundle_source checkpoint_of(const rk_training *t)
{
    return (rk_bundle_source){ .config = t->run->config,
                               .schema = t->run->schema,
                               .graph = t->run->model->graph,
                               .weights = t->run->weights,
                               .updater = t->run->updater,
                               .state = { .step = t->step,
                                          .first_step = t->first_step,
                                          .seed = t->run->seed,
                                          .batch_size = t->batch_size,
                                          .shard = t->run->shard,
                                          .has_best = t->watch.has_best,
                                          .best = t->watch.best,
                                          .best_step = t->watch.best_step } };
}

/* Those of the best evaluation are not told of. */
rocket_status rk_training_collect(rk_training *t, rocket_error *err)
{
    rk_save saved;

    RK_TRY(rk_saver_collect(&saved, &t->saver, err));
    if (saved.path == NULL || saved.folder != t->dir)
        return ROCKET_OK;
    snprintf(t->result->checkpoint, sizeof t->result->checkpoint, "%s", saved.path);
    return rk_training_tell_saved(t, &saved, err);
}

/* A checkpoint of this step in folder, of which the newest keep stay: copied now, on the disk some steps later. */
static rocket_status write_checkpoint(rk_training *t, const char *folder, uint64_t keep, rocket_error *err)
{
    rk_bundle_source source = checkpoint_of(t);
    rk_save save = { .folder = folder, .step = t->step, .keep = keep };
    rk_atomic_file *file;

    RK_TRY(rk_training_collect(t, err));
    save.path = rk_checkpoint_path(&t->arena, folder, t->step);
    RK_FAIL_IF(save.path == NULL, FAILED, err, "out of memory");
    rk_updater_settle(t->run->updater); /* the tables are read */
    RK_TRY(rk_bundle_put(&file, save.path, &source, err));
    return rk_saver_start(&t->saver, file, &save, err);
}

/* The light net as it is; of those that are made again and again the newest stay. */
static rocket_status export_now(rk_training *t, rocket_error *err)
{
    rk_updater_settle(t->run->updater); /* the tables are read */
    RK_TRY(rk_export_write(t->result->model, t->run, t->step, err));
    if (t->export_type == RK_EXPORT_FINAL || t->result->model[0] == '\0')
        return ROCKET_OK;
    return rk_export_prune(t->run, (uint64_t)t->run->view->export_config->exports_to_keep, err);
}

rocket_status rk_training_save(rk_training *t, rocket_error *err)
{
    double began = rk_now_s();

    RK_TRY(rk_training_tell_online(t, err));
    if (t->dir[0] == '\0' || (t->last_saved == t->step && t->step > 0))
        return ROCKET_OK;
    RK_TRY(write_checkpoint(t, t->dir, t->config->keep_checkpoint_max, err));
    t->last_saved = t->step;
    if (t->export_type == RK_EXPORT_LATEST)
        RK_TRY(export_now(t, err));
    t->last_saved_s = rk_now_s();
    t->paused_s += rk_now_s() - began;
    return ROCKET_OK;
}

bool rk_training_evaluates(const rk_training *t)
{
    const char *paths = rk_config_root(t->run->config)->eval_input_path;

    return paths != NULL && paths[0] != '\0';
}

static rocket_status evaluate(rk_training *t, rocket_error *err)
{
    rk_figures *figures = &t->result->last;

    rk_figures_clear(figures);
    rk_sliced_clear(&t->result->sliced);
    RK_TRY(rk_evaluate_sliced(figures, &t->result->sliced, &t->slices, t->run, t->step, err));
    t->last_evaluated = t->step;
    t->last_evaluated_s = rk_now_s();
    t->paused_s += figures->seconds;
    return rk_training_tell_evaluation(t, err);
}

static rocket_status export_best(rk_training *t, rocket_error *err)
{
    double began = rk_now_s();
    const char *folder = rk_arena_printf(&t->arena, "%s/best_ckpt", t->dir);

    if (t->dir[0] == '\0')
        return ROCKET_OK;
    RK_FAIL_IF(folder == NULL, FAILED, err, "out of memory");
    RK_TRY(rk_mkdirs(folder, err));
    RK_TRY(rk_atomic_sweep(folder, err));
    RK_TRY(write_checkpoint(t, folder, (uint64_t)t->run->view->export_config->exports_to_keep, err));
    RK_TRY(export_now(t, err));
    t->paused_s += rk_now_s() - began;
    return ROCKET_OK;
}

/* Evaluate, and draw the conclusions: the best net is exported, a run that gets no better ends. */
static rocket_status judge(rk_training *t, rocket_error *err)
{
    bool better;

    RK_TRY(evaluate(t, err));
    if (!rk_watch_is_on(&t->watch))
        return ROCKET_OK;
    RK_TRY(rk_watch_see(&better, &t->watch, &t->result->last, t->step, err));
    if (better && t->export_type == RK_EXPORT_BEST)
        RK_TRY(export_best(t, err));
    t->over = rk_watch_gives_up(&t->watch, t->step);
    return ROCKET_OK;
}

static bool saves_by_time(const rk_training *t)
{
    return t->config->has_save_checkpoints_secs && t->config->save_checkpoints_secs > 0;
}

static bool is_saving_step(const rk_training *t)
{
    return t->config->save_checkpoints_steps > 0 && t->step % t->config->save_checkpoints_steps == 0;
}

/* Upstream's rhythm: after a checkpoint, when the last evaluation is ten seconds old. What is decided by evaluations
 * must not depend on the clock. */
static bool evaluation_is_due(const rk_training *t)
{
    return rk_training_evaluates(t) && (rk_watch_is_on(&t->watch) || rk_now_s() - t->last_evaluated_s >= 10);
}

rocket_status rk_training_save_when_due(rk_training *t, rocket_error *err)
{
    bool due = saves_by_time(t) ? rk_now_s() - t->last_saved_s >= t->config->save_checkpoints_secs : is_saving_step(t);

    if (!due || t->dir[0] == '\0')
        return ROCKET_OK;
    RK_TRY(rk_training_save(t, err));
    return evaluation_is_due(t) ? judge(t, err) : ROCKET_OK;
}

rocket_status rk_training_catch_up(rk_training *t, rocket_error *err)
{
    if (t->export_type == RK_EXPORT_LATEST)
        RK_TRY(export_now(t, err));
    if (rk_watch_is_on(&t->watch) && (saves_by_time(t) || is_saving_step(t)))
        RK_TRY(judge(t, err));
    return ROCKET_OK;
}

/* What is exported after the last step. "best" may have found nothing: no evaluation had the figure that it goes by. */
static rocket_status export_last(rk_training *t, rocket_error *err)
{
    bool none = t->export_type == RK_EXPORT_BEST && !t->watch.has_best;

    if (t->dir[0] == '\0' || (t->export_type != RK_EXPORT_FINAL && !none))
        return ROCKET_OK;
    if (none)
        rk_log(RK_LOG_WARN, "no evaluation had a defined %s: the last light net is exported", t->watch.metric);
    return export_now(t, err);
}

/* What variational dropout has learnt about the features, under the name of upstream's tool. */
static rocket_status write_dropout_rates(rk_training *t, rocket_error *err)
{
    const char *path = rk_arena_printf(&t->arena, "%s/feature_dropout_ratio_all.csv", t->dir);
    rk_buf text;

    RK_FAIL_IF(path == NULL, FAILED, err, "out of memory");
    rk_buf_init(&text, 0);
    rocket_status status = rk_dropout_rates_print(&text, t->run->weights, err);
    if (status == ROCKET_OK && text.size > 0 && t->dir[0] != '\0') {
        status = rk_file_write(path, text.data, text.size, err);
        rk_log(RK_LOG_INFO, "rates at which features are dropped: %s", path);
    }
    rk_buf_clear(&text);
    return status;
}

rocket_status rk_training_conclude(rk_training *t, rocket_error *err)
{
    RK_TRY(rk_training_save(t, err));
    RK_TRY(write_dropout_rates(t, err));
    if (t->export_type == RK_EXPORT_FINAL)
        RK_TRY(export_last(t, err)); /* now: a fault of the evaluation data must not cost the model */
    if (rk_training_evaluates(t) && t->last_evaluated != t->step)
        RK_TRY(judge(t, err));
    if (t->export_type == RK_EXPORT_BEST)
        RK_TRY(export_last(t, err));
    return rk_training_collect(t, err);
}
