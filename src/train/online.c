/* See online.h. */
#include "online.h"

#include <stdio.h>

#include "error.h"
#include "mem.h"

struct rk_online {
    const rk_run *run;
    rk_metric_set *metrics;
    uint64_t rows;
};

static rocket_status open_metrics(rk_online *online, rocket_error *err)
{
    const rk_model *model = online->run->model;

    return rk_metric_set_new(&online->metrics, online->run->config, model->logits[RK_LIGHT] >= 0,
                             model->logits[RK_BOOSTER] >= 0, err);
}

rocket_status rk_online_new(rk_online **out, const rk_run *run, rocket_error *err)
{
    *out = NULL;
    if (!run->view->eval->eval_online)
        return ROCKET_OK;
    rk_online *online = rk_alloc(1, sizeof *online);
    RK_FAIL_IF(online == NULL, FAILED, err, "no memory for the metrics of training");
    online->run = run;
    rocket_status status = open_metrics(online, err);
    if (status != ROCKET_OK) {
        rk_online_free(online);
        return status;
    }
    *out = online;
    return ROCKET_OK;
}

void rk_online_free(rk_online *online)
{
    if (online == NULL)
        return;
    rk_metric_set_free(online->metrics);
    rk_free(online);
}

rocket_status rk_online_see(rk_online *online, const rk_batch *batch, rocket_error *err)
{
    online->rows += (uint64_t)batch->n_rows;
    return rk_metrics_see(online->metrics, NULL, online->run, batch, err);
}

static rocket_status add_figures(rk_figures *figures, rk_metric_set *metrics, rocket_error *err)
{
    double values[RK_MAX_FIGURES];

    RK_TRY(rk_metric_set_finish(metrics, err));
    RK_TRY(rk_metric_set_values(values, metrics, NULL, err));
    for (; figures->n < rk_metric_set_size(metrics); figures->n++) {
        rk_figure *figure = &figures->item[figures->n];

        snprintf(figure->name, sizeof figure->name, "train/%.89s", rk_metric_set_result(metrics, figures->n)->name);
        figure->value = values[figures->n];
    }
    return ROCKET_OK;
}

rocket_status rk_online_report(rk_figures *out, rk_online *online, rocket_error *err)
{
    rk_figures figures = { .rows = online->rows };

    if (online->rows > 0) {
        figures.item = rk_alloc(RK_MAX_FIGURES, sizeof *figures.item);
        RK_FAIL_IF(figures.item == NULL, FAILED, err, "no memory for the metrics of training");
        rocket_status status = add_figures(&figures, online->metrics, err);
        rk_metric_set_free(online->metrics);
        online->metrics = NULL;
        online->rows = 0;
        if (status == ROCKET_OK)
            status = open_metrics(online, err);
        if (status != ROCKET_OK) {
            rk_figures_clear(&figures);
            return status;
        }
    }
    *out = figures;
    return ROCKET_OK;
}
