/* A small model with gradients out of the air, for tests of optimizers: a dense part, a table that two look-ups share
 * and a table of one look-up. Nothing is run forward or backward.
 */
#ifndef UPDATER_WORLD_H
#define UPDATER_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "mem.h"
#include "op.h"
#include "optimizer.h"
#include "rng.h"

enum { WORLD_LOOKUPS = 3 };

struct world {
    rk_graph *graph;
    rk_weights *weights;
    rk_config *config;
    rk_updater *updater;
    rk_gradients gradients;
    rk_sparse sparse[WORLD_LOOKUPS], *list[WORLD_LOOKUPS];
};

typedef struct world_size {
    int64_t inputs, outputs; /* of the kernel */
    int64_t rows;            /* of the shared table */
} world_size;

#define WORLD_SMALL ((world_size){ 4, 3, 50 })

static inline const char *world_lookup_op(void)
{
    for (const rk_op *const *op = rk_ops; *op; op++)
        if ((*op)->has_table)
            return (*op)->name;
    fail_msg("no op has a table");
    return NULL;
}

static inline void world_lookup(rk_graph *graph, const char *name, int table)
{
    rk_node_spec spec = RK_NODE_SPEC(world_lookup_op());
    int input = rk_graph_input_ids(graph, name);

    spec.inputs = &input;
    spec.n_inputs = 1;
    spec.table = table;
    rk_graph_add(graph, &spec);
}

static inline rk_graph *world_graph(world_size size)
{
    rk_graph *graph = rk_graph_new();
    rocket_error err = { 0 };
    int a, b;

    assert_non_null(graph);
    rk_graph_input_floats(graph, "x", size.inputs);
    rk_graph_param(
        graph, &(rk_param){ .name = "net/kernel", .shape = { 2, { size.inputs, size.outputs } }, .trainable = true });
    rk_graph_param(graph, &(rk_param){ .name = "net/bn/moving_mean", .shape = { 1, { size.outputs } } });
    rk_graph_param(graph, &(rk_param){ .name = "net/bias", .shape = { 1, { size.outputs } }, .trainable = true });
    a = rk_graph_table(graph, &(rk_table){ .name = "input_layer/a/embedding_weights", .n_rows = size.rows, .dim = 5 });
    b = rk_graph_table(graph, &(rk_table){ .name = "input_layer/b/embedding_weights", .n_rows = 7, .dim = 4 });
    world_lookup(graph, "a1", a);
    world_lookup(graph, "b1", b);
    world_lookup(graph, "a2", a);
    if (rk_graph_finish(graph, &err) != ROCKET_OK)
        fail_msg("%s", err.text);
    return graph;
}

static inline void world_draw(float *values, size_t n, uint64_t step, uint64_t index)
{
    rk_rng rng = rk_rng_at(7, RK_RNG_TEST, step, index);

    for (size_t i = 0; i < n; i++)
        values[i] = (float)rk_rng_normal(&rng);
}

static inline size_t world_table_size(const struct world *world, int table)
{
    const rk_table *t = rk_graph_table_at(world->graph, table);

    return (size_t)(t->n_rows * t->dim);
}

/* Padding stays zero, as in a model. */
static inline void world_draw_params(const struct world *world, float *dense, uint64_t step, uint64_t index)
{
    for (int i = 0; i < rk_graph_n_params(world->graph); i++) {
        const rk_param *param = rk_graph_param_at(world->graph, i);

        world_draw(dense + param->offset, (size_t)rk_shape_size(&param->shape), step, index + (uint64_t)i);
    }
}

static inline void world_sparse(struct world *world, int lookup, int table)
{
    const rk_table *t = rk_graph_table_at(world->graph, table);
    rk_sparse *sparse = &world->sparse[lookup];

    sparse->table = table;
    sparse->dim = t->dim;
    sparse->rows = rk_alloc((size_t)t->n_rows, sizeof(int64_t));
    sparse->values = rk_alloc((size_t)(t->n_rows * t->dim), sizeof(float));
    sparse->capacity = t->n_rows;
    world->list[lookup] = sparse;
}

static inline rk_config *world_config(const char *train)
{
    rk_config *config = NULL;
    rocket_error err = { 0 };
    rk_buf text;

    rk_buf_init(&text, 0);
    rk_buf_printf(&text, "train_config { %s }", train);
    if (rk_config_parse(&config, &(rk_config_source){ .name = "test", .text = text.data, .n = text.size }, NULL,
                        &err) != ROCKET_OK)
        fail_msg("%s", err.text);
    rk_buf_clear(&text);
    return config;
}

/* train is the inside of train_config. */
static inline struct world *world_new(world_size size, const char *train, rk_pool *pool)
{
    struct world *world = rk_alloc(1, sizeof *world);
    rocket_error err = { 0 };

    world->graph = world_graph(size);
    world->config = world_config(train);
    assert_int_equal(rk_weights_new(&world->weights, world->graph, &err), ROCKET_OK);
    world_draw_params(world, world->weights->dense, 0, 100);
    for (int i = 0; i < 2; i++)
        world_draw(world->weights->tables[i], world_table_size(world, i), 0, 200 + (uint64_t)i);
    world_sparse(world, 0, 0);
    world_sparse(world, 1, 1);
    world_sparse(world, 2, 0);
    world->gradients.dense = rk_alloc(rk_graph_dense_size(world->graph), sizeof(float));
    world->gradients.sparse = world->list;
    world->gradients.n_sparse = WORLD_LOOKUPS;
    if (rk_updater_new(&world->updater, world->weights, world->config, pool, &err) != ROCKET_OK)
        fail_msg("%s", err.text);
    return world;
}

static inline void world_free(struct world *world)
{
    rk_updater_free(world->updater);
    rk_free(world->gradients.dense);
    for (int i = 0; i < WORLD_LOOKUPS; i++) {
        rk_free(world->sparse[i].rows);
        rk_free(world->sparse[i].values);
    }
    rk_weights_free(world->weights);
    rk_config_free(world->config);
    rk_graph_free(world->graph);
    rk_free(world);
}

/* The gradients of a step: every parameter, and about a third of the rows per look-up. */
static inline void world_gradients(struct world *world, uint64_t step)
{
    world_draw_params(world, world->gradients.dense, step, 300);
    for (int i = 0; i < WORLD_LOOKUPS; i++) {
        rk_sparse *sparse = &world->sparse[i];
        rk_rng rng = rk_rng_at(7, RK_RNG_TEST, step, 400 + (uint64_t)i);

        sparse->n = 0;
        for (int64_t row = 0; row < sparse->capacity; row++)
            if (rk_rng_below(&rng, 3) == 0)
                sparse->rows[sparse->n++] = row;
        world_draw(sparse->values, (size_t)(sparse->n * sparse->dim), step, 500 + (uint64_t)i);
    }
}

static inline double world_step(struct world *world, uint64_t step)
{
    rocket_error err = { 0 };
    double norm = -1;

    world_gradients(world, step);
    if (rk_updater_apply(world->updater, &world->gradients, step, &norm, &err) != ROCKET_OK)
        fail_msg("%s", err.text);
    return norm;
}

/* Weights and slots of two worlds have the same bits. */
static inline void world_assert_same(struct world *a, struct world *b)
{
    size_t dense = rk_graph_dense_size(a->graph) * sizeof(float);

    rk_updater_settle(a->updater);
    rk_updater_settle(b->updater);
    assert_memory_equal(a->weights->dense, b->weights->dense, dense);
    for (int t = 0; t < 2; t++)
        assert_memory_equal(a->weights->tables[t], b->weights->tables[t], world_table_size(a, t) * sizeof(float));
    assert_int_equal(rk_updater_n_slots(a->updater), rk_updater_n_slots(b->updater));
    for (int s = 0; s < rk_updater_n_slots(a->updater); s++) {
        if (rk_updater_slot_dense(a->updater, s))
            assert_memory_equal(rk_updater_slot_dense(a->updater, s), rk_updater_slot_dense(b->updater, s), dense);
        for (int t = 0; t < 2; t++)
            if (rk_updater_slot_table(a->updater, s, t))
                assert_memory_equal(rk_updater_slot_table(a->updater, s, t), rk_updater_slot_table(b->updater, s, t),
                                    world_table_size(a, t) * sizeof(float));
    }
}

static inline void world_copy(struct world *to, struct world *from)
{
    size_t dense = rk_graph_dense_size(to->graph) * sizeof(float);

    rk_updater_settle(from->updater);
    memcpy(to->weights->dense, from->weights->dense, dense);
    for (int t = 0; t < 2; t++)
        memcpy(to->weights->tables[t], from->weights->tables[t], world_table_size(to, t) * sizeof(float));
    for (int s = 0; s < rk_updater_n_slots(to->updater); s++) {
        if (rk_updater_slot_dense(to->updater, s))
            memcpy(rk_updater_slot_dense(to->updater, s), rk_updater_slot_dense(from->updater, s), dense);
        for (int t = 0; t < 2; t++)
            if (rk_updater_slot_table(to->updater, s, t))
                memcpy(rk_updater_slot_table(to->updater, s, t), rk_updater_slot_table(from->updater, s, t),
                       world_table_size(to, t) * sizeof(float));
    }
}

#endif
