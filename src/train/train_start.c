/* Where a run begins: at its first step, at its newest checkpoint (resume), where another run ended (carry_on), or from
 * another's weights (fine_tune_checkpoint). See train_state.h.
 */
#include <stdio.h>
#include <string.h>

#include "carry_on.h"
#include "checkpoint.h"
#include "error.h"
#include "file.h"
#include "folder_lock.h"
#include "log.h"
#include "resolve.h"
#include "restore.h"
#include "train_state.h"

/* A resumed run counts batches from the first row of the same rows. */
static rocket_status check_shard(const rk_training *t, const char *path, rk_shard had, rocket_error *err)
{
    char then[RK_SHARD_BYTES], now[RK_SHARD_BYTES];
    bool same = strcmp(rk_shard_print(then, had), rk_shard_print(now, t->run->shard)) == 0;

    RK_FAIL_IF(!same, USAGE, err, "%s was trained %s%s, not %s%s: the run cannot continue with other rows", path,
               had.n > 0 ? "with --shard " : "without --shard", then, now[0] ? "with --shard " : "without it", now);
    return ROCKET_OK;
}

/* Continue from the newest checkpoint, or make sure that there is none. */
static rocket_status resume(rk_training *t, bool wanted, rocket_error *err)
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
static rocket_status checkpoint_at(rk_training *t, const char **path, const char *place, rocket_error *err)
{
    *path = place;
    if (!rk_file_is_folder(place))
        return ROCKET_OK;
    RK_TRY(rk_checkpoint_latest(path, &t->arena, place, err));
    RK_FAIL_IF(*path == NULL, CONFIG, err, "%s holds no checkpoint", place);
    return ROCKET_OK;
}

/* A new run in which an old one goes on: its weights, its optimizer, its count of steps. */
static rocket_status carry_on(rk_training *t, const char *place, rocket_error *err)
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
static rocket_status fine_tune(rk_training *t, rocket_error *err)
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

static rocket_status write_config(rk_training *t, rocket_error *err)
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

static rk_stream_options training_input(const rk_training *t)
{
    return (rk_stream_options){ .paths = rk_config_root(t->run->config)->train_input_path,
                                .training = true,
                                .seed = t->run->seed,
                                .n_threads = t->run->n_threads,
                                .num_epochs = t->run->view->data->num_epochs,
                                .skip_batches = t->step - t->first_step,
                                .shard = t->run->shard };
}

static rocket_status try_input(const rk_training *t, const char *paths, rk_shard shard, rocket_error *err)
{
    rk_stream_options input = { .paths = paths, .n_threads = 1, .batch_size = 1, .shard = shard };

    return rk_stream_try(t->run->config, t->run->schema, &input, err);
}

/* A misspelt name, or a table of another layout, should not show when the training that it ends has taken a night. */
static rocket_status check_inputs(const rk_training *t, rocket_error *err)
{
    const Rocket__EasyRecConfig *root = rk_config_root(t->run->config);
    rk_stream_options train = training_input(t);

    RK_FAIL_IF(root->train_input_path == NULL || root->train_input_path[0] == '\0', CONFIG, err,
               "%s: no train_input_path", rk_config_name(t->run->config));
    RK_TRY(rk_stream_check(t->run->config, t->run->schema, &train, err));
    RK_TRY(try_input(t, root->train_input_path, t->run->shard, err));
    rk_shard all = { 0 };
    rocket_status status = rk_training_evaluates(t) ? try_input(t, root->eval_input_path, all, err) : ROCKET_OK;
    if (status != ROCKET_OK)
        rk_error_prefix(err, "eval_input_path");
    return status;
}

rocket_status rk_training_start(rk_training *t, const rk_train_options *options, rocket_error *err)
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
    RK_TRY(rk_training_tell(t, RK_EVENT_START, &seed, 1, NULL, err));
    return t->resumed ? rk_training_catch_up(t, err) : ROCKET_OK;
}
