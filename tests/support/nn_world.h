/* A graph with weights, an executor and a random batch for all of its inputs; and central differences.
 *
 * Inputs of ids called "bag" get bags of 0 to 3 weighted ids, all others one id per row, another one in each row.
 * Floats are normal, but for "labels" (0 or 1, or the number of a class when n_classes is set), "soft_labels" (0.02 to
 * 0.98) and "sample_weight" (every fourth is 0).
 */
#ifndef NN_WORLD_H
#define NN_WORLD_H

#include <math.h>
#include <string.h>

#include "example.h"
#include "exec.h"
#include "mem.h"
#include "rk_test.h"

enum { NN_MAX_INPUTS = 16 };

typedef struct nn_world {
    rk_graph *graph;
    rk_weights *weights;
    rk_exec *exec;
    int64_t n_rows, n_classes;
    rk_column columns[NN_MAX_INPUTS]; /* of the graph's inputs, in order */
    int nodes[NN_MAX_INPUTS];
    int n_columns;
} nn_world;

static inline void assert_ok(rocket_status status, const rocket_error *err)
{
    if (status != ROCKET_OK)
        fail_msg("%s", err->text);
}

static inline void nn_fill_ids(rk_column *column, const char *name, int64_t n_rows, rk_rng *rng)
{
    bool bags = strcmp(name, "bag") == 0;
    int64_t n = 0;

    column->kind = RK_COLUMN_IDS;
    column->offsets = rk_alloc((size_t)n_rows + 1, sizeof *column->offsets);
    column->ids = rk_alloc(3 * (size_t)n_rows, sizeof *column->ids);
    column->weights = bags ? rk_alloc(3 * (size_t)n_rows, sizeof *column->weights) : NULL;
    for (int64_t b = 0; b < n_rows; b++) {
        uint64_t size = bags ? rk_rng_below(rng, 4) : 1;

        for (uint64_t i = 0; i < size; i++, n++) {
            column->ids[n] = bags ? (int64_t)rk_rng_below(rng, 9) : b;
            if (bags)
                column->weights[n] = 0.2F + rk_rng_float(rng);
        }
        column->offsets[b + 1] = n;
    }
}

static inline float nn_float(const nn_world *world, const char *name, int64_t b, rk_rng *rng)
{
    if (strcmp(name, "labels") == 0)
        return (float)rk_rng_below(rng, world->n_classes > 1 ? (uint64_t)world->n_classes : 2);
    if (strcmp(name, "sample_weight") == 0)
        return b % 4 == 3 ? 0 : 0.5F + rk_rng_float(rng);
    if (strcmp(name, "soft_labels") == 0)
        return 0.02F + 0.96F * rk_rng_float(rng);
    return (float)rk_rng_normal(rng);
}

static inline void nn_fill_floats(const nn_world *world, rk_column *column, const char *name, int64_t width,
                                  rk_rng *rng)
{
    column->kind = RK_COLUMN_FLOATS;
    column->width = width;
    column->values = rk_alloc((size_t)(width * world->n_rows), sizeof *column->values);
    for (int64_t i = 0; i < width * world->n_rows; i++)
        column->values[i] = nn_float(world, name, i / width, rng);
}

static inline void nn_world_feed(nn_world *world)
{
    for (int i = 0; i < world->n_columns; i++)
        rk_exec_feed(world->exec, world->nodes[i], &world->columns[i]);
}

/* A batch for every input of a finished graph. */
static inline void nn_world_fill(nn_world *world, uint64_t seed)
{
    rk_rng rng = rk_rng_at(seed, RK_RNG_TEST, 0, 0);

    for (int id = 0; id < rk_graph_n_nodes(world->graph); id++) {
        const rk_node *node = rk_graph_node(world->graph, id);

        if (node->kind == RK_NODE_OP)
            continue;
        assert_true(world->n_columns < NN_MAX_INPUTS);
        world->nodes[world->n_columns] = id;
        if (node->kind == RK_NODE_IDS)
            nn_fill_ids(&world->columns[world->n_columns], node->name, world->n_rows, &rng);
        else
            nn_fill_floats(world, &world->columns[world->n_columns], node->name, rk_shape_size(&node->shape), &rng);
        world->n_columns++;
    }
}

/* Takes the graph (not finished yet). */
static inline nn_world nn_world_make(rk_graph *graph, int64_t n_rows, int64_t n_classes, const rk_exec_options *options)
{
    nn_world world = { .graph = graph, .n_rows = n_rows, .n_classes = n_classes };
    rocket_error err = { 0 };

    assert_ok(rk_graph_finish(graph, &err), &err);
    assert_ok(rk_weights_new(&world.weights, graph, &err), &err);
    rk_weights_init(world.weights, 11, NULL);
    assert_ok(rk_exec_new(&world.exec, graph, world.weights, options, &err), &err);
    nn_world_fill(&world, 5);
    return world;
}

static inline void nn_world_free(nn_world *world)
{
    for (int i = 0; i < world->n_columns; i++) {
        rk_free(world->columns[i].values);
        rk_free(world->columns[i].offsets);
        rk_free(world->columns[i].ids);
        rk_free(world->columns[i].weights);
    }
    rk_exec_free(world->exec);
    rk_weights_free(world->weights);
    rk_graph_free(world->graph);
}

/* The training loss for the weights as they are. */
static inline double nn_world_loss(nn_world *world)
{
    rocket_error err = { 0 };
    double sum = rk_exec_l2(world->exec);

    nn_world_feed(world);
    assert_ok(rk_exec_forward(world->exec, world->n_rows, true, 3, &err), &err);
    for (int i = 0; i < rk_graph_n_losses(world->graph); i++)
        sum += rk_exec_loss(world->exec, i);
    return sum;
}

/* Forward and backward. */
static inline void nn_world_step(nn_world *world)
{
    rocket_error err = { 0 };

    nn_world_loss(world);
    assert_ok(rk_exec_backward(world->exec, &err), &err);
}

static inline double nn_slope(nn_world *world, float *w, float h)
{
    float saved = *w, up, down;
    double high, low;

    *w = up = saved + h;
    high = nn_world_loss(world);
    *w = down = saved - h;
    low = nn_world_loss(world);
    *w = saved;
    return (high - low) / ((double)up - (double)down);
}

/* How many values were compared, and how many lay at a kink (where two step sizes disagree). */
typedef struct nn_tally {
    int compared, kinks;
} nn_tally;

static inline void nn_compare(nn_world *world, float *w, float analytic, const char *what, nn_tally *tally)
{
    double wide = nn_slope(world, w, 4e-3F), narrow = nn_slope(world, w, 2e-3F);
    double rounding = 1e-5 * fabs(nn_world_loss(world)); /* floats behind the loss, over the step */
    double tolerance = 2e-3 * (1 + fabs(narrow)) + rounding;

    tally->compared++;
    if (fabs(wide - narrow) > tolerance) {
        tally->kinks++;
        return;
    }
    if (fabs((double)analytic - narrow) > tolerance)
        fail_msg("%s: gradient %.7g, central difference %.7g", what, (double)analytic, narrow);
}

static inline void nn_compare_params(nn_world *world, const float *gradient, const char *what, nn_tally *tally)
{
    for (int i = 0; i < rk_graph_n_params(world->graph); i++) {
        const rk_param *param = rk_graph_param_at(world->graph, i);

        for (int64_t k = 0; param->trainable && k < rk_shape_size(&param->shape); k++)
            nn_compare(world, world->weights->dense + param->offset + k, gradient[param->offset + (size_t)k], what,
                       tally);
    }
}

/* The summed gradient of a table, [V, D], by all look-ups. */
static inline float *nn_table_gradient(nn_world *world, int table)
{
    const rk_table *t = rk_graph_table_at(world->graph, table);
    float *gradient = rk_alloc((size_t)(t->n_rows * t->dim), sizeof *gradient);

    for (int i = 0; i < rk_exec_n_sparse(world->exec); i++) {
        const rk_sparse *sparse = rk_exec_sparse(world->exec, i);

        for (int64_t r = 0; sparse->table == table && r < sparse->n; r++)
            for (int64_t c = 0; c < t->dim; c++)
                gradient[sparse->rows[r] * t->dim + c] += sparse->values[r * t->dim + c];
    }
    return gradient;
}

/* Every gradient of the training loss against central differences. stride: take every stride-th table value only. */
static inline void nn_check_gradients(nn_world *world, const char *what, int64_t stride)
{
    size_t size = rk_graph_dense_size(world->graph);
    float *dense = rk_alloc(size, sizeof *dense);
    float *tables[NN_MAX_INPUTS];
    nn_tally tally = { 0 };

    nn_world_step(world); /* leaves its gradients in memory that the second one must not add to */
    nn_world_step(world);
    memcpy(dense, rk_exec_dense_gradient(world->exec), size * sizeof *dense);
    for (int t = 0; t < rk_graph_n_tables(world->graph); t++)
        tables[t] = nn_table_gradient(world, t);
    nn_compare_params(world, dense, what, &tally);
    for (int t = 0; t < rk_graph_n_tables(world->graph); t++) {
        const rk_table *table = rk_graph_table_at(world->graph, t);
        int64_t n = (world->n_rows < table->n_rows ? world->n_rows : table->n_rows) * table->dim;

        for (int64_t k = 0; k < n; k += stride)
            nn_compare(world, world->weights->tables[t] + k, tables[t][k], what, &tally);
        rk_free(tables[t]);
    }
    rk_free(dense);
    assert_true(tally.compared > 0);
    if (tally.kinks * 10 > tally.compared)
        fail_msg("%s: %d of %d values lie at a kink", what, tally.kinks, tally.compared);
}

#endif
