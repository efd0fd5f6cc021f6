/* Variational dropout against integrals that a program sharing nothing with rocket computed
 * (make_variational_dropout.py): the mean of what a value of 1 becomes, over 200,000 draws, its change with logit_p,
 * and inference. And its penalty. */
#include "figures.h"
#include "loss.h"
#include "nn_world.h"

enum { ROWS = 200000, MAX_CASES = 16 };

typedef struct figures {
    double logit_p[MAX_CASES], training[MAX_CASES], slope[MAX_CASES], inference[MAX_CASES];
    int64_t n;
} figures;

static double member(const rk_json *c, const char *key)
{
    double x = NAN;

    assert_true(rk_json_number(rk_json_get(c, key), &x));
    return x;
}

static figures read_figures(void)
{
    rk_json *root = figures_read("nn/variational_dropout.json");
    figures f = { .n = 0 };

    for (size_t i = 0; i < rk_json_size(root); i++, f.n++) {
        const rk_json *c = rk_json_at(root, i);
        f.logit_p[i] = member(c, "logit_p");
        f.training[i] = member(c, "training");
        f.slope[i] = member(c, "slope");
        f.inference[i] = member(c, "inference");
    }
    rk_json_free(root);
    return f;
}

/* x = 1 everywhere, one column for each logit_p; the loss is the mean over rows of the sum of y, or of 1 - p. */
static nn_world make_world(const figures *f, const char *op, bool whole, int *y)
{
    rk_exec_options options = { .gradients = true, .seed = 3 };
    rk_graph *graph = rk_graph_new();
    int64_t n = whole ? 1 : f->n;
    int x = rk_graph_input_floats(graph, "x", f->n);
    rk_node_spec spec = RK_NODE_SPEC(op), sum = { .inputs = y, .n_inputs = 1, .table = -1 };

    spec.inputs = &x;
    spec.n_inputs = 1;
    spec.params[0] = rk_example_param(graph, "logit_p", (rk_shape){ 1, { n } }, "zeros", 0, 0);
    spec.n_params = 1;
    if (whole) {
        spec.attrs[0] = (rk_attr){ "whole", 1 };
    }
    *y = rk_graph_add(graph, &spec);
    sum.attrs[0] = (rk_attr){ "lambda", ROWS };
    rk_graph_add_loss(graph, "DROPOUT_PENALTY", "loss", &sum);
    nn_world world = nn_world_make(graph, ROWS, f->n, &options);
    for (int64_t i = 0; i < ROWS * f->n; i++)
        world.columns[0].values[i] = 1;
    for (int64_t i = 0; i < n; i++)
        world.weights->dense[i] = (float)f->logit_p[i];
    return world;
}

static void the_mean_is_the_integral(void **state)
{
    figures f = read_figures();
    int y;
    nn_world world = make_world(&f, "variational_dropout", false, &y);
    int64_t ld;

    (void)state;
    nn_world_step(&world);
    const float *values = rk_exec_value(world.exec, y, &ld);
    for (int64_t k = 0; k < f.n; k++) {
        double sum = 0, spread = 4 * 0.5 / sqrt(ROWS); /* z is in [0, 1]: four standard deviations at most */

        for (int64_t b = 0; b < ROWS; b++)
            sum += (double)values[b * ld + k];
        if (fabs(sum / ROWS - f.training[k]) > spread)
            fail_msg("logit_p %g: mean %g, expected %g", f.logit_p[k], sum / ROWS, f.training[k]);
        double g = (double)rk_exec_dense_gradient(world.exec)[k]; /* |dz| <= 2.5 */
        if (fabs(g - f.slope[k]) > 4 * 1.0 / sqrt(ROWS))
            fail_msg("logit_p %g: gradient %g, expected %g", f.logit_p[k], g, f.slope[k]);
    }
    nn_world_free(&world);
}

static void inference_multiplies_by_the_rate_that_is_kept(void **state)
{
    figures f = read_figures();
    int y;
    nn_world world = make_world(&f, "variational_dropout", false, &y);
    int64_t ld;

    (void)state;
    nn_world_feed(&world);
    assert_int_equal(rk_exec_forward(world.exec, ROWS, false, 3, NULL), ROCKET_OK);
    const float *values = rk_exec_value(world.exec, y, &ld);
    for (int64_t b = 0; b < ROWS; b += 1234)
        for (int64_t k = 0; k < f.n; k++)
            assert_true(fabs((double)values[b * ld + k] - f.inference[k]) < 1e-7);
    nn_world_free(&world);
}

static void a_whole_feature_is_dropped_at_once(void **state)
{
    figures f = read_figures();
    int y;
    nn_world world = make_world(&f, "variational_dropout", true, &y);
    int64_t ld;

    (void)state;
    nn_world_step(&world);
    const float *values = rk_exec_value(world.exec, y, &ld);
    int64_t dropped = 0;
    for (int64_t b = 0; b < ROWS; b++)
        dropped += values[b * ld] < 0.5F;
    for (int64_t b = 0; b < ROWS; b += 7)
        for (int64_t k = 1; k < f.n; k++)
            assert_true(values[b * ld + k] == values[b * ld]);
    /* the first logit_p is that of all: z < 1/2 where u > 1 - p, which is as often as p says */
    assert_true(fabs((double)dropped / ROWS - (1 - f.inference[0])) < 4 * 0.5 / sqrt(ROWS));
    nn_world_free(&world);
}

/* lambda / B * sum of 1 - p, and its gradient -lambda / B p (1 - p) */
static void the_penalty_is_what_is_kept(void **state)
{
    figures f = read_figures();
    int y;
    nn_world world = make_world(&f, "keep_rate", false, &y);
    double sum = 0;

    (void)state;
    nn_world_step(&world);
    for (int64_t k = 0; k < f.n; k++) {
        double g = (double)rk_exec_dense_gradient(world.exec)[k];
        sum += f.inference[k];
        assert_true(fabs(g + f.inference[k] * (1 - f.inference[k])) < 1e-5);
    }
    assert_true(fabs(rk_exec_loss(world.exec, 0) - sum) < 1e-5);
    nn_world_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mean_is_the_integral),
        cmocka_unit_test(inference_multiplies_by_the_rate_that_is_kept),
        cmocka_unit_test(a_whole_feature_is_dropped_at_once),
        cmocka_unit_test(the_penalty_is_what_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
