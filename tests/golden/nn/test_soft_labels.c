/* The losses of kd blocks against figures that a program sharing nothing with rocket computed (make_soft_labels.py):
 * values and gradients, for 1, 2 and 5 values per row, logits and probabilities, temperatures, row weights. */
#include "figures.h"
#include "loss.h"
#include "nn_world.h"

enum { ROWS = 6 };

static double member(const rk_json *c, const char *key)
{
    return figures_number(rk_json_get(c, key));
}

static void fill(float *out, const rk_json *list)
{
    for (size_t i = 0; i < rk_json_size(list); i++)
        out[i] = (float)figures_number(rk_json_at(list, i));
}

/* Predictions are rows of a table, so that they have a gradient. */
static nn_world make_world(const rk_json *c, int *pred)
{
    static const char *const attrs[] = { "weight", "temperature", "pred_is_logits", "label_is_logits" };
    rk_exec_options options = { .gradients = true, .unfused = true };
    int64_t C = (int64_t)member(c, "C");
    rk_graph *graph = rk_graph_new();
    int inputs[] = { rk_example_source(graph, "predictions", C), rk_graph_input_floats(graph, "soft_labels", C),
                     rk_graph_input_floats(graph, "sample_weight", 1) };
    rk_node_spec spec = { .inputs = inputs, .n_inputs = 3, .table = -1 };

    for (size_t i = 0; i < sizeof attrs / sizeof attrs[0]; i++) {
        spec.attrs[i] = (rk_attr){ attrs[i], member(c, attrs[i]) };
    }
    rk_graph_add_loss(graph, rk_json_string(rk_json_get(c, "loss")), "loss", &spec);
    *pred = inputs[0];
    return nn_world_make(graph, ROWS, C, &options);
}

static void check_case(const rk_json *c, size_t i)
{
    int pred;
    nn_world world = make_world(c, &pred);
    const rk_json *gradient = rk_json_get(c, "gradient");
    int64_t C = world.n_classes, ld;

    fill(world.weights->tables[0], rk_json_get(c, "pred")); /* row b looks up row b */
    fill(world.columns[1].values, rk_json_get(c, "labels"));
    fill(world.columns[2].values, rk_json_get(c, "row_weights"));
    nn_world_step(&world);
    if (fabs(rk_exec_loss(world.exec, 0) - member(c, "value")) > 1e-6 * (1 + fabs(member(c, "value"))))
        fail_msg("case %zu: loss %.9g, expected %.9g", i, rk_exec_loss(world.exec, 0), member(c, "value"));
    const float *found = rk_exec_gradient(world.exec, pred, &ld);
    for (int64_t k = 0; k < ROWS * C; k++) {
        double expected = figures_number(rk_json_at(gradient, (size_t)k)), g = (double)found[k / C * ld + k % C];

        if (fabs(g - expected) > 1e-5 * (1e-2 + fabs(expected)))
            fail_msg("case %zu: gradient %.9g of value %d, expected %.9g", i, g, (int)k, expected);
    }
    nn_world_free(&world);
}

static void losses_and_gradients_are_as_computed_elsewhere(void **state)
{
    rk_json *cases = figures_read("nn/soft_labels.json");

    (void)state;
    assert_int_equal(rk_json_size(cases), 48);
    for (size_t i = 0; i < rk_json_size(cases); i++)
        check_case(rk_json_at(cases, i), i);
    rk_json_free(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_and_gradients_are_as_computed_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
