/* Golden tests of whole training steps: a run of rocket beside a file of figures that another program made.
 *
 * A case is a folder (or a few overrides on one) with a config, CSV files and a safetensors file of float32 figures.
 * Names in it are "<case prefix><group>/<variable>": step0 weights to start from, step<k> and final weights after
 * steps, step<k>_grad the gradient before clipping, final_slots, losses/<name> by step. A comparison that fails prints
 * the worst entry and goes on, so that one run shows all that is wrong; golden_close fails the test.
 */
#ifndef GOLDEN_H
#define GOLDEN_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolve.h"
#include "rk_test.h"
#include "run.h"
#include "tensors.h"

typedef struct golden {
    const char *folder;
    const char *prefix; /* before every name of a figure */
    rk_config *config;
    rk_run *run;
    rk_stream *stream;
    rk_tensor_file *figures;
    int n_compared, n_wrong;
} golden;

/* |got - expected| <= abs + rel * |expected|. abs < 0: not comparable. */
typedef struct golden_tolerance {
    double abs, rel;
} golden_tolerance;

static inline void golden_ok(rocket_status status, const rocket_error *err)
{
    if (status != ROCKET_OK)
        fail_msg("status %d: %s", status, err->text);
}

static inline const rk_tensor_info *golden_find(const golden *g, const char *group, const char *name)
{
    char key[512];

    snprintf(key, sizeof key, "%s%s/%s", g->prefix, group, name);
    return rk_tensor_file_find(g->figures, key);
}

/* The figure must be there. */
static inline const rk_tensor_info *golden_figure(const golden *g, const char *group, const char *name)
{
    const rk_tensor_info *figure = golden_find(g, group, name);

    if (figure == NULL)
        fail_msg("%s: no figure %s%s/%s", g->folder, g->prefix, group, name);
    return figure;
}

/* A matrix of ours: [rows, cols] with row step ld. */
typedef struct golden_values {
    const float *data;
    int64_t ld, rows, cols;
} golden_values;

static inline golden_values golden_vector(const float *data, int64_t n)
{
    return (golden_values){ data, n, 1, n };
}

static inline void golden_compare_data(golden *g, const char *what, const float *expected, golden_values got,
                                       golden_tolerance tolerance)
{
    double worst = -1;
    int64_t where = 0;

    if (tolerance.abs < 0)
        return;
    for (int64_t i = 0; i < got.rows * got.cols; i++) {
        double e = (double)expected[i], v = (double)got.data[i / got.cols * got.ld + i % got.cols];
        double excess = fabs(v - e) - tolerance.abs - tolerance.rel * fabs(e);
        if (!(excess <= worst)) { /* a NaN is the worst */
            worst = excess;
            where = i;
        }
        if (isnan(excess))
            break;
    }
    g->n_compared++;
    if (worst <= 0)
        return;
    g->n_wrong++;
    print_error("%s: %s%s[%lld]: expected %.9g, found %.9g (tolerance %g)\n", g->folder, g->prefix, what,
                (long long)where, (double)expected[where],
                (double)got.data[where / got.cols * got.ld + where % got.cols], tolerance.abs);
}

static inline void golden_compare(golden *g, const char *group, const char *name, golden_values got,
                                  golden_tolerance tolerance)
{
    const rk_tensor_info *figure = golden_figure(g, group, name);
    char what[512];

    snprintf(what, sizeof what, "%s/%s", group, name);
    if ((int64_t)(figure->bytes / sizeof(float)) != got.rows * got.cols)
        fail_msg("%s: %s%s has %zu values, ours %lld", g->folder, g->prefix, what, figure->bytes / sizeof(float),
                 (long long)(got.rows * got.cols));
    golden_compare_data(g, what, figure->data, got, tolerance);
}

/* One number against entry i of a figure. */
static inline void golden_compare_number(golden *g, const char *group, const char *name, int i, double got,
                                         golden_tolerance tolerance)
{
    const rk_tensor_info *figure = golden_figure(g, group, name);
    float value = (float)got;
    char what[512];

    snprintf(what, sizeof what, "%s/%s entry %d", group, name, i);
    assert_in_range(i, 0, figure->bytes / sizeof(float) - 1);
    golden_compare_data(g, what, (const float *)figure->data + i, golden_vector(&value, 1), tolerance);
}

/* A config in folder, with its paths made ours and then the overrides; folder must outlive g. */
static inline void golden_open(golden *g, const char *folder, const char *prefix, const char *const *overrides,
                               size_t n)
{
    char texts[3][1024], path[1024];
    const char *all[64] = { texts[0], texts[1], texts[2] };
    rocket_error err = { 0 };

    *g = (golden){ .folder = folder, .prefix = prefix };
    assert_true(n + 3 <= sizeof all / sizeof all[0]);
    snprintf(texts[0], sizeof texts[0], "train_input_path=%s/train.csv", folder);
    snprintf(texts[1], sizeof texts[1], "eval_input_path=%s/eval.csv", folder);
    snprintf(texts[2], sizeof texts[2], "model_dir=");
    for (size_t i = 0; i < n; i++)
        all[3 + i] = overrides[i];
    snprintf(path, sizeof path, "%s/pipeline.config", folder);
    golden_ok(rk_config_load(&g->config, path, all, n + 3, NULL, &err), &err);
    snprintf(path, sizeof path, "%s/golden.safetensors", folder);
    golden_ok(rk_tensor_file_open(&g->figures, path, false, &err), &err);
    rk_run_options options = { .n_threads = 2, .training = true };
    golden_ok(rk_run_open(&g->run, g->config, &options, &err), &err);
}

static inline void golden_open_stream(golden *g, bool training)
{
    const Rocket__EasyRecConfig *root = rk_config_root(g->config);
    rk_stream_options options = { .paths = training ? root->train_input_path : root->eval_input_path,
                                  .training = training,
                                  .n_threads = 2,
                                  .num_epochs = 1 };
    rocket_error err = { 0 };

    rk_stream_close(g->stream);
    g->stream = NULL;
    golden_ok(rk_stream_open(&g->stream, g->config, g->run->schema, &options, &err), &err);
}

static inline void golden_close(golden *g)
{
    rk_stream_close(g->stream);
    rk_run_close(g->run);
    rk_config_free(g->config);
    rk_tensor_file_close(g->figures);
    assert_true(g->n_compared > 0);
    assert_int_equal(g->n_wrong, 0);
}

/* Every variable of the run takes its value from group; group must hold nothing else. */
static inline void golden_load_weights(golden *g, const char *group)
{
    const rk_graph *graph = g->run->model->graph;
    char start[256];
    size_t n = 0;

    for (int i = 0; i < rk_graph_n_params(graph); i++) {
        const rk_param *param = rk_graph_param_at(graph, i);
        const rk_tensor_info *figure = golden_figure(g, group, param->name);
        assert_int_equal(figure->bytes / sizeof(float), rk_shape_size(&param->shape));
        memcpy(g->run->weights->dense + param->offset, figure->data, figure->bytes);
    }
    for (int i = 0; i < rk_graph_n_tables(graph); i++) {
        const rk_table *table = rk_graph_table_at(graph, i);
        const rk_tensor_info *figure = golden_figure(g, group, table->name);
        assert_true(figure->rank == 2 && figure->dims[0] == table->n_rows && figure->dims[1] == table->dim);
        memcpy(g->run->weights->tables[i], figure->data, figure->bytes);
    }
    snprintf(start, sizeof start, "%s%s/", g->prefix, group);
    for (size_t i = 0; i < rk_tensor_file_size(g->figures); i++)
        n += strncmp(rk_tensor_file_at(g->figures, i)->name, start, strlen(start)) == 0;
    assert_int_equal(n, rk_graph_n_params(graph) + rk_graph_n_tables(graph));
}

/* What may be expected of a variable's values (or its gradient, or of <variable>/<slot>) after `steps` steps. */
typedef golden_tolerance (*golden_rule)(const char *group, const char *variable, int steps);

static inline void golden_compare_weights(golden *g, const char *group, int steps, golden_rule rule)
{
    const rk_graph *graph = g->run->model->graph;

    rk_updater_settle(g->run->updater);
    for (int i = 0; i < rk_graph_n_params(graph); i++) {
        const rk_param *param = rk_graph_param_at(graph, i);
        golden_compare(g, group, param->name,
                       golden_vector(g->run->weights->dense + param->offset, rk_shape_size(&param->shape)),
                       rule(group, param->name, steps));
    }
    for (int i = 0; i < rk_graph_n_tables(graph); i++) {
        const rk_table *table = rk_graph_table_at(graph, i);
        golden_compare(g, group, table->name, golden_vector(g->run->weights->tables[i], table->n_rows * table->dim),
                       rule(group, table->name, steps));
    }
}

static inline void golden_compare_slots(golden *g, const char *group, int steps, golden_rule rule)
{
    const rk_graph *graph = g->run->model->graph;
    rk_updater *updater = g->run->updater;
    char name[256];

    for (int s = 0; s < rk_updater_n_slots(updater); s++) {
        for (int i = 0; i < rk_graph_n_params(graph); i++) {
            const rk_param *param = rk_graph_param_at(graph, i);
            if (!param->trainable)
                continue;
            snprintf(name, sizeof name, "%s/%s", param->name, rk_updater_slot_name(updater, s));
            golden_compare(
                g, group, name,
                golden_vector(rk_updater_slot_dense(updater, s) + param->offset, rk_shape_size(&param->shape)),
                rule(group, name, steps));
        }
        for (int i = 0; i < rk_graph_n_tables(graph); i++) {
            const rk_table *table = rk_graph_table_at(graph, i);
            snprintf(name, sizeof name, "%s/%s", table->name, rk_updater_slot_name(updater, s));
            golden_compare(g, group, name,
                           golden_vector(rk_updater_slot_table(updater, s, i), table->n_rows * table->dim),
                           rule(group, name, steps));
        }
    }
}

/* The gradient of one table as a dense matrix, look-ups that share it added up. */
static inline float *golden_table_gradient(const golden *g, int table)
{
    const rk_table *t = rk_graph_table_at(g->run->model->graph, table);
    float *dense = calloc((size_t)(t->n_rows * t->dim), sizeof *dense);

    assert_non_null(dense);
    for (int i = 0; i < rk_exec_n_sparse(g->run->exec); i++) {
        const rk_sparse *sparse = rk_exec_sparse(g->run->exec, i);
        if (sparse->table != table)
            continue;
        assert_int_equal(sparse->dim, t->dim);
        for (int64_t r = 0; r < sparse->n; r++) {
            assert_in_range(sparse->rows[r], 0, t->n_rows - 1);
            for (int64_t d = 0; d < t->dim; d++)
                dense[sparse->rows[r] * t->dim + d] += sparse->values[r * t->dim + d];
        }
    }
    return dense;
}

static inline void golden_compare_gradients(golden *g, const char *group, int steps, golden_rule rule)
{
    const rk_graph *graph = g->run->model->graph;

    for (int i = 0; i < rk_graph_n_params(graph); i++) {
        const rk_param *param = rk_graph_param_at(graph, i);
        if (param->trainable)
            golden_compare(
                g, group, param->name,
                golden_vector(rk_exec_dense_gradient(g->run->exec) + param->offset, rk_shape_size(&param->shape)),
                rule(group, param->name, steps));
    }
    for (int i = 0; i < rk_graph_n_tables(graph); i++) {
        const rk_table *table = rk_graph_table_at(graph, i);
        float *dense = golden_table_gradient(g, i);
        golden_compare(g, group, table->name, golden_vector(dense, table->n_rows * table->dim),
                       rule(group, table->name, steps));
        free(dense);
    }
}

/* Entry i of every loss in group; each must have its figure. */
static inline void golden_compare_losses(golden *g, const char *group, int i, bool training, golden_tolerance tolerance)
{
    rk_losses_now losses = rk_run_losses(g->run, training);

    for (int k = 0; k < losses.n; k++)
        golden_compare_number(g, group, losses.item[k].name, i, losses.item[k].value, tolerance);
}

/* A node's values for the batch that was just run. */
static inline golden_values golden_node(const golden *g, int node, int64_t n_rows)
{
    golden_values values = { .rows = n_rows };

    assert_true(node >= 0);
    values.cols = rk_shape_size(&rk_graph_node(g->run->model->graph, node)->shape);
    values.data = rk_exec_value(g->run->exec, node, &values.ld);
    return values;
}

/* Forward and backward of one training batch. */
static inline void golden_forward(golden *g, const rk_batch *batch, int step)
{
    rocket_error err = { 0 };

    golden_ok(rk_run_feed(g->run, batch, &err), &err);
    golden_ok(rk_exec_forward(g->run->exec, batch->n_rows, true, (uint64_t)step, &err), &err);
    golden_ok(rk_exec_backward(g->run->exec, &err), &err);
}

#endif
