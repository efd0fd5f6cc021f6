/* Putting a run together: see run.h. */
#include "run.h"

#include <math.h>
#include <string.h>

#include "check.h"
#include "error.h"
#include "log.h"
#include "loss.h"
#include "mem.h"
#include "pattern.h"
#include "resolve.h"
#include "watch.h"

rocket_status rk_run_check(const rk_config *config, rk_faults *faults, rocket_error *err)
{
    static const rk_config_check_fn checks[] = { rk_schema_check, rk_model_check, rk_updater_check, rk_metric_set_check,
                                                 rk_watch_check };

    return rk_config_check(config, checks, sizeof checks / sizeof checks[0], faults, err);
}

const char *rk_run_dir(const rk_run *run)
{
    const char *dir = rk_config_root(run->config)->model_dir;

    return dir != NULL ? dir : "";
}

static uint64_t choose_seed(const rk_run_options *options, const Rocket__TrainConfig *train)
{
    return options->seed_given ? options->seed : train->seed;
}

static int choose_threads(const rk_run_options *options, const Rocket__TrainConfig *train)
{
    if (options->n_threads > 0)
        return options->n_threads;
    return train->has_threads && train->threads > 0 ? (int)train->threads : rk_cpu_count();
}

static rocket_status open_teacher(rk_run *run, rocket_error *err)
{
    if (run->model->teacher < 0)
        return ROCKET_OK;
    return rk_teacher_new(&run->teacher, run->view->launching->teacher_checkpoint, run->schema, run->model->n_classes,
                          run->pool, err);
}

static bool names_match(const rk_graph *graph, const rk_pattern *pattern)
{
    for (int i = 0; i < rk_graph_n_params(graph); i++)
        if (rk_pattern_matches(pattern, rk_graph_param_at(graph, i)->name))
            return true;
    for (int i = 0; i < rk_graph_n_tables(graph); i++)
        if (rk_pattern_matches(pattern, rk_graph_table_at(graph, i)->name))
            return true;
    return false;
}

/* Nothing is wrong with a pattern of the booster's variables in an arm without it, so this is no error. */
static rocket_status warn_of_idle_patterns(const rk_run *run, rocket_error *err)
{
    const Rocket__TrainConfig *train = run->view->train;
    rk_pattern *pattern;

    for (size_t i = 0; i < train->n_freeze_gradient; i++) {
        RK_TRY(rk_pattern_new(&pattern, train->freeze_gradient[i], err));
        if (!names_match(run->model->graph, pattern))
            rk_log(RK_LOG_WARN, "%s: freeze_gradient \"%s\" is found in no variable's name: nothing is frozen by it",
                   rk_config_where(run->config, &train->base, "freeze_gradient", i), train->freeze_gradient[i]);
        rk_pattern_free(pattern);
    }
    return ROCKET_OK;
}

static rocket_status open_run(rk_run *run, const rk_run_options *options, rocket_error *err)
{
    rk_schema_options columns = { .labels = true, .reserved = options->kept, .n_reserved = options->n_kept };

    run->seed = choose_seed(options, run->view->train);
    run->shard = options->shard;
    run->n_threads = choose_threads(options, run->view->train);
    run->pool = rk_pool_new(run->n_threads);
    RK_FAIL_IF(run->pool == NULL, FAILED, err, "cannot start %d threads", run->n_threads);
    RK_TRY(rk_schema_new(&run->schema, run->config, &columns, err));
    RK_TRY(rk_model_new(&run->model, run->config, run->schema, err));
    RK_TRY(rk_weights_new(&run->weights, run->model->graph, err));
    rk_weights_init(run->weights, run->seed, run->pool);
    RK_TRY(open_teacher(run, err));
    rk_exec_options exec = { .pool = run->pool, .seed = run->seed, .gradients = options->training };
    RK_TRY(rk_exec_new(&run->exec, run->model->graph, run->weights, &exec, err));
    if (!options->training)
        return ROCKET_OK;
    RK_TRY(warn_of_idle_patterns(run, err));
    RK_TRY(rk_updater_new(&run->updater, run->weights, run->config, run->pool, err));
    rk_updater_attach(run->updater, run->exec);
    return ROCKET_OK;
}

rocket_status rk_run_open(rk_run **out, const rk_config *config, const rk_run_options *options, rocket_error *err)
{
    rk_run *run = rk_alloc(1, sizeof *run);

    RK_FAIL_IF(run == NULL, FAILED, err, "out of memory");
    run->config = config;
    run->view = rk_config_view(config);
    rocket_status status = open_run(run, options, err);
    if (status != ROCKET_OK) {
        rk_run_close(run);
        return status;
    }
    *out = run;
    return ROCKET_OK;
}

void rk_run_close(rk_run *run)
{
    if (run == NULL)
        return;
    rk_updater_free(run->updater);
    rk_exec_free(run->exec);
    rk_teacher_free(run->teacher);
    rk_weights_free(run->weights);
    rk_model_free(run->model);
    rk_schema_free(run->schema);
    rk_pool_free(run->pool);
    rk_free(run);
}

rocket_status rk_run_feed(rk_run *run, const rk_batch *batch, rocket_error *err)
{
    for (size_t i = 0; i < run->model->n_columns; i++)
        if (run->model->column_nodes[i] >= 0)
            rk_exec_feed(run->exec, run->model->column_nodes[i], &batch->columns[i]);
    if (run->teacher != NULL) {
        const rk_column *logits;
        RK_TRY(rk_teacher_run(&logits, run->teacher, batch, err));
        rk_exec_feed(run->exec, run->model->teacher, logits);
    }
    return ROCKET_OK;
}

/* First row of a column with a value that is no finite number; -1: none. */
static int64_t find_bad_row(const rk_column *column, int64_t n_rows)
{
    for (int64_t row = 0; row < n_rows; row++) {
        if (column->kind == RK_COLUMN_FLOATS)
            for (int64_t i = row * column->width; i < (row + 1) * column->width; i++)
                if (!isfinite(column->values[i]))
                    return row;
        if (column->kind == RK_COLUMN_IDS && column->weights != NULL)
            for (int64_t i = column->offsets[row]; i < column->offsets[row + 1]; i++)
                if (!isfinite(column->weights[i]))
                    return row;
    }
    return -1;
}

void rk_run_blame(const rk_run *run, const rk_batch *batch, rocket_error *err)
{
    unsigned long long index = (unsigned long long)batch->index;

    if (!rk_exec_diverged(run->exec))
        return;
    for (size_t i = 0; i < rk_schema_n_features(run->schema); i++) {
        int64_t row = find_bad_row(&batch->columns[i], batch->n_rows);
        if (row < 0)
            continue;
        rk_error_prefix(err, "batch %llu: feature \"%s\" is not finite in row %lld of the batch", index,
                        rk_schema_feature(run->schema, i)->name, (long long)row);
        return;
    }
    rk_error_prefix(err,
                    "batch %llu: every input is finite, so the weights have grown out of bounds; try a smaller "
                    "learning rate",
                    index);
}

static void add_loss(rk_losses_now *losses, const char *name, double value)
{
    if (losses->n < RK_MAX_LOSSES) {
        losses->item[losses->n].name = name;
        losses->item[losses->n++].value = value;
    }
}

rk_losses_now rk_run_losses(const rk_run *run, bool training)
{
    rk_losses_now losses = { 0 };
    double total = 0, regularization = 0;
    const rk_graph *graph = run->model->graph;

    for (int i = 0; i < rk_graph_n_losses(graph); i++) {
        const rk_loss *loss = rk_graph_loss_at(graph, i);
        double value = rk_exec_loss(run->exec, i);
        if (loss->def->regulariser && (!training || !loss->def->own_line)) {
            regularization += value;
            continue;
        }
        add_loss(&losses, loss->name, value);
        total += value;
    }
    if (training) {
        regularization += rk_exec_l2(run->exec);
        add_loss(&losses, "regularization_loss", regularization);
        total += regularization;
    }
    add_loss(&losses, "total_loss", total);
    return losses;
}
