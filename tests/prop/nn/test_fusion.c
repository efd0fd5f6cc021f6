/* The fused plan against the one that runs every node by itself, on random nets: many activations, batch norm and
 * dropout or not, no layers at all, and readers in the middle that forbid fusing. Values differ by roundings at most.
 */
#include <stdio.h>

#include "dnn.h"
#include "loss.h"
#include "nn_world.h"
#include "op.h"

enum { N_NETS = 150, MAX_LAYERS = 3 };

/* A stack of random layers over x. Some hidden layers are read by a loss as well, some of these in front of their
 * activation. */
static int random_stack(rk_graph *graph, const char *scope, int x, rk_rng *rng)
{
    static char *const activations[] = { "relu", "leaky_relu", "linear", "tanh", "prelu", "dice", "gelu", "relu" };
    uint32_t units[MAX_LAYERS];
    float ratios[MAX_LAYERS];
    int hidden[MAX_LAYERS];
    Rocket__DNN dnn = ROCKET__DNN__INIT;

    dnn.n_hidden_units = rk_rng_below(rng, MAX_LAYERS + 1);
    dnn.n_dropout_ratio = rk_rng_below(rng, 3) == 0 ? dnn.n_hidden_units : 0;
    dnn.hidden_units = units;
    dnn.dropout_ratio = ratios;
    dnn.activation = activations[rk_rng_below(rng, sizeof activations / sizeof activations[0])];
    dnn.use_bn = rk_rng_below(rng, 3) > 0;
    for (size_t i = 0; i < dnn.n_hidden_units; i++) {
        units[i] = 1 + (uint32_t)rk_rng_below(rng, 40);
        ratios[i] = 0.25F * (float)rk_rng_below(rng, 2);
    }
    x = rk_layer_dnn(graph, &dnn, scope, x, 0.01, hidden);
    for (size_t i = 0; i < dnn.n_hidden_units; i++) {
        int read = hidden[i] - (int)rk_rng_below(rng, 2);
        rk_node_spec spec = { .inputs = &read, .n_inputs = 1, .table = -1 };
        char name[64];

        snprintf(name, sizeof name, "%s_%zu", scope, i);
        spec.attrs[0] = (rk_attr){ "scale", 0.01 };
        if (rk_rng_below(rng, 3) == 0)
            rk_graph_add_loss(graph, "EMBEDDING_L2", name, &spec);
    }
    return x;
}

/* Bags of rows of a small table, so that a batch may be of any size, beside some floats. */
static int random_input(rk_graph *graph, rk_rng *rng)
{
    rk_table table = { .name = "table", .n_rows = 9, .dim = 1 + (int64_t)rk_rng_below(rng, 30) };
    int bag = rk_graph_input_ids(graph, "bag"), inputs[2];
    rk_node_spec spec = RK_NODE_SPEC("embedding");

    table.init = rk_init_make("random_normal", 0, 1);
    spec.table = rk_graph_table(graph, &table);
    spec.inputs = &bag;
    spec.n_inputs = 1;
    inputs[0] = rk_graph_add(graph, &spec);
    inputs[1] = rk_graph_input_floats(graph, "raw", 1 + (int64_t)rk_rng_below(rng, 5));
    spec = RK_NODE_SPEC("concat");
    spec.inputs = inputs;
    spec.n_inputs = 2;
    return rk_graph_add(graph, &spec);
}

static rk_graph *random_graph(uint64_t seed)
{
    rk_rng rng = rk_rng_at(seed, RK_RNG_TEST, 7, 0);
    rk_graph *graph = rk_graph_new();
    int x = random_input(graph, &rng), tops[2], labels, logits;
    rk_node_spec spec = RK_NODE_SPEC("concat");

    x = random_stack(graph, "share", x, &rng);
    tops[0] = random_stack(graph, "booster", x, &rng);
    tops[1] = random_stack(graph, "light", rk_rng_below(&rng, 2) ? rk_graph_unary(graph, "stop_gradient", x) : x, &rng);
    spec.inputs = tops;
    spec.n_inputs = 2;
    logits = rk_layer_dense(graph, "output", rk_graph_add(graph, &spec), 1, 0);
    labels = rk_graph_input_floats(graph, "labels", 1);
    spec.inputs = (int[]){ logits, labels };
    rk_graph_add_loss(graph, "SIGMOID_CE", "loss", &spec);
    rk_graph_output(graph, "logits", logits);
    return graph;
}

static nn_world make_world(uint64_t seed, int64_t n_rows, const rk_backend *backend, bool unfused)
{
    rk_exec_options options = { .backend = backend, .seed = 3, .gradients = true, .unfused = unfused };

    return nn_world_make(random_graph(seed), n_rows, 1, &options);
}

static void assert_near(const float *a, const float *b, size_t n, const char *what, uint64_t seed)
{
    double norm = 0;

    for (size_t i = 0; i < n; i++)
        norm = fmax(norm, fabs((double)b[i]));
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)a[i] - (double)b[i]) <= 2e-5 * (norm + 0.5)))
            fail_msg("net %d: %s[%zu] is %.9g, unfused %.9g", (int)seed, what, i, (double)a[i], (double)b[i]);
}

static void compare_worlds(const nn_world *fused, const nn_world *plain, uint64_t seed)
{
    for (int i = 0; i < rk_graph_n_losses(fused->graph); i++)
        assert_true(fabs(rk_exec_loss(fused->exec, i) - rk_exec_loss(plain->exec, i)) <=
                    1e-6 * (1 + fabs(rk_exec_loss(plain->exec, i))));
    for (int i = 0; i < rk_graph_n_params(fused->graph); i++) {
        const rk_param *param = rk_graph_param_at(fused->graph, i);

        assert_near(rk_exec_dense_gradient(fused->exec) + param->offset,
                    rk_exec_dense_gradient(plain->exec) + param->offset, (size_t)rk_shape_size(&param->shape),
                    param->name, seed);
        assert_near(fused->weights->dense + param->offset, plain->weights->dense + param->offset,
                    (size_t)rk_shape_size(&param->shape), param->name, seed); /* moving statistics */
    }
    assert_int_equal(rk_exec_n_sparse(fused->exec), rk_exec_n_sparse(plain->exec));
    for (int i = 0; i < rk_exec_n_sparse(fused->exec); i++) {
        const rk_sparse *a = rk_exec_sparse(fused->exec, i), *b = rk_exec_sparse(plain->exec, i);

        assert_int_equal(a->n, b->n);
        assert_near(a->values, b->values, (size_t)(a->n * a->dim), "embedding", seed);
    }
}

/* Batches of one piece, of several chunks, and of several pieces in a chunk; a small one after a large one must not
 * meet what that left behind. */
static void fused_is_unfused(void **state)
{
    static const int64_t sizes[] = { 40, 150, 1500 };

    (void)state;
    for (uint64_t seed = 0; seed < N_NETS; seed++) {
        const rk_backend *backend = seed % 3 == 0 ? rk_backend_find("reference") : rk_backend_best();
        int64_t n_rows = sizes[seed % 5 == 0 ? 2 : seed % 2];
        nn_world fused = make_world(seed, n_rows, backend, false), plain = make_world(seed, n_rows, backend, true);

        for (int step = 0; step < 2; step++) {
            nn_world_step(&fused);
            nn_world_step(&plain);
            compare_worlds(&fused, &plain, seed);
            fused.n_rows = plain.n_rows = 17;
        }
        nn_world_free(&fused);
        nn_world_free(&plain);
    }
}

/* Or the test above would compare a plan with itself. */
static void a_rectifier_is_fused(void **state)
{
    rk_graph *graph = rk_graph_new();
    Rocket__DNN dnn = ROCKET__DNN__INIT;
    uint32_t units = 3;
    rk_exec_options options = { 0 };
    nn_world world;
    int64_t ld;
    int top;

    (void)state;
    dnn.n_hidden_units = 1;
    dnn.hidden_units = &units;
    top = rk_layer_dnn(graph, &dnn, "net", rk_example_source(graph, "x", 2), 0, NULL);
    rk_graph_output(graph, "top", top);
    world = nn_world_make(graph, 5, 0, &options);
    nn_world_feed(&world);
    assert_int_equal(rk_exec_forward(world.exec, 5, false, 0, NULL), ROCKET_OK);
    assert_non_null(rk_exec_value(world.exec, top, &ld));
    assert_null(rk_exec_value(world.exec, rk_graph_find_node(graph, "net/dnn_0/bn"), &ld));
    assert_non_null(rk_exec_value(world.exec, rk_graph_find_node(graph, "net/dnn_0"), &ld));
    nn_world_free(&world);
}

/* A norm's value passes where only dense layers read it: there is no such value afterwards. An output is kept. */
static void a_norm_between_dense_layers_passes(void **state)
{
    rk_graph *graph = rk_graph_new();
    Rocket__DNN dnn = ROCKET__DNN__INIT;
    uint32_t units[] = { 3, 4 };
    rk_exec_options options = { 0 };
    nn_world world;
    int64_t ld;
    int top;

    (void)state;
    dnn.n_hidden_units = 2;
    dnn.hidden_units = units;
    top = rk_layer_dnn(graph, &dnn, "net", rk_example_source(graph, "x", 2), 0, NULL);
    rk_graph_output(graph, "top", top);
    world = nn_world_make(graph, 5, 0, &options);
    nn_world_feed(&world);
    assert_int_equal(rk_exec_forward(world.exec, 5, false, 0, NULL), ROCKET_OK);
    assert_non_null(rk_exec_value(world.exec, top, &ld));
    assert_null(
        rk_exec_value(world.exec, rk_graph_node(graph, rk_graph_find_node(graph, "net/dnn_1"))->inputs[0], &ld));
    nn_world_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fused_is_unfused),
        cmocka_unit_test(a_rectifier_is_fused),
        cmocka_unit_test(a_norm_between_dense_layers_passes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
