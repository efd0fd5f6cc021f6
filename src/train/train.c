/* The training loop: see train.h. What a step is made of lives elsewhere, and so does how a run begins (train_start.c),
 * what it leaves behind (train_save.c) and what it tells (train_tell.c); this file knows the order of things.
 */
#include "deadline.h"
#include "error.h"
#include "folder_lock.h"
#include "log.h"
#include "resolve.h"
#include "stop.h"
#include "train_state.h"

double rk_training_seconds(const rk_training *t)
{
    return rk_now_s() - t->started;
}

static rocket_status train_batch(rk_training *t, const rk_batch *batch, rocket_error *err)
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
        RK_TRY(rk_training_tell_step(t, &losses, norm, err));
    if (rk_saver_done(&t->saver))
        RK_TRY(rk_training_collect(t, err));
    return rk_training_save_when_due(t, err);
}

static rocket_status stop(rk_training *t, rocket_error *err)
{
    RK_TRY(rk_training_save(t, err));
    RK_TRY(rk_training_collect(t, err));
    return rk_fail(err, ROCKET_STOPPED, "stopped by signal %d at step %llu; --resume continues", rk_stop_signal(),
                   (unsigned long long)t->step);
}

/* The run then ends as after its last step: saved, exported, evaluated. */
static bool deadline_is_over(const rk_training *t)
{
    if (t->deadline == 0 || time(NULL) < t->deadline)
        return false;
    rk_log(RK_LOG_INFO, "dead_line %s is over at step %llu", t->config->dead_line, (unsigned long long)t->step);
    return true;
}

static rocket_status train_steps(rk_training *t, rocket_error *err)
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

static rocket_status finish(rk_training *t, rocket_error *err)
{
    rk_stream_stats stats = rk_stream_get_stats(t->stream);

    t->result->steps = t->step;
    t->result->rows = t->rows;
    t->result->dropped_rows = stats.dropped_rows;
    t->result->waited_s = stats.waited_s;
    t->result->seconds = rk_training_seconds(t) - t->paused_s;
    if (stats.dropped_rows > 0)
        rk_log(RK_LOG_WARN, "%llu bad rows were dropped (ignore_error)", (unsigned long long)stats.dropped_rows);
    RK_TRY(rk_training_conclude(t, err));
    return rk_training_tell(t, RK_EVENT_END, NULL, 0, NULL, err);
}

static rocket_status train(rk_training *t, const rk_train_options *options, rocket_error *err)
{
    rocket_status status = rk_training_start(t, options, err);

    if (status == ROCKET_OK)
        status = train_steps(t, err);
    if (status == ROCKET_OK)
        status = finish(t, err);
    rk_stream_close(t->stream);
    rk_online_free(t->online);
    if (status != ROCKET_OK) { /* what went wrong first is what is told */
        rocket_status ignored = rk_training_collect(t, NULL);
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
    rk_training t = { .result = &result, .started = rk_now_s(), .slices = options->slices, .lock = RK_NO_LOCK };

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
