/* The training loop: see train.h. What a step is made of lives elsewhere; this file knows the order of things, and when
 * to log, save, evaluate and stop.
 */
#include "train.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "carry_on.h"
#include "checkpoint.h"
#include "deadline.h"
#include "dropout_rates.h"
#include "error.h"
#include "exporter.h"
#include "file.h"
#include "folder_lock.h"
#include "log.h"
#include "online.h"
#include "resolve.h"
#include "restore.h"
#include "saver.h"
#include "sink.h"
#include "stop.h"
#include "watch.h"

typedef struct training {
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
} training;

static double seconds(const training *t)
{
    return rk_now_s() - t->started;
}

static rocket_status tell(training *t, rk_event_kind kind, const rk_scalar *scalars, int n, const char *text,
                          rocket_error *err)
{
    double busy = seconds(t) - t->paused_s, span = busy - t->log_s;
    rk_event event = { .kind = kind,
                       .step = t->step,
                       .total_steps = t->config->num_steps > 0 ? t->first_step + t->config->num_steps : 0,
                       .seconds = seconds(t),
                       .examples_per_s = span > 0 ? (double)(t->rows - t->rows_at_log) / span : 0,
                       .scalars = scalars,
                       .n_scalars = n,
                       .text = text };

    if (kind == RK_EVENT_STEP) {
        t->rows_at_log = t->rows;
        t->log_s = busy;
    }
    return t->sinks == NULL ? ROCKET_OK : rk_sinks_event(t->sinks, &event, err);
}

static rocket_status log_step(training *t, const rk_losses_now *losses, double norm, rocket_error *err)
{
    rk_scalar scalars[RK_MAX_LOSSES + 2];
    int n = 0;

    scalars[n++] = (rk_scalar){ "lr", rk_updater_rate(t->run->updater, t->step - 1) };
    for (int i = 0; i < losses->n; i++)
        scalars[n++] = (rk_scalar){ losses->item[i].name, losses->item[i].value };
    scalars[n++] = (rk_scalar){ "gradient_norm", norm };
    return tell(t, RK_EVENT_STEP, scalars, n, NULL, err);
}

static rk_bundle_source checkpoint_of(const training *t)
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

/* The last checkpoint is on the disk: wait for it, and say so. Those of the best evaluation are not told of. */
static rocket_status collect_checkpoint(training *t, rocket_error *err)
{
    rk_save saved;

    RK_TRY(rk_saver_collect(&saved, &t->saver, err));
    if (saved.path == NULL || saved.folder != t->dir)
        return ROCKET_OK;
    snprintf(t->result->checkpoint, sizeof t->result->checkpoint, "%s", saved.path);
    rk_event event = { .kind = RK_EVENT_SAVE, .step = saved.step, .seconds = seconds(t), .text = saved.path };
    return t->sinks == NULL ? ROCKET_OK : rk_sinks_event(t->sinks, &event, err);
}

/* A checkpoint of this step in folder, of which the newest keep stay: copied now, on the disk some steps later. */
static rocket_status write_checkpoint(training *t, const char *folder, uint64_t keep, rocket_error *err)
{
    rk_bundle_source source = checkpoint_of(t);
    rk_save save = { .folder = folder, .step = t->step, .keep = keep };
    rk_atomic_file *file;

    RK_TRY(collect_checkpoint(t, err));
    save.path = rk_checkpoint_path(&t->arena, folder, t->step);
    RK_FAIL_IF(save.path == NULL, FAILED, err, "out of memory");
    rk_updater_settle(t->run->updater); /* the tables are read */
    RK_TRY(rk_bundle_put(&file, save.path, &source, err));
    return rk_saver_start(&t->saver, file, &save, err);
}

/* The light net as it is; of those that are made again and again the newest stay. */
static rocket_status export_now(training *t, rocket_error *err)
{
    rk_updater_settle(t->run->updater); /* the tables are read */
    RK_TRY(rk_export_write(t->result->model, t->run, t->step, err));
    if (t->export_type == RK_EXPORT_FINAL || t->result->model[0] == '\0')
        return ROCKET_OK;
    return rk_export_prune(t->run, (uint64_t)t->run->view->export_config->exports_to_keep, err);
}

/* Metrics of the batches since the last report. */
static rocket_status report_online(training *t, rocket_error *err)
{
    rk_scalar scalars[RK_MAX_FIGURES];
    rk_figures figures;
    int n = 0;

    if (t->online == NULL)
        return ROCKET_OK;
    RK_TRY(rk_online_report(&figures, t->online, err));
    for (size_t i = 0; i < figures.n; i++)
        scalars[n++] = (rk_scalar){ figures.item[i].name, figures.item[i].value };
    rocket_status status = n > 0 ? tell(t, RK_EVENT_STEP, scalars, n, NULL, err) : ROCKET_OK;
    rk_figures_clear(&figures);
    return status;
}

static rocket_status save(training *t, rocket_error *err)
{
    double began = rk_now_s();

    RK_TRY(report_online(t, err));
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

static bool has_evaluation(const training *t)
{
    const char *paths = rk_config_root(t->run->config)->eval_input_path;

    return paths != NULL && paths[0] != '\0';
}

static rocket_status tell_slice(training *t, const rk_slices *slices, const rk_slice *slice, rocket_error *err)
{
    rk_scalar scalars[RK_MAX_FIGURES + 2] = { { "rows", (double)slice->rows },
                                              { "positives", (double)slice->positives } };
    char name[RK_SLICE_NAME_BYTES];
    int n = 2;

    for (size_t i = 0; i < slices->n_results; i++)
        scalars[n++] = (rk_scalar){ slices->results[i].name, slice->values[i] };
    return tell(t, RK_EVENT_SLICE, scalars, n, rk_slice_name(name, slices, slice), err);
}

static rocket_status tell_slices(training *t, rocket_error *err)
{
    const rk_sliced *sliced = &t->result->sliced;

    for (size_t k = 0; k < sliced->n; k++)
        for (size_t i = 0; i < sliced->item[k].n; i++)
            RK_TRY(tell_slice(t, &sliced->item[k], &sliced->item[k].item[i], err));
    return ROCKET_OK;
}

static rocket_status evaluate(training *t, rocket_error *err)
{
    rk_scalar scalars[RK_MAX_FIGURES];
    rk_figures *figures = &t->result->last;
    int n = 0;

    rk_figures_clear(figures);
    rk_sliced_clear(&t->result->sliced);
    RK_TRY(rk_evaluate_sliced(figures, &t->result->sliced, &t->slices, t->run, t->step, err));
    for (size_t i = 0; i < figures->n; i++)
        scalars[n++] = (rk_scalar){ figures->item[i].name, figures->item[i].value };
    t->last_evaluated = t->step;
    t->last_evaluated_s = rk_now_s();
    t->paused_s += figures->seconds;
    RK_TRY(tell(t, RK_EVENT_EVAL, scalars, n, NULL, err));
    return tell_slices(t, err);
}

static rocket_status export_best(training *t, rocket_error *err)
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
static rocket_status judge(training *t, rocket_error *err)
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

static bool saves_by_time(const training *t)
{
    return t->config->has_save_checkpoints_secs && t->config->save_checkpoints_secs > 0;
}

static bool is_saving_step(const training *t)
{
    return t->config->save_checkpoints_steps > 0 && t->step % t->config->save_checkpoints_steps == 0;
}

/* Upstream's rhythm: after a checkpoint, when the last evaluation is ten seconds old. What is decided by evaluations
 * must not depend on the clock. */
static bool evaluation_is_due(const training *t)
{
    return has_evaluation(t) && (rk_watch_is_on(&t->watch) || rk_now_s() - t->last_evaluated_s >= 10);
}

static rocket_status save_when_due(training *t, rocket_error *err)
{
    bool due = saves_by_time(t) ? rk_now_s() - t->last_saved_s >= t->config->save_checkpoints_secs : is_saving_step(t);

    if (!due || t->dir[0] == '\0')
        return ROCKET_OK;
    RK_TRY(save(t, err));
    return evaluation_is_due(t) ? judge(t, err) : ROCKET_OK;
}

static rocket_status train_batch(training *t, const rk_batch *batch, rocket_error *err)
{
    bool logged = t->config->log_step_count_steps > 0 && (t->step + 1) % t->config->log_step_count_steps == 0;
    rk_losses_now losses;
    double norm;

    RK_TRY(rk_run_feed(t->run, batch, err));
    rocket_status status = rk_exec_forward(t->run->exec, batch->n_rows, true, t->step, err);
    if (status != ROCKET_OK) {
        rk_run_blame(t->run, batch, err);
        return status;
    }
    if (t->online != NULL)
        RK_TRY(rk_online_see(t->online, batch, err));
    if (logged) /* now: the L2 terms are of the weights before the step, as upstream reports them */
        losses = rk_run_losses(t->run, true);
    RK_TRY(rk_exec_backward(t->run->exec, err));
    status = rk_updater_step(t->run->updater, t->run->exec, t->step, &norm, err);
    if (status != ROCKET_OK) {
        rk_error_prefix(err, "batch %llu", (unsigned long long)batch->index);
        return status;
    }
    t->step++;
    t->rows += (uint64_t)batch->n_rows;
    if (logged)
        RK_TRY(log_step(t, &losses, norm, err));
    if (rk_saver_done(&t->saver))
        RK_TRY(collect_checkpoint(t, err));
    return save_when_due(t, err);
}

static rocket_status stop(training *t, rocket_error *err)
{
    RK_TRY(save(t, err));
    RK_TRY(collect_checkpoint(t, err));
    return rk_fail(err, ROCKET_STOPPED, "stopped by signal %d at step %llu; --resume continues", rk_stop_signal(),
                   (unsigned long long)t->step);
}

/* The run then ends as after its last step: saved, exported, evaluated. */
static bool deadline_is_over(const training *t)
{
    if (t->deadline == 0 || time(NULL) < t->deadline)
        return false;
    rk_log(RK_LOG_INFO, "dead_line %s is over at step %llu", t->config->dead_line, (unsigned long long)t->step);
    return true;
}

static rocket_status train_steps(training *t, rocket_error *err)
{
    while (!t->over && (t->config->num_steps == 0 || t->step - t->first_step < t->config->num_steps)) {
        rk_batch *batch;
        rocket_status status = rk_stream_next(t->stream, &batch, err);
        if (status == ROCKET_STOPPED) { /* while it waited for input */
            rk_error_clear(err);
            return stop(t, err);
        }
        RK_TRY(status);
        if (batch == NULL)
            break;
        status = train_batch(t, batch, err);
        rk_stream_give_back(t->stream, batch);
        RK_TRY(status);
        if (rk_stop_requested())
            return stop(t, err);
        if (deadline_is_over(t))
            break;
    }
    RK_FAIL_IF(t->step == t->first_step, DATA, err, "%s: no rows to train on",
               rk_config_root(t->run->config)->train_input_path);
    return ROCKET_OK;
}

/* What is exported after the last step. "best" may have found nothing: no evaluation had the figure that it goes by. */
static rocket_status export_last(training *t, rocket_error *err)
{
    bool none = t->export_type == RK_EXPORT_BEST && !t->watch.has_best;

    if (t->dir[0] == '\0' || (t->export_type != RK_EXPORT_FINAL && !none))
        return ROCKET_OK;
    if (none)
        rk_log(RK_LOG_WARN, "no evaluation had a defined %s: the last light net is exported", t->watch.metric);
    return export_now(t, err);
}

/* What variational dropout has learnt about the features, under the name of upstream's tool. */
static rocket_status write_dropout_rates(training *t, rocket_error *err)
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

static rocket_status finish(training *t, rocket_error *err)
{
    rk_stream_stats stats = rk_stream_get_stats(t->stream);

    t->result->steps = t->step;
    t->result->rows = t->rows;
    t->result->dropped_rows = stats.dropped_rows;
    t->result->waited_s = stats.waited_s;
    t->result->seconds = seconds(t) - t->paused_s;
    if (stats.dropped_rows > 0)
        rk_log(RK_LOG_WARN, "%llu bad rows were dropped (ignore_error)", (unsigned long long)stats.dropped_rows);
    RK_TRY(save(t, err));
    RK_TRY(write_dropout_rates(t, err));
    if (t->export_type == RK_EXPORT_FINAL)
        RK_TRY(export_last(t, err)); /* now: a fault of the evaluation data must not cost the model */
    if (has_evaluation(t) && t->last_evaluated != t->step)
        RK_TRY(judge(t, err));
    if (t->export_type == RK_EXPORT_BEST)
        RK_TRY(export_last(t, err));
    RK_TRY(collect_checkpoint(t, err));
    return tell(t, RK_EVENT_END, NULL, 0, NULL, err);
}

/* A resumed run counts batches from the first row of the same rows. */
static rocket_status check_shard(const training *t, const char *path, rk_shard had, rocket_error *err)
{
    char then[RK_SHARD_BYTES], now[RK_SHARD_BYTES];
    bool same = strcmp(rk_shard_print(then, had), rk_shard_print(now, t->run->shard)) == 0;

    RK_FAIL_IF(!same, USAGE, err, "%s was trained %s%s, not %s%s: the run cannot continue with other rows", path,
               had.n > 0 ? "with --shard " : "without --shard", then, now[0] ? "with --shard " : "without it", now);
    return ROCKET_OK;
}

/* Continue from the newest checkpoint, or make sure that there is none. */
static rocket_status resume(training *t, bool wanted, rocket_error *err)
{
    const char *path;
    rk_run_state state;

    RK_TRY(rk_checkpoint_latest(&path, &t->arena, t->dir, err));
    if (path == NULL)
        return ROCKET_OK;
    RK_FAIL_IF(!wanted, USAGE, err,
               "model_dir already holds %s; --resume continues that run, another model_dir starts anew", path);
    RK_TRY(rk_bundle_resume(&state, path, t->run->weights, t->run->updater, err));
    RK_FAIL_IF(state.batch_size != t->batch_size, CONFIG, err,
               "%s was trained with batch_size %llu, the config says %llu: the run cannot continue with other batches",
               path, (unsigned long long)state.batch_size, (unsigned long long)t->batch_size);
    RK_FAIL_IF(state.seed != t->run->seed, USAGE, err, "%s was trained with seed %llu, not %llu; add --seed %llu", path,
               (unsigned long long)state.seed, (unsigned long long)t->run->seed, (unsigned long long)state.seed);
    RK_TRY(check_shard(t, path, state.shard, err));
    t->resumed = true;
    t->step = t->last_saved = state.step;
    t->first_step = state.first_step;
    t->watch.has_best = state.has_best;
    t->watch.best = state.best;
    t->watch.best_step = state.best_step;
    snprintf(t->result->checkpoint, sizeof t->result->checkpoint, "%s", path);
    rk_log(RK_LOG_INFO, "resuming from %s", path);
    return ROCKET_OK;
}

/* The checkpoint that is meant: a file, or the newest of a folder. */
static rocket_status checkpoint_at(training *t, const char **path, const char *place, rocket_error *err)
{
    *path = place;
    if (!rk_file_is_folder(place))
        return ROCKET_OK;
    RK_TRY(rk_checkpoint_latest(path, &t->arena, place, err));
    RK_FAIL_IF(*path == NULL, CONFIG, err, "%s holds no checkpoint", place);
    return ROCKET_OK;
}

/* A new run in which an old one goes on: its weights, its optimizer, its count of steps. */
static rocket_status carry_on(training *t, const char *place, rocket_error *err)
{
    const char *path;
    rk_run_state state;

    if (t->resumed || place == NULL)
        return ROCKET_OK;
    RK_TRY(checkpoint_at(t, &path, place, err));
    RK_TRY(rk_carry_on(&state, path, t->run->schema, t->run->weights, t->run->updater, err));
    t->step = t->first_step = t->last_saved = state.step;
    rk_log(RK_LOG_INFO, "going on from %s at step %llu", path, (unsigned long long)state.step);
    return ROCKET_OK;
}

/* A new run starts from the weights of fine_tune_checkpoint. */
static rocket_status fine_tune(training *t, rocket_error *err)
{
    const char *path = t->config->fine_tune_checkpoint;
    const Rocket__EasyRecModel *model = t->run->view->model;
    rk_restore options = { .filters = (const char *const *)model->restore_filters,
                           .n_filters = model->n_restore_filters,
                           .fit_shapes = t->config->force_restore_shape_compatible };

    if (t->step > 0 || path == NULL || path[0] == '\0')
        return ROCKET_OK;
    rocket_status status = checkpoint_at(t, &path, path, err);
    if (status != ROCKET_OK) {
        rk_error_prefix(err, "fine_tune_checkpoint");
        return status;
    }
    rk_name_map *names = NULL;
    if (t->config->fine_tune_ckpt_var_map != NULL && t->config->fine_tune_ckpt_var_map[0] != '\0')
        RK_TRY(rk_name_map_read(&names, t->config->fine_tune_ckpt_var_map, err));
    options.names = names;
    status = rk_restore_weights(t->run->weights, path, &options, err);
    rk_name_map_free(names);
    RK_TRY(status);
    rk_log(RK_LOG_INFO, "starting from the weights of %s", path);
    return ROCKET_OK;
}

static rocket_status write_config(training *t, rocket_error *err)
{
    rk_buf text;
    const char *path = rk_arena_printf(&t->arena, "%s/pipeline.config", t->dir);

    rk_buf_init(&text, 0);
    rk_config_print(t->run->config, &text);
    rocket_status status = path == NULL || rk_buf_failed(&text) ? rk_fail(err, ROCKET_FAILED, "out of memory")
                                                                : rk_file_write(path, text.data, text.size, err);
    rk_buf_clear(&text);
    return status;
}

static rk_stream_options training_input(const training *t)
{
    return (rk_stream_options){ .paths = rk_config_root(t->run->config)->train_input_path,
                                .training = true,
                                .seed = t->run->seed,
                                .n_threads = t->run->n_threads,
                                .num_epochs = t->run->view->data->num_epochs,
                                .skip_batches = t->step - t->first_step,
                                .shard = t->run->shard };
}

/* A misspelt name should not show when the training that it ends has taken a night. */
static rocket_status check_inputs(const training *t, rocket_error *err)
{
    const Rocket__EasyRecConfig *root = rk_config_root(t->run->config);
    rk_stream_options train = training_input(t),
                      eval = { .paths = root->eval_input_path, .n_threads = t->run->n_threads };

    RK_FAIL_IF(root->train_input_path == NULL || root->train_input_path[0] == '\0', CONFIG, err,
               "%s: no train_input_path", rk_config_name(t->run->config));
    RK_TRY(rk_stream_check(t->run->config, t->run->schema, &train, err));
    rocket_status status = has_evaluation(t) ? rk_stream_check(t->run->config, t->run->schema, &eval, err) : ROCKET_OK;
    if (status != ROCKET_OK)
        rk_error_prefix(err, "eval_input_path");
    return status;
}

/* A run may have been killed between its checkpoint and what follows from one: that is done again, to the same bits. */
static rocket_status catch_up(training *t, rocket_error *err)
{
    if (t->export_type == RK_EXPORT_LATEST)
        RK_TRY(export_now(t, err));
    if (rk_watch_is_on(&t->watch) && (saves_by_time(t) || is_saving_step(t)))
        RK_TRY(judge(t, err));
    return ROCKET_OK;
}

static rocket_status start(training *t, const rk_train_options *options, rocket_error *err)
{
    RK_TRY(check_inputs(t, err));
    if (t->dir[0] != '\0')
        RK_TRY(resume(t, options->resume, err));
    RK_TRY(carry_on(t, options->carry_on, err));
    RK_TRY(fine_tune(t, err));
    if (t->dir[0] != '\0') {
        RK_TRY(rk_mkdirs(t->dir, err));
        RK_TRY(rk_folder_lock(&t->lock, t->dir, err));
        RK_TRY(rk_atomic_sweep(t->dir, err));
        RK_TRY(write_config(t, err));
    }
    rk_stream_options input = training_input(t); /* behind the batches that a resumed run has seen */
    RK_TRY(rk_online_new(&t->online, t->run, err));
    RK_TRY(rk_stream_open(&t->stream, t->run->config, t->run->schema, &input, err));
    RK_TRY(rk_sinks_start(&t->sinks, t->dir[0] != '\0' ? t->dir : NULL, t->resumed ? t->step : 0, err));
    rk_scalar seed = { "seed", (double)t->run->seed };
    RK_TRY(tell(t, RK_EVENT_START, &seed, 1, NULL, err));
    return t->resumed ? catch_up(t, err) : ROCKET_OK;
}

static rocket_status train(training *t, const rk_train_options *options, rocket_error *err)
{
    rocket_status status = start(t, options, err);

    if (status == ROCKET_OK)
        status = train_steps(t, err);
    if (status == ROCKET_OK)
        status = finish(t, err);
    rk_stream_close(t->stream);
    rk_online_free(t->online);
    if (status != ROCKET_OK) { /* what went wrong first is what is told */
        rocket_status ignored = collect_checkpoint(t, NULL);
        (void)ignored;
    }
    if (t->sinks != NULL) {
        rocket_status closed = rk_sinks_stop(t->sinks, status == ROCKET_OK ? err : NULL);
        if (status == ROCKET_OK)
            status = closed;
    }
    return status;
}

rocket_status rk_train(rk_train_result *out, const rk_config *config, const rk_train_options *options,
                       rocket_error *err)
{
    rk_train_result result = { 0 };
    rk_run_options run_options = options->run;
    training t = { .result = &result, .started = rk_now_s(), .slices = options->slices, .lock = RK_NO_LOCK };

    run_options.training = true;
    RK_TRY(rk_run_open(&t.run, config, &run_options, err));
    rk_arena_init(&t.arena, 0);
    t.config = t.run->view->train;
    t.export_type = rk_export_type_of(config);
    rk_watch_init(&t.watch, config);
    t.dir = rk_run_dir(t.run);
    t.batch_size = t.run->view->data->batch_size;
    t.last_saved_s = t.last_evaluated_s = rk_now_s();
    if (t.config->dead_line != NULL && !rk_deadline_parse(&t.deadline, t.config->dead_line))
        t.deadline = 0; /* empty: the checks let nothing else pass */
    rocket_status status = train(&t, options, err);
    rk_folder_unlock(t.lock);
    rk_run_close(t.run);
    rk_arena_clear(&t.arena);
    if (status == ROCKET_OK) {
        *out = result;
        return ROCKET_OK;
    }
    rk_figures_clear(&result.last);
    rk_sliced_clear(&result.sliced);
    return status;
}
