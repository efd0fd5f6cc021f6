/* Building graphs: faults that stick, sharing, the cut, costs, and the JSON form there and back. */
#include "loss.h"
#include "nn_pair.h"

static void assert_fault(rk_graph *graph, rocket_status status, const char *text)
{
    rocket_error err = { 0 };

    assert_int_equal(rk_graph_finish(graph, &err), status);
    if (!strstr(err.text, text))
        fail_msg("\"%s\" does not say \"%s\"", err.text, text);
    rk_graph_free(graph);
}

static rk_node_spec spec_of(const char *op, const int *inputs, int n)
{
    rk_node_spec spec = RK_NODE_SPEC(op);

    spec.inputs = inputs;
    spec.n_inputs = n;
    return spec;
}

static void the_first_fault_sticks(void **state)
{
    rk_graph *graph = rk_graph_new();
    int x = rk_graph_input_floats(graph, "x", 3), ids = rk_graph_input_ids(graph, "ids");

    (void)state;
    assert_int_equal(rk_graph_unary(graph, "rleu", x), -1);
    assert_int_equal(rk_graph_unary(graph, "relu", x), -1);
    assert_int_equal(rk_graph_unary(graph, "relu", ids), -1);
    assert_fault(graph, ROCKET_CONFIG, "there is no op \"rleu\"");
}

static void nodes_must_fit_their_inputs(void **state)
{
    static const struct {
        int64_t in, out, bias;
        const char *text;
    } wrong[] = {
        { 4, 2, 2, "must be [3, out]" },
        { 3, 2, 3, "must have 2 values" },
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        rk_graph *graph = rk_graph_new();
        int x = rk_graph_input_floats(graph, "x", 3);
        rk_node_spec spec = spec_of("dense", &x, 1);

        spec.n_params = 2;
        spec.params[0] = rk_example_param(graph, "k", (rk_shape){ 2, { wrong[i].in, wrong[i].out } }, "ones", 0, 0);
        spec.params[1] = rk_example_param(graph, "b", (rk_shape){ 1, { wrong[i].bias } }, "ones", 0, 0);
        assert_int_equal(rk_graph_add(graph, &spec), -1);
        assert_fault(graph, ROCKET_CONFIG, wrong[i].text);
    }
}

/* One wrong call on a graph with floats "x" (node 0, width 3), ids "ids" (1), table 0 and parameter 0. */
typedef struct wrong_call {
    rk_node_spec spec;
    const char *loss; /* NULL: a node */
    const char *text;
} wrong_call;

static void wrong_calls_are_refused(void **state)
{
    static const int x[] = { 0, 0 }, ids[] = { 1 }, nowhere[] = { 7 };
    const wrong_call calls[] = {
        { { .op = "relu", .inputs = x, .n_inputs = 2, .table = -1 }, NULL, "does not take 2 inputs" },
        { { .op = "relu", .inputs = ids, .n_inputs = 1, .table = -1 }, NULL, "must be values, not ids" },
        { { .op = "relu", .inputs = nowhere, .n_inputs = 1, .table = -1 }, NULL, "does not exist" },
        { { .op = "relu", .inputs = x, .n_inputs = 1, .table = 0 }, NULL, "takes no table" },
        { { .op = "relu", .inputs = x, .n_inputs = 1, .table = -1, .n_params = 1 }, NULL, "takes 0 parameters" },
        { { .op = "relu", .name = "x", .inputs = x, .n_inputs = 1, .table = -1 }, NULL, "defined twice" },
        { { .op = "relu", .inputs = x, .n_inputs = 1, .table = -1, .attrs = { { "slope", 1 } } },
          NULL,
          "no attribute" },
        { { .op = "dropout", .inputs = x, .n_inputs = 1, .table = -1, .attrs = { { "ratio", 1 } } }, NULL, "[0, 1)" },
        { { .op = "dropout", .inputs = x, .n_inputs = 1, .table = -1, .attrs = { { "ratio", NAN } } }, NULL, "finite" },
        { { .op = "embedding", .inputs = x, .n_inputs = 1, .table = 0 }, NULL, "must be ids" },
        { { .op = "embedding", .inputs = ids, .n_inputs = 1, .table = -1 }, NULL, "needs a table" },
        { { .op = "embedding", .inputs = ids, .n_inputs = 1, .table = 4 }, NULL, "needs a table" },
        { { .op = "embedding", .inputs = ids, .n_inputs = 1, .attrs = { { "combiner", 3 } } }, NULL, "combiner" },
        { { .op = "select_column", .inputs = x, .n_inputs = 1, .table = -1, .attrs = { { "column", 3 } } },
          NULL,
          "0 .. 2" },
        { { .op = "concat", .inputs = x, .n_inputs = 0, .table = -1 }, NULL, "does not take 0 inputs" },
        { { .inputs = x, .n_inputs = 2 }, "SIGMOID_KE", "there is no loss" },
        { { .inputs = x, .n_inputs = 1 }, "LOGIT_MSE", "does not take 1 inputs" },
        { { .inputs = x, .n_inputs = 2 }, "SIGMOID_CE", "one value per row" },
        { { .inputs = x, .n_inputs = 2, .attrs = { { "weight", -1 } } }, "LOGIT_MSE", "weight must be >= 0" },
        { { .inputs = x, .n_inputs = 2, .attrs = { { "reduction", 2 } } }, "LOGIT_MSE", "reduction" },
        { { .inputs = x, .n_inputs = 2, .attrs = { { "temperature", 0 } } }, "KD", "temperature must be > 0" },
        { { .inputs = ids, .n_inputs = 1 }, "EMBEDDING_L2", "is ids" },
        { { .inputs = x, .n_inputs = 2 }, "EMBEDDING_L2", "does not take 2 inputs" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        rk_graph *graph = rk_graph_new();

        rk_graph_input_floats(graph, "x", 3);
        rk_graph_input_ids(graph, "ids");
        rk_graph_table(graph, &(rk_table){ .name = "t", .n_rows = 4, .dim = 2 });
        rk_example_param(graph, "p", (rk_shape){ 1, { 3 } }, "ones", 0, 0);
        if (calls[i].loss)
            assert_int_equal(rk_graph_add_loss(graph, calls[i].loss, "loss", &calls[i].spec), -1);
        else
            assert_int_equal(rk_graph_add(graph, &calls[i].spec), -1);
        assert_fault(graph, ROCKET_CONFIG, calls[i].text);
    }
}

static void sizes_have_limits(void **state)
{
    (void)state;
    for (int64_t n = 0; n <= 1; n++) {
        rk_graph *graph = rk_graph_new();
        rk_graph_table(graph, &(rk_table){ .name = "t", .n_rows = n ? INT64_MAX : 0, .dim = 8 });
        assert_fault(graph, ROCKET_CONFIG, "not possible");
        graph = rk_graph_new();
        rk_graph_input_floats(graph, "x", n ? INT64_MAX : 0);
        assert_fault(graph, ROCKET_CONFIG, "width");
        graph = rk_graph_new();
        rk_example_param(graph, "p", (rk_shape){ 2, { (int64_t)1 << 30, n ? (int64_t)1 << 30 : -1 } }, "ones", 0, 0);
        assert_fault(graph, ROCKET_CONFIG, "dimension");
    }
    assert_fault(rk_graph_new(), ROCKET_CONFIG, "no nodes");
}

static void names_are_shared_when_shapes_agree(void **state)
{
    rk_graph *graph = rk_graph_new();
    int p = rk_example_param(graph, "p", (rk_shape){ 2, { 3, 4 } }, "ones", 0, 0);
    int t = rk_graph_table(graph, &(rk_table){ .name = "t", .n_rows = 4, .dim = 2 });

    (void)state;
    assert_int_equal(rk_example_param(graph, "p", (rk_shape){ 2, { 3, 4 } }, "zeros", 0, 0), p);
    assert_int_equal(rk_example_param(graph, "q", (rk_shape){ 1, { 5 } }, "zeros", 0, 0), p + 1);
    assert_int_equal(rk_graph_table(graph, &(rk_table){ .name = "t", .n_rows = 4, .dim = 2 }), t);
    assert_int_equal(rk_graph_param_at(graph, p + 1)->offset, 16); /* 12 values, then the next cache line */
    assert_int_equal(rk_graph_dense_size(graph), 32);
    assert_int_equal(rk_example_param(graph, "p", (rk_shape){ 2, { 4, 3 } }, "ones", 0, 0), -1);
    assert_fault(graph, ROCKET_CONFIG, "two different shapes");
}

static void activations_are_known_by_their_names(void **state)
{
    (void)state;
    assert_ptr_equal(rk_op_find_activation("tf.nn.relu"), rk_op_find("relu"));
    assert_ptr_equal(rk_op_find_activation("ReLU"), rk_op_find("relu"));
    assert_ptr_equal(rk_op_find_activation("leaky_relu"), rk_op_find("leaky_relu"));
    assert_ptr_equal(rk_op_find_activation("gelu"), rk_op_find("gelu"));
    assert_ptr_equal(rk_op_find_activation("tf.nn.gelu"), rk_op_find("gelu_exact"));
    assert_null(rk_op_find_activation("tf.nn.ReLU"));
    assert_null(rk_op_find_activation("dense"));
    assert_ptr_equal(rk_op_find_activation("linear"), rk_op_find("linear"));
    assert_ptr_equal(rk_op_find_activation(""), rk_op_find("linear"));
    assert_ptr_equal(rk_op_find_activation("Dice"), rk_op_find("dice"));
    assert_null(rk_op_find_activation("dice_"));
}

static rk_graph *finished_pair(void)
{
    rk_graph *graph = nn_pair_graph(2, 0.5);
    rocket_error err = { 0 };

    assert_ok(rk_graph_finish(graph, &err), &err);
    return graph;
}

/* Of the booster nothing is left, not even the block and its dropout; the shared part is. */
static void the_cut_holds_the_light_net_only(void **state)
{
    static const char *const outputs[] = { "probs_light", "logits_light" };
    rk_graph *graph = finished_pair(), *cut = NULL;
    rocket_error err = { 0 };

    (void)state;
    assert_ok(rk_graph_cut(&cut, graph, outputs, 2, &err), &err);
    for (int i = 0; i < rk_graph_n_nodes(cut); i++) {
        const rk_node *node = rk_graph_node(cut, i);

        assert_null(strstr(node->name, "booster"));
        assert_true(node->kind != RK_NODE_OP || !node->op->identity_in_inference);
    }
    for (int i = 0; i < rk_graph_n_params(cut); i++)
        assert_null(strstr(rk_graph_param_at(cut, i)->name, "booster"));
    assert_int_equal(rk_graph_n_params(cut), 6 + 6 + 2);
    assert_int_equal(rk_graph_n_tables(cut), 2);
    assert_int_equal(rk_graph_n_losses(cut), 0);
    assert_int_equal(rk_graph_n_outputs(cut), 2);
    assert_int_equal(rk_graph_find_node(cut, "labels"), -1);
    assert_true(rk_graph_find_node(cut, "raw") >= 0);
    assert_true(rk_graph_find_output(cut, "probs_light") >= 0);
    rk_graph_free(cut);
    cut = NULL;
    assert_int_equal(rk_graph_cut(&cut, graph, (const char *[]){ "probs_lite" }, 1, &err), ROCKET_CONFIG);
    assert_null(cut);
    rk_graph_free(graph);
}

static void copy_weights(rk_weights *to, const rk_weights *from)
{
    for (int i = 0; i < rk_graph_n_params(to->graph); i++) {
        const rk_param *param = rk_graph_param_at(to->graph, i);
        int source = rk_graph_find_param(from->graph, param->name);

        memcpy(to->dense + param->offset, from->dense + rk_graph_param_at(from->graph, source)->offset,
               (size_t)rk_shape_size(&param->shape) * sizeof(float));
    }
    for (int i = 0; i < rk_graph_n_tables(to->graph); i++) {
        const rk_table *table = rk_graph_table_at(to->graph, i);

        memcpy(to->tables[i], from->tables[rk_graph_find_table(from->graph, table->name)],
               (size_t)(table->n_rows * table->dim) * sizeof(float));
    }
}

/* The cut scores like the graph it came from, to the bit; through JSON too. */
static void the_cut_scores_the_same(void **state)
{
    rk_exec_options options = { 0 };
    nn_world whole = nn_world_make(nn_pair_graph(2, 0.5), 33, 2, &options), part = { .n_rows = 33 };
    rocket_error err = { 0 };
    int64_t ld[2];
    const float *scores[2];
    rk_graph *cut = NULL;
    rk_json *json = NULL;
    rk_buf buf;

    (void)state;
    assert_ok(rk_graph_cut(&cut, whole.graph, (const char *[]){ "probs_light" }, 1, &err), &err);
    rk_buf_init(&buf, 0);
    rk_graph_write_json(cut, &buf);
    assert_ok(rk_json_parse(&json, buf.data, buf.size, "cut", &err), &err);
    assert_ok(rk_graph_read_json(&part.graph, json, &err), &err);
    rk_json_free(json);
    rk_buf_clear(&buf);
    rk_graph_free(cut);

    assert_ok(rk_weights_new(&part.weights, part.graph, &err), &err);
    copy_weights(part.weights, whole.weights);
    assert_ok(rk_exec_new(&part.exec, part.graph, part.weights, &options, &err), &err);
    nn_world_feed(&whole);
    for (int i = 0; i < whole.n_columns; i++) {
        int node = rk_graph_find_node(part.graph, rk_graph_node(whole.graph, whole.nodes[i])->name);

        if (node >= 0)
            rk_exec_feed(part.exec, node, &whole.columns[i]);
    }
    assert_ok(rk_exec_forward(whole.exec, 33, false, 0, &err), &err);
    assert_ok(rk_exec_forward(part.exec, 33, false, 0, &err), &err);
    scores[0] = rk_exec_value(whole.exec, rk_graph_find_output(whole.graph, "probs_light"), &ld[0]);
    scores[1] = rk_exec_value(part.exec, rk_graph_find_output(part.graph, "probs_light"), &ld[1]);
    for (int64_t i = 0; i < 66; i++)
        assert_true(scores[0][i / 2 * ld[0] + i % 2] == scores[1][i / 2 * ld[1] + i % 2]);
    nn_world_free(&part);
    nn_world_free(&whole);
}

static void costs_count_what_is_reached(void **state)
{
    rk_graph *graph = finished_pair();
    rk_cost light = rk_graph_cost(graph, rk_graph_find_output(graph, "probs_light"));
    rk_cost booster = rk_graph_cost(graph, rk_graph_find_output(graph, "logits_booster"));

    (void)state;
    assert_int_equal(light.multiplications, 12 * 6 + 6 * 4 + 4 * 2);
    assert_int_equal(booster.multiplications, 12 * 6 + 6 * 5 + 5 * 2);
    assert_int_equal(light.layers, 3);
    assert_int_equal(light.dense_params, (12 + 3) * 6 + (6 + 3) * 4 + (4 + 1) * 2); /* kernel, bias, gamma, beta */
    assert_int_equal(light.table_params, 9 * 3 + 200 * 4);                          /* the shared table once */
    assert_int_equal(booster.table_params, light.table_params);
    rk_graph_free(graph);
}

static void json_comes_back_the_same(void **state)
{
    rk_graph *graph = finished_pair(), *again = NULL;
    rocket_error err = { 0 };
    rk_json *json = NULL;
    rk_buf first, second;

    (void)state;
    rk_buf_init(&first, 0);
    rk_buf_init(&second, 0);
    rk_graph_write_json(graph, &first);
    assert_ok(rk_json_parse(&json, first.data, first.size, "graph", &err), &err);
    assert_ok(rk_graph_read_json(&again, json, &err), &err);
    rk_graph_write_json(again, &second);
    assert_false(rk_buf_failed(&first) || rk_buf_failed(&second));
    assert_string_equal(first.data, second.data);
    assert_int_equal(rk_graph_dense_size(graph), rk_graph_dense_size(again));
    rk_json_free(json);
    rk_buf_clear(&first);
    rk_buf_clear(&second);
    rk_graph_free(again);
    rk_graph_free(graph);
}

static rocket_status read_text(const char *text, rocket_error *err)
{
    rk_graph *graph = NULL;
    rk_json *json = NULL;
    rocket_status status = rk_json_parse(&json, text, strlen(text), "graph", err);

    if (status == ROCKET_OK)
        status = rk_graph_read_json(&graph, json, err);
    rk_graph_free(graph);
    rk_json_free(json);
    return status;
}

#define NODES(nodes) "{\"params\":[],\"tables\":[],\"nodes\":[" nodes "],\"outputs\":[]}"
#define X "{\"floats\":\"x\",\"width\":3}"

static void foreign_json_is_checked(void **state)
{
    static const char *const wrong[][2] = {
        { "[]", "expected an object" },
        { "{}", "\"params\" must be a list" },
        { "{\"params\":[],\"tables\":[],\"nodes\":[],\"outputs\":[]}", "no nodes" },
        { "{\"params\":[],\"tables\":[],\"nodes\":[],\"outputs\":[],\"losses\":[]}", "expected an object" },
        { NODES("{}"), "nodes[0] lacks" },
        { NODES("7"), "nodes[0] lacks" },
        { NODES("{\"floats\":\"x\"}"), "nodes[0] lacks" },
        { NODES("{\"floats\":\"x\",\"width\":0}"), "width must be" },
        { NODES("{\"floats\":\"x\",\"width\":1e300}"), "nodes[0] lacks" },
        { NODES("{\"floats\":\"x\",\"width\":3,\"colour\":1}"), "nodes[0] lacks" },
        { NODES(X "," X), "nodes[1]: node \"x\" is defined twice" },
        { NODES(X ",{\"op\":\"relu\",\"name\":\"y\",\"inputs\":[1]}"), "does not exist" },
        { NODES(X ",{\"op\":\"relu\",\"name\":\"y\",\"inputs\":[-1]}"), "does not exist" },
        { NODES(X ",{\"op\":\"relu\",\"name\":\"y\",\"inputs\":[0.5]}"), "nodes[1] lacks" },
        { NODES(X ",{\"op\":\"relu\",\"name\":\"y\",\"inputs\":[4294967296]}"), "nodes[1] lacks" },
        { NODES(X ",{\"op\":\"relu\",\"name\":\"y\",\"inputs\":[]}"), "does not take 0 inputs" },
        { NODES(X ",{\"op\":\"system\",\"name\":\"y\",\"inputs\":[0]}"), "there is no op" },
        { NODES(X ",{\"op\":\"relu\",\"name\":\"y\",\"inputs\":[0],\"table\":-5}"), NULL },
        { NODES(X ",{\"op\":\"relu\",\"name\":\"y\",\"inputs\":[0],\"params\":[0]}"), "takes 0 parameters" },
        { NODES(X ",{\"op\":\"dense\",\"name\":\"y\",\"inputs\":[0],\"params\":[0,1]}"), "does not exist" },
        { NODES(X ",{\"op\":\"relu\",\"name\":\"y\",\"inputs\":[0],\"params\":[0,1,2,3,4,5,6]}"), "nodes[1] lacks" },
        { NODES(X ",{\"op\":\"dropout\",\"name\":\"y\",\"inputs\":[0],\"attrs\":{\"ratio\":\"x\"}}"),
          "nodes[1] lacks" },
        { NODES(X ",{\"op\":\"dropout\",\"name\":\"y\",\"inputs\":[0],\"attrs\":{\"r\":1}}"), "no attribute" },
        { "{\"params\":[{\"name\":\"p\",\"shape\":[3,3,3,3,3],\"trainable\":true,\"l2\":0}],\"tables\":[],\"nodes\":[],"
          "\"outputs\":[]}",
          "params[0] lacks" },
        { "{\"params\":[{\"name\":\"p\",\"shape\":[2147483648,2147483648],\"trainable\":true,\"l2\":0}],\"tables\":[],"
          "\"nodes\":[],\"outputs\":[]}",
          "dimension" },
        { "{\"params\":[],\"tables\":[{\"name\":\"t\",\"rows\":1,\"dim\":1},{\"name\":\"t\",\"rows\":1,\"dim\":1}],"
          "\"nodes\":[],\"outputs\":[]}",
          "tables[1] lacks" },
        { "{\"params\":[],\"tables\":[],\"nodes\":[" X "],\"outputs\":[{\"name\":\"o\",\"node\":1}]}",
          "does not exist" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        rocket_error err = { 0 };
        rocket_status status = read_text(wrong[i][0], &err);

        if (!wrong[i][1]) /* a table of -5 is as good as none */
            assert_int_equal(status, ROCKET_OK);
        else if (status != ROCKET_CORRUPT || !strstr(err.text, wrong[i][1]))
            fail_msg("%s: status %d, \"%s\"", wrong[i][0], (int)status, err.text);
    }
}

static rocket_status cut_and_round_trip(void *arg)
{
    rk_graph *cut = NULL, *again = NULL;
    rocket_error err = { 0 };
    rk_json *json = NULL;
    rk_buf buf;
    rocket_status status = rk_graph_cut(&cut, arg, (const char *[]){ "probs_light" }, 1, &err);

    rk_buf_init(&buf, 0);
    if (status == ROCKET_OK)
        rk_graph_write_json(cut, &buf);
    if (status == ROCKET_OK && rk_buf_failed(&buf))
        status = ROCKET_FAILED;
    if (status == ROCKET_OK)
        status = rk_json_parse(&json, buf.data, buf.size, "cut", &err);
    if (status == ROCKET_OK)
        status = rk_graph_read_json(&again, json, &err);
    rk_json_free(json);
    rk_buf_clear(&buf);
    rk_graph_free(again);
    rk_graph_free(cut);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    rk_graph *graph = finished_pair();

    (void)state;
    assert_survives_failed_allocations(cut_and_round_trip, graph);
    rk_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_fault_sticks),
        cmocka_unit_test(nodes_must_fit_their_inputs),
        cmocka_unit_test(wrong_calls_are_refused),
        cmocka_unit_test(sizes_have_limits),
        cmocka_unit_test(names_are_shared_when_shapes_agree),
        cmocka_unit_test(activations_are_known_by_their_names),
        cmocka_unit_test(the_cut_holds_the_light_net_only),
        cmocka_unit_test(the_cut_scores_the_same),
        cmocka_unit_test(costs_count_what_is_reached),
        cmocka_unit_test(json_comes_back_the_same),
        cmocka_unit_test(foreign_json_is_checked),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
