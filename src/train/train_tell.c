/* What a run tells its sinks: see train_state.h. */
#include "error.h"
#include "train_state.h"

rocket_status rk_training_tell(rk_training *t, rk_event_kind kind, const rk_scalar *scalars, int n, const char *text,
                               rocket_error *err)
{
    double busy = rk_training_seconds(t) - t->paused_s, span = busy - t->log_s;
    rk_event event = { .kind = kind,
                       .step = t->step,
                       .total_steps = t->config->num_steps > 0 ? t->first_step + t->config->num_steps : 0,
                       .seconds = rk_training_seconds(t),
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

rocket_status rk_training_tell_step(rk_training *t, const rk_losses_now *losses, double norm, rocket_error *err)
{
    rk_scalar scalars[RK_MAX_LOSSES + 2];
    int n = 0;

    scalars[n++] = (rk_scalar){ "lr", rk_updater_rate(t->run->updater, t->step - 1) };
    for (int i = 0; i < losses->n; i++)
        scalars[n++] = (rk_scalar){ losses->item[i].name, losses->item[i].value };
    scalars[n++] = (rk_scalar){ "gradient_norm", norm };
    return rk_training_tell(t, RK_EVENT_STEP, scalars, n, NULL, err);
}

static rocket_status tell_figures(rk_training *t, rk_event_kind kind, const rk_figures *figures, rocket_error *err)
{
    rk_scalar scalars[RK_MAX_FIGURES];
    int n = 0;

    for (size_t i = 0; i < figures->n; i++)
        scalars[n++] = (rk_scalar){ figures->item[i].name, figures->item[i].value };
    return rk_training_tell(t, kind, scalars, n, NULL, err);
}

rocket_status rk_training_tell_online(rk_training *t, rocket_error *err)
{
    rk_figures figures;

    if (t->online == NULL)
        return ROCKET_OK;
    RK_TRY(rk_online_report(&figures, t->online, err));
    rocket_status status = figures.n > 0 ? tell_figures(t, RK_EVENT_STEP, &figures, err) : ROCKET_OK;
    rk_figures_clear(&figures);
    return status;
}

static rocket_status tell_slice(rk_training *t, const rk_slices *slices, const rk_slice *slice, rocket_error *err)
{
    rk_scalar scalars[RK_MAX_FIGURES + 2] = { { "rows", (double)slice->rows },
                                              { "positives", (double)slice->positives } };
    char name[RK_SLICE_NAME_BYTES];
    int n = 2;

    for (size_t i = 0; i < slices->n_results; i++)
        scalars[n++] = (rk_scalar){ slices->results[i].name, slice->values[i] };
    return rk_training_tell(t, RK_EVENT_SLICE, scalars, n, rk_slice_name(name, slices, slice), err);
}

rocket_status rk_training_tell_evaluation(rk_training *t, rocket_error *err)
{
    const rk_sliced *sliced = &t->result->sliced;

    RK_TRY(tell_figures(t, RK_EVENT_EVAL, &t->result->last, err));
    for (size_t k = 0; k < sliced->n; k++)
        for (size_t i = 0; i < sliced->item[k].n; i++)
            RK_TRY(tell_slice(t, &sliced->item[k], &sliced->item[k].item[i], err));
    return ROCKET_OK;
}

rocket_status rk_training_tell_saved(const rk_training *t, const rk_save *saved, rocket_error *err)
{
    rk_event event = {
        .kind = RK_EVENT_SAVE, .step = saved->step, .seconds = rk_training_seconds(t), .text = saved->path
    };

    return t->sinks == NULL ? ROCKET_OK : rk_sinks_event(t->sinks, &event, err);
}
