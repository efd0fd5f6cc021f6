/* Every loss in the table, for 1, 2 and 5 values per row, with and without sample weights, with attributes other than
 * the defaults: gradients against central differences, and large logits. */
#include <stdio.h>

#include "loss.h"
#include "nn_world.h"

static const int64_t batches[] = { 1, 3, 8, 40 };
static const int64_t widths[] = { 1, 2, 5 };

/* Labels are columns of the data; predictions are probabilities where the attributes say so. */
static int make_input(rk_graph *graph, const char *name, int64_t C, bool other_attrs)
{
    if (strcmp(name, "labels") == 0)
        return rk_graph_input_floats(graph, name, 1);
    if (strcmp(name, "soft_labels") == 0)
        return rk_graph_input_floats(graph, name, C);
    int source = rk_example_source(graph, name, C);
    if (strcmp(name, "predictions") == 0 && other_attrs)
        return rk_graph_unary(graph, C > 1 ? "softmax" : "sigmoid", source);
    return source;
}

typedef struct loss_case {
    const rk_loss_def *def;
    int64_t C, n_rows;
    bool weighted, other_attrs;
} loss_case;

/* weight is the number of rows, so that gradients do not shrink with it; other attributes half way to 1 from the
 * default of 0, or 2 where the default is 1 and that is allowed. */
static void set_attrs(rk_node_spec *spec, const loss_case *c)
{
    for (int i = 0; i < RK_MAX_ATTRS && c->def->attrs[i]; i++) {
        const char *name = c->def->attrs[i];
        double other = strcmp(name, "temperature") == 0 ? 3 : 1 - c->def->attr_defaults[i];

        spec->attrs[i] = (rk_attr){ name, c->other_attrs ? other : c->def->attr_defaults[i] };
        if (strcmp(name, "weight") == 0)
            spec->attrs[i].value = c->other_attrs ? (double)c->n_rows : 1.5;
        if (strcmp(name, "scale") == 0)
            spec->attrs[i].value = c->other_attrs ? 0.3 : 1;
    }
}

/* false: the loss does not take this width. */
static bool make_case(nn_world *world, const loss_case *c)
{
    rk_exec_options options = { .gradients = true, .backend = rk_backend_find("reference") };
    rk_graph *graph = rk_graph_new();
    rk_node_spec spec = RK_NODE_SPEC(NULL);
    int inputs[5];

    assert_non_null(graph);
    for (int i = 0; i < c->def->n_inputs; i++)
        inputs[i] = make_input(graph, c->def->inputs[i], c->C, c->other_attrs);
    spec.n_inputs = c->def->n_inputs;
    if (c->weighted)
        inputs[spec.n_inputs++] = rk_graph_input_floats(graph, "sample_weight", 1);
    spec.inputs = inputs;
    set_attrs(&spec, c);
    if (rk_graph_add_loss(graph, c->def->name, "loss", &spec) < 0) {
        assert_int_equal(rk_graph_finish(graph, NULL), ROCKET_CONFIG);
        rk_graph_free(graph);
        return false;
    }
    *world = nn_world_make(graph, c->n_rows, c->C, &options);
    return true;
}

static int check_batches(loss_case c)
{
    int n = 0;

    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
        nn_world world;
        char what[80];

        c.n_rows = batches[i];
        if (!make_case(&world, &c))
            continue;
        snprintf(what, sizeof what, "%s, C %d, %d rows%s", c.def->name, (int)c.C, (int)c.n_rows,
                 c.weighted ? ", weighted" : "");
        nn_check_gradients(&world, what, 1);
        nn_world_free(&world);
        n++;
    }
    return n;
}

static void loss_gradients_match_central_differences(void **state)
{
    (void)state;
    for (const rk_loss_def *const *def = rk_losses; *def; def++) {
        int n = 0;

        for (size_t k = 0; k < sizeof widths / sizeof widths[0]; k++)
            for (int weighted = 0; weighted <= !(*def)->regulariser; weighted++)
                for (int other = 0; other <= 1; other++)
                    n += check_batches((loss_case){ *def, widths[k], 0, weighted, other });
        assert_true(n > 0);
    }
}

/* Logits of +-1000 and +-40: finite losses and gradients, and none of them hides what is wrong. */
static void large_logits_stay_finite(void **state)
{
    static const float values[] = { 1000, -1000, 40, -40 };

    (void)state;
    for (const rk_loss_def *const *def = rk_losses; *def; def++)
        for (size_t k = 0; k < sizeof widths / sizeof widths[0]; k++) {
            loss_case c = { *def, widths[k], 8, false, false };
            nn_world world;

            if (!make_case(&world, &c))
                continue;
            for (int t = 0; t < rk_graph_n_tables(world.graph); t++)
                for (int64_t i = 0; i < 8 * widths[k]; i++)
                    world.weights->tables[t][i] = values[(i + t) % 4];
            nn_world_step(&world);
            assert_true(isfinite(rk_exec_loss(world.exec, 0)));
            for (int i = 0; i < rk_exec_n_sparse(world.exec); i++)
                for (int64_t v = 0; v < 8 * widths[k]; v++)
                    assert_true(isfinite(rk_exec_sparse(world.exec, i)->values[v]));
            nn_world_free(&world);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loss_gradients_match_central_differences),
        cmocka_unit_test(large_logits_stay_finite),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
