/* The executor: same bits whatever the threads, no allocation once warm, what is evaluated when not everything is fed,
 * blocked gradients, shared parameters, bad values, failing memory. */
#include "loss.h"
#include "nn_pair.h"

static rk_exec_options with_gradients(rk_pool *pool)
{
    return (rk_exec_options){ .pool = pool, .gradients = true, .seed = 4 };
}

/* A few steps of gradient descent, so that a difference of one bit would spread. */
static void descend(nn_world *world, int n_steps)
{
    for (int step = 0; step < n_steps; step++) {
        float *w = world->weights->dense, *g = rk_exec_dense_gradient(world->exec);

        nn_world_step(world);
        for (size_t i = 0; i < rk_graph_dense_size(world->graph); i++)
            w[i] -= 0.1F * g[i];
        for (int t = 0; t < rk_exec_n_sparse(world->exec); t++) {
            const rk_sparse *sparse = rk_exec_sparse(world->exec, t);

            for (int64_t i = 0; i < sparse->n * sparse->dim; i++)
                world->weights->tables[sparse->table][sparse->rows[i / sparse->dim] * sparse->dim + i % sparse->dim] -=
                    0.1F * sparse->values[i];
        }
    }
}

static void assert_same_bits(const nn_world *a, const nn_world *b)
{
    assert_memory_equal(a->weights->dense, b->weights->dense, rk_graph_dense_size(a->graph) * sizeof(float));
    for (int t = 0; t < rk_graph_n_tables(a->graph); t++) {
        const rk_table *table = rk_graph_table_at(a->graph, t);

        assert_memory_equal(a->weights->tables[t], b->weights->tables[t],
                            (size_t)(table->n_rows * table->dim) * sizeof(float));
    }
    for (int i = 0; i < rk_graph_n_losses(a->graph); i++)
        assert_true(rk_exec_loss(a->exec, i) == rk_exec_loss(b->exec, i));
}

static void bits_do_not_depend_on_threads(void **state)
{
    static const int threads[] = { 1, 2, 3, 8 };
    rk_exec_options alone = with_gradients(NULL);
    nn_world expected = nn_world_make(nn_pair_graph(3, 0.2), 150, 3, &alone);

    (void)state;
    descend(&expected, 5);
    for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++) {
        rk_pool *pool = rk_pool_new(threads[i]);
        rk_exec_options options = with_gradients(pool);
        nn_world world = nn_world_make(nn_pair_graph(3, 0.2), 150, 3, &options);

        descend(&world, 5);
        assert_same_bits(&world, &expected);
        nn_world_free(&world);
        rk_pool_free(pool);
    }
    nn_world_free(&expected);
}

static void a_warm_step_allocates_nothing(void **state)
{
    rk_pool *pool = rk_pool_new(2);
    rk_exec_options options = with_gradients(pool);
    nn_world world = nn_world_make(nn_pair_graph(2, 0.1), 100, 2, &options);
    uint64_t count;

    (void)state;
    nn_world_step(&world);
    count = rk_alloc_count();
    nn_world_step(&world);
    world.n_rows = 37; /* a smaller batch fits into what is there */
    nn_world_step(&world);
    world.n_rows = 100;
    nn_world_step(&world);
    assert_int_equal(rk_alloc_count(), count);
    nn_world_free(&world);
    rk_pool_free(pool);
}

static const float *value_of(const nn_world *world, const char *output, int64_t *ld)
{
    return rk_exec_value(world->exec, rk_graph_find_output(world->graph, output), ld);
}

static void prediction_needs_no_labels(void **state)
{
    rk_exec_options options = { 0 };
    nn_world world = nn_world_make(nn_pair_graph(1, 0), 20, 1, &options);
    rocket_error err = { 0 };
    int64_t ld;
    float with_labels;

    (void)state;
    nn_world_feed(&world);
    assert_ok(rk_exec_forward(world.exec, 20, false, 0, &err), &err);
    assert_true(isfinite(rk_exec_loss(world.exec, 1)));
    with_labels = value_of(&world, "probs_light", &ld)[19 * ld];

    for (int i = 0; i < world.n_columns; i++)
        if (strcmp(rk_graph_node(world.graph, world.nodes[i])->name, "labels") != 0)
            rk_exec_feed(world.exec, world.nodes[i], &world.columns[i]);
    assert_ok(rk_exec_forward(world.exec, 20, false, 0, &err), &err);
    assert_true(isnan(rk_exec_loss(world.exec, 1)));
    assert_true(isfinite(rk_exec_loss(world.exec, 3)));
    assert_true(value_of(&world, "probs_light", &ld)[19 * ld] == with_labels);
    assert_true(with_labels > 0 && with_labels < 1);
    nn_world_free(&world);
}

static void what_is_not_fed_is_not_evaluated(void **state)
{
    rk_exec_options options = with_gradients(NULL);
    nn_world world = nn_world_make(nn_pair_graph(1, 0), 5, 1, &options);
    rocket_error err = { 0 };
    int64_t ld;

    (void)state;
    rk_exec_feed(world.exec, rk_graph_find_node(world.graph, "bag"), &world.columns[2]);
    assert_ok(rk_exec_forward(world.exec, 5, true, 0, &err), &err);
    assert_null(value_of(&world, "probs_light", &ld));
    assert_non_null(rk_exec_value(world.exec, rk_graph_find_node(world.graph, "tags_mean"), &ld));
    assert_int_equal(rk_exec_backward(world.exec, &err), ROCKET_FAILED);
    assert_non_null(strstr(err.text, "SIGMOID_CE"));
    nn_world_free(&world);
}

/* A row's prediction does not depend on the others: chunks and batch size do not matter in inference. */
static void inference_is_row_by_row(void **state)
{
    rk_exec_options options = { .backend = rk_backend_find("reference") };
    nn_world world = nn_world_make(nn_pair_graph(3, 0.5), 150, 3, &options);
    rocket_error err = { 0 };
    float few[30];
    int64_t ld;
    const float *many;

    (void)state;
    nn_world_feed(&world);
    assert_ok(rk_exec_forward(world.exec, 10, false, 0, &err), &err);
    for (int i = 0; i < 30; i++)
        few[i] = value_of(&world, "probs_light", &ld)[i / 3 * ld + i % 3];
    nn_world_feed(&world);
    assert_ok(rk_exec_forward(world.exec, 150, false, 0, &err), &err);
    many = value_of(&world, "probs_light", &ld);
    for (int i = 0; i < 30; i++)
        assert_true(many[i / 3 * ld + i % 3] == few[i]);
    nn_world_free(&world);
}

static void inference_leaves_the_moving_statistics(void **state)
{
    rk_exec_options options = { 0 };
    nn_world world = nn_world_make(nn_pair_graph(1, 0), 20, 1, &options);
    rocket_error err = { 0 };
    const float *mean = world.weights->dense +
                        rk_graph_param_at(world.graph, rk_graph_find_param(world.graph, "light/moving_mean"))->offset;

    (void)state;
    nn_world_feed(&world);
    assert_ok(rk_exec_forward(world.exec, 20, false, 0, &err), &err);
    assert_true(mean[0] == 0);
    nn_world_loss(&world);
    assert_true(mean[0] != 0);
    nn_world_free(&world);
}

/* The light net alone trains nothing behind the block. */
static void a_block_blocks(void **state)
{
    rk_graph *graph = rk_graph_new();
    rk_exec_options options = { .gradients = true, .unfused = true };
    int x = rk_example_source(graph, "x", 3), inputs[2], blocked = rk_graph_unary(graph, "stop_gradient", x);
    rk_node_spec spec = RK_NODE_SPEC("concat");
    nn_world world;
    int64_t ld;

    (void)state;
    inputs[0] = blocked; /* in place in the concat's row, and still without a gradient */
    inputs[1] = rk_example_source(graph, "z", 2);
    spec.inputs = inputs;
    spec.n_inputs = 2;
    inputs[0] = rk_graph_add(graph, &spec);
    spec.n_inputs = 1;
    rk_graph_add_loss(graph, "EMBEDDING_L2", "loss", &spec);
    world = nn_world_make(graph, 4, 0, &options);
    nn_world_step(&world);
    assert_int_equal(rk_exec_n_sparse(world.exec), 1);
    assert_string_equal(rk_graph_table_at(graph, rk_exec_sparse(world.exec, 0)->table)->name, "z_table");
    assert_null(rk_exec_gradient(world.exec, x, &ld));
    assert_null(rk_exec_gradient(world.exec, blocked, &ld));
    nn_world_free(&world);
}

/* x is trained by a loss of its own; what comes back to its blocked copy in a concat must not reach it. */
static void a_block_in_a_concat_blocks(void **state)
{
    rk_graph *graph = rk_graph_new();
    rk_exec_options options = with_gradients(NULL);
    int x = rk_example_source(graph, "x", 3), inputs[2];
    rk_node_spec spec = RK_NODE_SPEC("concat");
    const rk_sparse *sparse;
    nn_world world;

    (void)state;
    spec.inputs = &x;
    spec.n_inputs = 1;
    rk_graph_add_loss(graph, "EMBEDDING_L2", "own", &spec);
    inputs[0] = rk_graph_unary(graph, "stop_gradient", x);
    inputs[1] = rk_example_source(graph, "z", 2);
    spec.inputs = inputs;
    spec.n_inputs = 2;
    inputs[0] = rk_graph_add(graph, &spec);
    spec.n_inputs = 1;
    rk_graph_add_loss(graph, "EMBEDDING_L2", "behind the block", &spec);
    world = nn_world_make(graph, 4, 0, &options);
    nn_world_step(&world);
    sparse = rk_exec_sparse(world.exec, 0);
    assert_string_equal(rk_graph_table_at(graph, sparse->table)->name, "x_table");
    assert_int_equal(sparse->n, 4);
    assert_memory_equal(sparse->values, world.weights->tables[sparse->table], 12 * sizeof(float));
    nn_world_free(&world);
}

/* y = x W W + ...: one kernel in two nodes; L2 counts it once. */
static void a_shared_parameter_sums_its_gradients(void **state)
{
    rk_graph *graph = rk_graph_new();
    rk_exec_options options = { .gradients = true, .backend = rk_backend_find("reference") };
    nn_pair pair = { .graph = graph };
    rk_node_spec spec = RK_NODE_SPEC("EMBEDDING_L2");
    nn_world world;
    int y = rk_example_source(graph, "x", 4);

    (void)state;
    y = pair_dense(&pair, "twice", y, 4, 4);
    spec.op = "dense";
    spec.inputs = &y;
    spec.n_inputs = 1;
    spec.n_params = 2;
    spec.params[0] = 0;
    spec.params[1] = 1;
    y = rk_graph_add(graph, &spec);
    spec.attrs[0] = (rk_attr){ "scale", 0.5 };
    rk_graph_add_loss(graph, "EMBEDDING_L2", "loss", &spec);
    world = nn_world_make(graph, 3, 0, &options);
    nn_check_gradients(&world, "shared kernel", 1);
    assert_true(rk_exec_l2(world.exec) > 0);
    nn_world_free(&world);
}

/* A node in two concats, one in another, with a loss on a part: every way a gradient's memory can be shared. */
static void gradients_meet_in_concats(void **state)
{
    rk_graph *graph = rk_graph_new();
    rk_exec_options options = { .gradients = true, .backend = rk_backend_find("reference") };
    int x = rk_example_source(graph, "x", 3), z = rk_example_source(graph, "z", 2), first[2], second[3], t;
    rk_node_spec spec = RK_NODE_SPEC("concat");
    nn_world world;

    (void)state;
    t = rk_graph_unary(graph, "tanh", x);
    first[0] = t;
    first[1] = z;
    spec.inputs = first;
    spec.n_inputs = 2;
    second[0] = rk_graph_add(graph, &spec);
    second[1] = t;
    second[2] = x;
    spec.inputs = second;
    spec.n_inputs = 3;
    first[0] = rk_graph_unary(graph, "tanh", rk_graph_add(graph, &spec));
    spec.inputs = first;
    spec.n_inputs = 1;
    rk_graph_add_loss(graph, "EMBEDDING_L2", "all", &spec);
    first[0] = t;
    rk_graph_add_loss(graph, "EMBEDDING_L2", "part", &spec);
    first[0] = second[0];
    rk_graph_add_loss(graph, "EMBEDDING_L2", "inner concat", &spec);
    world = nn_world_make(graph, 40, 0, &options);
    nn_check_gradients(&world, "concats", 5);
    nn_world_free(&world);
}

/* Of a concat's row, the columns of one input get a gradient from elsewhere before the concat's own arrives. */
static void a_part_of_a_row_may_be_written_first(void **state)
{
    rk_graph *graph = rk_graph_new();
    rk_exec_options options = { .gradients = true, .backend = rk_backend_find("reference") };
    int t = rk_graph_unary(graph, "tanh", rk_example_source(graph, "x", 3)), inputs[2], late;
    rk_node_spec spec = RK_NODE_SPEC("concat");
    nn_world world;

    (void)state;
    inputs[0] = t;
    inputs[1] = rk_graph_unary(graph, "tanh", rk_example_source(graph, "z", 2));
    spec.inputs = inputs;
    spec.n_inputs = 2;
    inputs[0] = rk_graph_unary(graph, "sigmoid", rk_graph_add(graph, &spec));
    spec.n_inputs = 1;
    rk_graph_add_loss(graph, "EMBEDDING_L2", "whole", &spec);
    late = rk_graph_unary(graph, "sigmoid", t); /* last node: first in the backward pass */
    spec.inputs = &late;
    rk_graph_add_loss(graph, "EMBEDDING_L2", "part", &spec);
    world = nn_world_make(graph, 20, 0, &options);
    nn_check_gradients(&world, "part of a row", 1);
    nn_world_free(&world);
}

static void a_loss_that_is_not_a_number_is_named(void **state)
{
    rk_exec_options options = with_gradients(NULL);
    nn_world world = nn_world_make(nn_pair_graph(1, 0), 30, 1, &options);
    rocket_error err = { 0 };
    int kernel = rk_graph_find_param(world.graph, "light_output/kernel");

    (void)state;
    world.weights->dense[rk_graph_param_at(world.graph, kernel)->offset] = NAN;
    nn_world_feed(&world);
    assert_int_equal(rk_exec_forward(world.exec, 30, true, 17, &err), ROCKET_FAILED);
    assert_string_equal(err.text, "SIGMOID_CE_2 is nan at step 17");
    nn_world_free(&world);
}

static void ids_beyond_the_table_are_refused(void **state)
{
    static const int64_t wrong[] = { -1, PAIR_USER_ROWS, INT64_MAX, INT64_MIN };
    rk_exec_options options = { 0 };
    nn_world world = nn_world_make(nn_pair_graph(1, 0), 6, 1, &options);

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        rocket_error err = { 0 };

        nn_world_feed(&world);
        for (int k = 0; k < world.n_columns; k++)
            if (strcmp(rk_graph_node(world.graph, world.nodes[k])->name, "user") == 0)
                world.columns[k].ids[5] = wrong[i];
        assert_int_equal(rk_exec_forward(world.exec, 6, false, 0, &err), ROCKET_DATA);
        assert_non_null(strstr(err.text, "expected 0 .. 199"));
    }
    nn_world_free(&world);
}

/* All weights 0: every weighted term is 0 and nothing is divided by 0. */
static void rows_without_weight_count_for_nothing(void **state)
{
    rk_exec_options options = with_gradients(NULL);
    nn_world world = nn_world_make(nn_pair_graph(1, 0), 6, 1, &options);

    (void)state;
    for (int k = 0; k < world.n_columns; k++)
        if (strcmp(rk_graph_node(world.graph, world.nodes[k])->name, "sample_weight") == 0)
            memset(world.columns[k].values, 0, 6 * sizeof(float));
    nn_world_step(&world);
    assert_true(rk_exec_loss(world.exec, 0) > 0);
    for (int i = 1; i < rk_graph_n_losses(world.graph); i++)
        assert_true(rk_exec_loss(world.exec, i) == 0);
    nn_world_free(&world);
}

static void dropout_keeps_the_mean_and_changes_with_the_step(void **state)
{
    rk_graph *graph = rk_graph_new();
    rk_exec_options options = { .seed = 3 };
    rk_node_spec spec = RK_NODE_SPEC("dropout");
    int x = rk_graph_input_floats(graph, "x", 50), y;
    nn_world world;
    rocket_error err = { 0 };
    double sums[3] = { 0 };
    int zeros = 0;
    int64_t ld;

    (void)state;
    spec.inputs = &x;
    spec.n_inputs = 1;
    spec.attrs[0] = (rk_attr){ "ratio", 0.25 };
    y = rk_graph_add(graph, &spec);
    world = nn_world_make(graph, 200, 0, &options);
    for (int64_t i = 0; i < 200 * 50; i++)
        world.columns[0].values[i] = (float)(1 + i % 7);
    for (int run = 0; run < 3; run++) {
        const float *value;

        nn_world_feed(&world);
        assert_ok(rk_exec_forward(world.exec, 200, true, run == 2 ? 1 : 0, &err), &err);
        value = rk_exec_value(world.exec, y, &ld);
        for (int64_t i = 0; i < 200 * 50; i++) {
            float v = value[i / 50 * ld + i % 50], kept = (float)(1 + i % 7) / 0.75F;

            assert_true(v == 0 || fabsf(v - kept) < 1e-5F);
            zeros += v == 0;
            sums[run] += (double)v;
        }
    }
    assert_true(sums[0] == sums[1]);
    assert_true(sums[0] != sums[2]);
    assert_in_range(zeros, 7500 - 260, 7500 + 260); /* 6 standard deviations */
    nn_world_free(&world);
}

static rocket_status build_and_step(void *arg)
{
    nn_world world = { .graph = nn_pair_graph(2, 0.1), .n_rows = 20 };
    rk_exec_options options = with_gradients(NULL);
    const nn_world *batch = arg;
    rocket_error err = { 0 };
    rocket_status status = world.graph ? rk_graph_finish(world.graph, &err) : ROCKET_FAILED;

    if (status == ROCKET_OK)
        status = rk_weights_new(&world.weights, world.graph, &err);
    if (status == ROCKET_OK)
        status = rk_exec_new(&world.exec, world.graph, world.weights, &options, &err);
    for (int i = 0; status == ROCKET_OK && i < batch->n_columns; i++)
        rk_exec_feed(world.exec, batch->nodes[i], &batch->columns[i]);
    if (status == ROCKET_OK)
        status = rk_exec_forward(world.exec, 20, true, 0, &err);
    if (status == ROCKET_OK)
        status = rk_exec_backward(world.exec, &err);
    rk_exec_free(world.exec);
    rk_weights_free(world.weights);
    rk_graph_free(world.graph);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    rk_exec_options options = { 0 };
    nn_world batch = nn_world_make(nn_pair_graph(2, 0.1), 20, 2, &options);

    (void)state;
    assert_survives_failed_allocations(build_and_step, &batch);
    nn_world_free(&batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_do_not_depend_on_threads),
        cmocka_unit_test(a_warm_step_allocates_nothing),
        cmocka_unit_test(prediction_needs_no_labels),
        cmocka_unit_test(what_is_not_fed_is_not_evaluated),
        cmocka_unit_test(inference_is_row_by_row),
        cmocka_unit_test(inference_leaves_the_moving_statistics),
        cmocka_unit_test(a_block_blocks),
        cmocka_unit_test(a_block_in_a_concat_blocks),
        cmocka_unit_test(a_shared_parameter_sums_its_gradients),
        cmocka_unit_test(gradients_meet_in_concats),
        cmocka_unit_test(a_part_of_a_row_may_be_written_first),
        cmocka_unit_test(a_loss_that_is_not_a_number_is_named),
        cmocka_unit_test(ids_beyond_the_table_are_refused),
        cmocka_unit_test(rows_without_weight_count_for_nothing),
        cmocka_unit_test(dropout_keeps_the_mean_and_changes_with_the_step),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
