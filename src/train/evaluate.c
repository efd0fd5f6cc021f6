/* See evaluate.h. Losses are upstream's: unweighted means over batches, so a short last batch counts as much as a full
 * one; regularisation is left out.
 */
#include "evaluate.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "file.h"
#include "mem.h"
#include "stop.h"

typedef struct evaluation {
    rk_run *run;
    uint64_t step; /* that the weights are of */
    rk_metric_set *metrics;
    rk_losses_now sums;
    uint64_t n_batches;
    rk_scored_rows *kept; /* NULL: none are */
    rk_figures *out;
} evaluation;

static void add_figure(rk_figures *figures, const char *name, double value)
{
    rk_figure *figure = &figures->item[figures->n++];

    assert(figures->n <= RK_MAX_FIGURES);
    snprintf(figure->name, sizeof figure->name, "%s", name);
    figure->value = value;
}

typedef struct seen {
    const rk_run *run;
    const rk_batch *batch;
} seen;

static const rk_column *group_column(void *ctx, const char *field)
{
    const seen *s = ctx;
    int column = rk_schema_bytes(s->run->schema, field);

    return column < 0 ? NULL : &s->batch->columns[column];
}

rocket_status rk_metrics_see(rk_metric_set *metrics, rk_scored_rows *kept, const rk_run *run, const rk_batch *batch,
                             rocket_error *err)
{
    const rk_model *model = run->model;
    seen s = { run, batch };
    rk_metric_batch now = { .n_rows = batch->n_rows,
                            .n_classes = model->n_classes,
                            .labels = batch->columns[rk_schema_label(run->schema)].values };

    for (int net = 0; net < RK_N_NETS; net++) {
        if (model->logits[net] < 0)
            continue;
        now.logits = rk_exec_value(run->exec, model->logits[net], &now.ld_logits);
        now.probs = rk_exec_value(run->exec, model->probs[net], &now.ld_probs);
        RK_TRY(rk_metric_set_add(metrics, net, &now, group_column, &s, err));
        if (kept)
            RK_TRY(rk_scored_rows_put(kept, net, &now, err));
    }
    return kept ? rk_scored_rows_add(kept, &now, group_column, &s, err) : ROCKET_OK;
}

static void add_losses(evaluation *e)
{
    rk_losses_now now = rk_run_losses(e->run, false);

    if (e->n_batches++ == 0) {
        e->sums = now;
        return;
    }
    for (int i = 0; i < now.n; i++)
        e->sums.item[i].value += now.item[i].value;
}

static rocket_status add_batch(evaluation *e, const rk_batch *batch, rocket_error *err)
{
    RK_TRY(rk_run_feed(e->run, batch, err));
    rocket_status status = rk_exec_forward(e->run->exec, batch->n_rows, false, e->step, err);
    if (status != ROCKET_OK) {
        rk_run_blame(e->run, batch, err);
        rk_error_prefix(err, "evaluation");
        return status;
    }
    add_losses(e);
    return rk_metrics_see(e->metrics, e->kept, e->run, batch, err);
}

static rocket_status run_batches(evaluation *e, rk_stream *stream, rocket_error *err)
{
    uint64_t wanted = e->run->view->eval->num_examples, rows = 0;

    for (;;) {
        rk_batch *batch;
        RK_TRY(rk_stream_next(stream, &batch, err));
        if (batch == NULL)
            return ROCKET_OK;
        rows += (uint64_t)batch->n_rows;
        rocket_status status = add_batch(e, batch, err);
        rk_stream_give_back(stream, batch);
        RK_TRY(status);
        RK_FAIL_IF(rk_stop_requested(), STOPPED, err, "stopped by signal %d during evaluation", rk_stop_signal());
        if (wanted > 0 && rows >= wanted)
            return ROCKET_OK;
    }
}

static rocket_status add_metrics(evaluation *e, rocket_error *err)
{
    double values[RK_N_NETS * 2 * RK_MAX_METRICS];

    RK_TRY(rk_metric_set_finish(e->metrics, err));
    assert(rk_metric_set_size(e->metrics) <= sizeof values / sizeof values[0]);
    RK_TRY(rk_metric_set_values(values, e->metrics, NULL, err));
    for (size_t i = 0; i < rk_metric_set_size(e->metrics); i++)
        add_figure(e->out, rk_metric_set_result(e->metrics, i)->name, values[i]);
    return ROCKET_OK;
}

static rocket_status write_figures(evaluation *e, rk_stream *stream, rocket_error *err)
{
    rk_stream_stats stats = rk_stream_get_stats(stream);
    char name[sizeof((rk_figure *)0)->name];

    RK_TRY(add_metrics(e, err));
    for (int i = 0; i < e->sums.n; i++) {
        snprintf(name, sizeof name, "loss/loss/%s", e->sums.item[i].name);
        add_figure(e->out, name, e->sums.item[i].value / (double)e->n_batches);
    }
    add_figure(e->out, "loss", e->sums.item[e->sums.n - 1].value / (double)e->n_batches); /* the total by both names */
    add_figure(e->out, "global_step", (double)e->step);
    e->out->rows = stats.rows;
    e->out->dropped_rows = stats.dropped_rows;
    return ROCKET_OK;
}

/* Rows with the fields that the metrics group by, and those that the caller names. */
static rocket_status begin_keeping(evaluation *e, const rk_keep *keep, rocket_error *err)
{
    const bool nets[RK_N_NETS] = { e->run->model->logits[RK_LIGHT] >= 0, e->run->model->logits[RK_BOOSTER] >= 0 };
    const char **names = rk_alloc(RK_MAX_METRICS + keep->n_fields, sizeof *names);

    RK_FAIL_IF(!names, FAILED, err, "out of memory");
    size_t n = rk_metric_set_groups(e->metrics, names, RK_MAX_METRICS);
    for (size_t i = 0; i < keep->n_fields; i++)
        names[n++] = keep->fields[i];
    rocket_status status = rk_scored_rows_init(keep->rows, e->run->model->n_classes, nets, names, n, err);
    rk_free(names);
    if (status == ROCKET_OK)
        e->kept = keep->rows;
    return status;
}

static rocket_status evaluate(evaluation *e, const rk_keep *keep, const char *paths, rocket_error *err)
{
    rk_stream_options options = { .paths = paths, .n_threads = e->run->n_threads };
    rk_stream *stream;

    if (!e->run->updater)
        options.shard = e->run->shard;
    e->out->item = rk_alloc(RK_MAX_FIGURES, sizeof *e->out->item);
    RK_FAIL_IF(e->out->item == NULL, FAILED, err, "out of memory");
    RK_TRY(rk_metric_set_new(&e->metrics, e->run->config, e->run->model->logits[RK_LIGHT] >= 0,
                             e->run->model->logits[RK_BOOSTER] >= 0, err));
    if (keep)
        RK_TRY(begin_keeping(e, keep, err));
    RK_TRY(rk_stream_open(&stream, e->run->config, e->run->schema, &options, err));
    rocket_status status = run_batches(e, stream, err);
    if (status == ROCKET_OK && e->n_batches == 0)
        status = rk_fail(err, ROCKET_DATA, "%s: no rows to evaluate", paths);
    if (status == ROCKET_OK)
        status = write_figures(e, stream, err);
    rk_stream_close(stream);
    return status;
}

rocket_status rk_evaluate_keeping(rk_figures *out, const rk_keep *keep, rk_run *run, const char *paths, uint64_t step,
                                  rocket_error *err)
{
    rk_figures figures = { 0 };
    evaluation e = { .run = run, .step = step, .out = &figures };
    double started = rk_now_s();

    if (paths == NULL)
        paths = rk_config_root(run->config)->eval_input_path;
    RK_FAIL_IF(paths == NULL || paths[0] == '\0', CONFIG, err, "%s: no eval_input_path to evaluate on",
               rk_config_name(run->config));
    rocket_status status = evaluate(&e, keep, paths, err);
    rk_metric_set_free(e.metrics);
    if (status != ROCKET_OK) {
        if (e.kept)
            rk_scored_rows_clear(e.kept);
        rk_figures_clear(&figures);
        return status;
    }
    figures.seconds = rk_now_s() - started;
    *out = figures;
    return ROCKET_OK;
}

rocket_status rk_evaluate(rk_figures *out, rk_run *run, const char *paths, uint64_t step, rocket_error *err)
{
    return rk_evaluate_keeping(out, NULL, run, paths, step, err);
}

void rk_figures_clear(rk_figures *figures)
{
    rk_free(figures->item);
    *figures = (rk_figures){ 0 };
}
