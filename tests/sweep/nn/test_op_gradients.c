/* Every op in the table: gradients of the reference backend against central differences, on the op's own examples, for
 * batches of one chunk and of several; then the best backend against the reference. */
#include <stdio.h>

#include "example.h"
#include "nn_world.h"

static const int64_t batches[] = { 1, 3, 8, 40, 150 };

/* sum over rows and columns of (y - target)^2 */
static void add_square_loss(rk_graph *graph, int y, int64_t n_rows)
{
    int inputs[2] = { y, 0 };
    rk_node_spec spec = RK_NODE_SPEC("LOGIT_MSE");

    inputs[1] = rk_graph_input_floats(graph, "target", rk_shape_size(&rk_graph_node(graph, y)->shape));
    spec.inputs = inputs;
    spec.n_inputs = 2;
    spec.attrs[0] = (rk_attr){ "weight", (double)n_rows };
    spec.attrs[1] = (rk_attr){ "reduction", 1 };
    rk_graph_add_loss(graph, "LOGIT_MSE", "loss", &spec);
}

static bool make_example(nn_world *world, const rk_op *op, int variant, int64_t n_rows, const rk_backend *backend)
{
    rk_exec_options options = { .gradients = true, .backend = backend, .seed = 2 };
    rk_graph *graph = rk_graph_new();
    int y;

    assert_non_null(graph);
    if (!rk_example_make(graph, op, variant, &y)) {
        rk_graph_free(graph);
        return false;
    }
    if (y < 0) {
        rocket_error err = { 0 };
        assert_int_equal(rk_graph_finish(graph, &err), ROCKET_OK);
        fail_msg("%s", err.text);
    }
    assert_ptr_equal(rk_graph_node(graph, y)->op, op);
    add_square_loss(graph, y, n_rows);
    *world = nn_world_make(graph, n_rows, 0, &options);
    return true;
}

static void check_example(const rk_op *op, nn_world *world, int variant)
{
    char what[80];

    snprintf(what, sizeof what, "%s, example %d, %d rows", op->name, variant, (int)world->n_rows);
    if (op->blocks_gradient) {
        nn_world_step(world);
        assert_int_equal(rk_exec_n_sparse(world->exec), 0);
    } else {
        nn_check_gradients(world, what, world->n_rows > 8 ? 7 : 1);
    }
}

static void op_gradients_match_central_differences(void **state)
{
    (void)state;
    for (const rk_op *const *op = rk_ops; *op; op++)
        for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
            nn_world world;
            int variant = 0;

            for (; make_example(&world, *op, variant, batches[i], rk_backend_find("reference")); variant++) {
                check_example(*op, &world, variant);
                nn_world_free(&world);
            }
            assert_true(variant > 0);
        }
}

static void assert_near(const float *a, const float *b, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabsf(a[i] - b[i]) <= 1e-4F * (1 + fabsf(b[i]))))
            fail_msg("%s: value %zu is %.8g, in the reference backend %.8g", what, i, (double)a[i], (double)b[i]);
}

static void assert_worlds_agree(nn_world *fast, nn_world *reference, const char *what)
{
    nn_world_step(fast);
    nn_world_step(reference);
    assert_near(fast->weights->dense, reference->weights->dense, rk_graph_dense_size(fast->graph), what);
    assert_near(rk_exec_dense_gradient(fast->exec), rk_exec_dense_gradient(reference->exec),
                rk_graph_dense_size(fast->graph), what);
    for (int t = 0; t < rk_graph_n_tables(fast->graph); t++) {
        const rk_table *table = rk_graph_table_at(fast->graph, t);
        float *a = nn_table_gradient(fast, t), *b = nn_table_gradient(reference, t);

        assert_near(a, b, (size_t)(table->n_rows * table->dim), what);
        rk_free(a);
        rk_free(b);
    }
}

static void best_backend_agrees_with_the_reference(void **state)
{
    (void)state;
    for (const rk_op *const *op = rk_ops; *op; op++)
        for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
            nn_world fast, reference;

            for (int variant = 0; make_example(&fast, *op, variant, batches[i], rk_backend_best()); variant++) {
                assert_true(make_example(&reference, *op, variant, batches[i], rk_backend_find("reference")));
                assert_worlds_agree(&fast, &reference, (*op)->name);
                nn_world_free(&fast);
                nn_world_free(&reference);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(op_gradients_match_central_differences),
        cmocka_unit_test(best_backend_agrees_with_the_reference),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
