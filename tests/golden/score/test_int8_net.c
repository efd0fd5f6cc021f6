/* A net of 8-bit integers against figures that a program sharing nothing with rocket computed from the same tensors
 * (make_int8.py): one id, a weighted bag with a scale of its own, numbers with zero points, layers with a rectifier,
 * without one, with a norm, and one of floats behind them. With every kernel that runs here, and with a user. */
#include <stdio.h>

#include "figures.h"
#include "net.h"
#include "nn_world.h"

enum { ROWS = 12, ITEMS = 3 * ROWS, A_ROWS = 7, B_ROWS = 5, A = 4, B = 3, P = 2, N_LAYERS = 4 };
static const int64_t sizes[] = { A + B + P, 20, 16, 18, 2 };

typedef struct int8_world {
    rk_json *json;
    rk_graph *graph;
    rk_weights *weights;
    int inputs[3], logits;
    rk_column columns[3];
    const rk_column *fed[64];
    int64_t offsets[2][ROWS + 1], ids[2][ITEMS];
    float item_weights[ITEMS], values[ROWS * P], scores[ROWS * 2];
} int8_world;

static void fill(float *out, const rk_json *list)
{
    assert_true(rk_json_size(list) > 0);
    for (size_t i = 0; i < rk_json_size(list); i++)
        out[i] = (float)figures_number(rk_json_at(list, i));
}

static void fill_integers(void *out, const rk_json *list)
{
    for (size_t i = 0; i < rk_json_size(list); i++)
        ((uint8_t *)out)[i] = (uint8_t)(int)figures_number(rk_json_at(list, i));
}

/* ---- the graph ---- */

static int param(rk_graph *graph, const char *layer, const char *name, rk_shape shape)
{
    rk_param p = { .shape = shape };
    char text[64];

    snprintf(text, sizeof text, "%s/%s", layer, name);
    p.name = text;
    return rk_graph_param(graph, &p);
}

static int look_up(rk_graph *graph, const char *name, int ids, int64_t n_rows, int64_t dim)
{
    rk_table table = { .name = name, .n_rows = n_rows, .dim = dim };
    rk_node_spec spec = RK_NODE_SPEC("embedding");

    spec.inputs = &ids;
    spec.n_inputs = 1;
    spec.table = rk_graph_table(graph, &table);
    return rk_graph_add(graph, &spec);
}

static int dense(rk_graph *graph, int i, int x)
{
    rk_node_spec spec = RK_NODE_SPEC("dense");
    char layer[16];

    snprintf(layer, sizeof layer, "layer_%d", i);
    spec.inputs = &x;
    spec.n_inputs = 1;
    spec.n_params = 2;
    spec.params[0] = param(graph, layer, "kernel", (rk_shape){ 2, { sizes[i], sizes[i + 1] } });
    spec.params[1] = param(graph, layer, "bias", (rk_shape){ 1, { sizes[i + 1] } });
    return rk_graph_add(graph, &spec);
}

static int norm(rk_graph *graph, int x)
{
    static const char *const names[] = { "gamma", "beta", "mean", "variance" };
    rk_node_spec spec = RK_NODE_SPEC("batch_norm");

    spec.inputs = &x;
    spec.n_inputs = 1;
    spec.n_params = 4;
    for (int i = 0; i < 4; i++)
        spec.params[i] = param(graph, "norm", names[i], (rk_shape){ 1, { sizes[3] } });
    return rk_graph_add(graph, &spec);
}

static void make_graph(int8_world *w)
{
    rk_graph *graph = w->graph = rk_graph_new();
    rk_node_spec spec = RK_NODE_SPEC("concat");
    rocket_error err = { 0 };
    int parts[3];

    w->inputs[0] = rk_graph_input_ids(graph, "a");
    w->inputs[1] = rk_graph_input_ids(graph, "b");
    w->inputs[2] = rk_graph_input_floats(graph, "p", P);
    parts[0] = look_up(graph, "table_a", w->inputs[0], A_ROWS, A);
    parts[1] = look_up(graph, "table_b", w->inputs[1], B_ROWS, B);
    parts[2] = w->inputs[2];
    spec.inputs = parts;
    spec.n_inputs = 3;
    int x = rk_graph_unary(graph, "relu", dense(graph, 0, rk_graph_add(graph, &spec)));
    x = rk_graph_unary(graph, "relu", norm(graph, dense(graph, 2, dense(graph, 1, x))));
    w->logits = dense(graph, 3, x);
    rk_graph_output(graph, "logits", w->logits);
    assert_ok(rk_graph_finish(graph, &err), &err);
}

/* ---- its values ---- */

static float *values_of(const int8_world *w, const char *name)
{
    return w->weights->dense + rk_graph_param_at(w->graph, rk_graph_find_param(w->graph, name))->offset;
}

static void make_table(int8_world *w, const char *name, const rk_json *from, int64_t n_rows, int64_t dim)
{
    rk_int8_table *table = &w->weights->int8_tables[rk_graph_find_table(w->graph, name)];

    assert_true(rk_int8_table_alloc(table, n_rows, dim));
    fill_integers(table->q, rk_json_get(from, "q"));
    fill(table->scale, rk_json_get(from, "scale"));
}

static void make_kernel(int8_world *w, int i, const rk_json *from)
{
    char name[32];

    snprintf(name, sizeof name, "layer_%d/kernel", i);
    rk_int8_kernel *kernel = &w->weights->int8_kernels[rk_graph_find_param(w->graph, name)];
    assert_true(rk_int8_kernel_alloc(kernel, sizes[i], sizes[i + 1]));
    fill_integers(kernel->w, rk_json_get(from, "w"));
    fill(kernel->scale, rk_json_get(from, "scale"));
    fill(kernel->x_scale, rk_json_get(from, "x_scale"));
    fill_integers(kernel->x_zero, rk_json_get(from, "x_zero"));
    snprintf(name, sizeof name, "layer_%d/bias", i);
    fill(values_of(w, name), rk_json_get(from, "bias"));
}

static void make_weights(int8_world *w)
{
    const rk_json *layers = rk_json_get(w->json, "layers"), *of_norm = rk_json_get(w->json, "norm");
    rocket_error err = { 0 };

    assert_ok(rk_weights_new_dense(&w->weights, w->graph, &err), &err);
    make_table(w, "table_a", rk_json_get(w->json, "a"), A_ROWS, A);
    make_table(w, "table_b", rk_json_get(w->json, "b"), B_ROWS, B);
    for (int i = 0; i < N_LAYERS - 1; i++)
        make_kernel(w, i, rk_json_at(layers, (size_t)i));
    fill(values_of(w, "norm/gamma"), rk_json_get(of_norm, "gamma"));
    fill(values_of(w, "norm/beta"), rk_json_get(of_norm, "beta"));
    fill(values_of(w, "norm/mean"), rk_json_get(of_norm, "mean"));
    fill(values_of(w, "norm/variance"), rk_json_get(of_norm, "variance"));
    fill(values_of(w, "layer_3/kernel"), rk_json_get(rk_json_get(w->json, "last"), "kernel"));
    fill(values_of(w, "layer_3/bias"), rk_json_get(rk_json_get(w->json, "last"), "bias"));
}

static void make_columns(int8_world *w)
{
    const rk_json *rows = rk_json_get(w->json, "rows");

    for (size_t r = 0; r < ROWS; r++) {
        const rk_json *row = rk_json_at(rows, r), *ids = rk_json_get(row, "b");
        int64_t at = w->offsets[1][r];

        w->ids[0][r] = (int64_t)figures_number(rk_json_get(row, "a"));
        w->offsets[0][r + 1] = (int64_t)r + 1;
        w->offsets[1][r + 1] = at + (int64_t)rk_json_size(ids);
        for (size_t i = 0; i < rk_json_size(ids); i++) {
            w->ids[1][at + (int64_t)i] = (int64_t)figures_number(rk_json_at(ids, i));
            w->item_weights[at + (int64_t)i] = (float)figures_number(rk_json_at(rk_json_get(row, "weights"), i));
        }
        fill(w->values + r * P, rk_json_get(row, "p"));
    }
    w->columns[0] = (rk_column){ .kind = RK_COLUMN_IDS, .offsets = w->offsets[0], .ids = w->ids[0] };
    w->columns[1] =
        (rk_column){ .kind = RK_COLUMN_IDS, .offsets = w->offsets[1], .ids = w->ids[1], .weights = w->item_weights };
    w->columns[2] = (rk_column){ .kind = RK_COLUMN_FLOATS, .width = P, .values = w->values };
    for (int i = 0; i < 3; i++)
        w->fed[w->inputs[i]] = &w->columns[i];
}

/* ---- scores ---- */

static void check_rows(int8_world *w, rk_net_session *session, int64_t at_once, bool one_user)
{
    memset(w->scores, 0, sizeof w->scores);
    for (int64_t begin = 0; begin < ROWS; begin += at_once)
        rk_net_run(session, (rk_net_rows){ w->fed, begin, begin + at_once, one_user },
                   &(rk_net_output){ w->logits, { w->scores, 2 } }, 1);
    for (size_t i = 0; i < ROWS * 2; i++) {
        const rk_json *row = rk_json_at(rk_json_get(w->json, "rows"), one_user ? 0 : i / 2);
        double expected = figures_number(rk_json_at(rk_json_get(row, "logits"), i % 2));

        if (!one_user || i < 2)
            assert_float_equal(w->scores[i], expected, 1e-5 * (1 + fabs(expected)));
    }
}

/* user: the inputs whose bit is set; they have the first row's values where one_user. */
static void check_net(int8_world *w, unsigned user)
{
    int nodes[3];
    rk_net_options options = { .user = nodes };
    rocket_error err = { 0 };
    rk_net *net;
    rk_net_session *session;

    for (int i = 0; i < 3; i++)
        if (user >> i & 1)
            nodes[options.n_user++] = w->inputs[i];
    assert_ok(rk_net_new(&net, w->graph, w->weights, &options, &err), &err);
    assert_ok(rk_net_session_new(&session, net, &err), &err);
    check_rows(w, session, ROWS, false);
    check_rows(w, session, 1, false);
    check_rows(w, session, 4, false);
    check_rows(w, session, ROWS, true);
    rk_net_session_free(session);
    rk_net_free(net);
}

static void a_net_of_integers_has_the_figures(void **state)
{
    int8_world w = { .json = figures_read("score/int8.json") };

    (void)state;
    make_graph(&w);
    make_weights(&w);
    make_columns(&w);
    for (unsigned user = 0; user < 8; user++)
        check_net(&w, user);
    rk_weights_free(w.weights);
    rk_graph_free(w.graph);
    rk_json_free(w.json);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_net_of_integers_has_the_figures) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
