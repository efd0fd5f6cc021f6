/* Every op in the table as ONNX: the op's own examples, written as a model and run by ONNX Runtime on the inputs that
 * our reference backend was run on. An op without a form in ONNX must be one that no cut holds. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "example.h"
#include "file.h"
#include "nn_world.h"
#include "python_check.h"

enum { N_ROWS = 40, MOST_IDS = 4 }; /* ids of a bag, with one place that nobody takes */

/* Ops that are there for a loss alone. */
static bool never_in_a_cut(const rk_op *op)
{
    return strcmp(op->name, "keep_rate") == 0;
}

static void put_name(rk_buf *out, const char *name)
{
    rk_buf_puts(out, out->data[out->size - 1] == '{' ? "" : ", ");
    rk_buf_json_string(out, name, strlen(name));
    rk_buf_puts(out, ": ");
}

static void put_floats(rk_buf *out, const char *name, const float *values, int64_t ld, int64_t width)
{
    put_name(out, name);
    for (int64_t b = 0; b < N_ROWS; b++) {
        rk_buf_puts(out, b == 0 ? "[[" : "], [");
        for (int64_t c = 0; c < width; c++) {
            rk_buf_puts(out, c == 0 ? "" : ", ");
            rk_buf_json_number(out, (double)values[b * ld + c]);
        }
    }
    rk_buf_puts(out, "]]");
}

/* One id a row; of a list, MOST_IDS, with -1 behind its own. */
static void put_ids(rk_buf *out, const char *name, const rk_column *column)
{
    bool list = column->weights != NULL;
    float weights[N_ROWS * MOST_IDS] = { 0 };
    char weights_name[64];

    put_name(out, name);
    for (int64_t b = 0; b < N_ROWS; b++) {
        rk_buf_puts(out, b == 0 ? list ? "[[" : "[" : list ? "], [" : ", ");
        for (int64_t i = 0; i < (list ? MOST_IDS : 1); i++) {
            int64_t at = column->offsets[b] + i;
            bool padding = at >= column->offsets[b + 1];

            rk_buf_printf(out, "%s%lld", i ? ", " : "", padding ? -1 : (long long)column->ids[at]);
            if (list && !padding)
                weights[b * MOST_IDS + i] = column->weights[at];
        }
    }
    rk_buf_puts(out, list ? "]]" : "]");
    snprintf(weights_name, sizeof weights_name, "%s" RK_ONNX_WEIGHTS, name);
    if (list)
        put_floats(out, weights_name, weights, MOST_IDS, MOST_IDS);
}

/* {"x": {inputs}, "y": expected}, as JSON beside the model. */
static void write_rows(const nn_world *world, const char *path, const float *y, int64_t ld, int64_t width)
{
    rk_buf out;
    rocket_error err = { 0 };

    rk_buf_init(&out, 0);
    rk_buf_puts(&out, "{\"x\": {");
    for (int i = 0; i < world->n_columns; i++) {
        const char *name = rk_graph_node(world->graph, world->nodes[i])->name;

        if (world->columns[i].kind == RK_COLUMN_IDS)
            put_ids(&out, name, &world->columns[i]);
        else
            put_floats(&out, name, world->columns[i].values, world->columns[i].width, world->columns[i].width);
    }
    rk_buf_puts(&out, "}");
    put_floats(&out, "y", y, ld, width);
    rk_buf_puts(&out, "}\n");
    assert_ok(rk_file_write(path, out.data, out.size, &err), &err);
    rk_buf_clear(&out);
}

/* Statistics that have moved, so that they matter. */
static void move_state(const nn_world *world)
{
    rk_rng rng = rk_rng_at(3, RK_RNG_TEST, 0, 0);

    for (int i = 0; i < rk_graph_n_params(world->graph); i++) {
        const rk_param *param = rk_graph_param_at(world->graph, i);

        for (int64_t k = 0; !param->trainable && k < rk_shape_size(&param->shape); k++)
            world->weights->dense[param->offset + (size_t)k] = 0.5F + rk_rng_float(&rng);
    }
}

static void write_example(nn_world *world, int y, const char *stem)
{
    char path[128];
    bool lists[64] = { 0 };
    int64_t ld = 0;
    rocket_error err = { 0 };
    rk_onnx_source source = { .graph = world->graph, .weights = world->weights, .lists = lists };

    assert_true(rk_graph_n_nodes(world->graph) <= 64);
    move_state(world);
    for (int i = 0; i < world->n_columns; i++)
        lists[world->nodes[i]] = world->columns[i].weights != NULL;
    nn_world_feed(world);
    assert_ok(rk_exec_forward(world->exec, N_ROWS, false, 0, &err), &err);
    const float *values = rk_exec_value(world->exec, y, &ld);
    assert_non_null(values);
    snprintf(path, sizeof path, "%s.onnx", stem);
    assert_ok(rk_onnx_write(path, &source, &err), &err);
    snprintf(path, sizeof path, "%s.json", stem);
    write_rows(world, path, values, ld, rk_shape_size(&rk_graph_node(world->graph, y)->shape));
}

static bool example(const rk_op *op, int variant, const char *folder)
{
    char stem[96];
    rk_graph *graph = rk_graph_new();
    rk_exec_options options = { .backend = rk_backend_find("reference"), .unfused = true };
    int y;

    assert_non_null(graph);
    if (!rk_example_make(graph, op, variant, &y)) {
        rk_graph_free(graph);
        return false;
    }
    rk_graph_output(graph, "y", y);
    nn_world world = nn_world_make(graph, N_ROWS, 0, &options);
    snprintf(stem, sizeof stem, "%s/%s_%d", folder, op->name, variant);
    write_example(&world, y, stem);
    nn_world_free(&world);
    return true;
}

/* dense, batch norm, relu: one Gemm in the model. */
static void write_folded(const char *folder)
{
    static const char *const names[] = { "gamma", "beta", "moving_mean", "moving_variance" };
    rk_graph *graph = rk_graph_new();
    rk_node_spec spec = RK_NODE_SPEC("batch_norm");
    rk_exec_options options = { .backend = rk_backend_find("reference"), .unfused = true };
    char stem[96];
    int x;

    assert_true(rk_op_find("dense")->example(graph, 2, &x));
    spec.inputs = &x;
    spec.n_inputs = 1;
    spec.n_params = 4;
    for (int i = 0; i < 4; i++)
        spec.params[i] = rk_example_param(graph, names[i], (rk_shape){ 1, { 2 } }, "uniform", 0.5, 1.5);
    int y = rk_graph_unary(graph, "relu", rk_graph_add(graph, &spec));
    rk_graph_output(graph, "y", y);
    nn_world world = nn_world_make(graph, N_ROWS, 0, &options);
    snprintf(stem, sizeof stem, "%s/folded", folder);
    write_example(&world, y, stem);
    nn_world_free(&world);
}

static void onnx_runtime_computes_what_the_ops_compute(void **state)
{
    test_folder scratch = make_test_folder();

    (void)state;
    for (const rk_op *const *op = rk_ops; *op; op++) {
        if ((*op)->onnx == NULL && !(*op)->identity_in_inference) {
            assert_true(never_in_a_cut(*op));
            continue;
        }
        for (int variant = 0; example(*op, variant, scratch.path); variant++) {
        }
    }
    write_folded(scratch.path);
    rk_python_check("onnxruntime onnx", "onnx_check.py", scratch.path, NULL);
    remove_test_folder(scratch);
}

static void names_that_collide_are_refused(void **state)
{
    test_folder scratch = make_test_folder();
    char path[128];
    const bool lists[2] = { true };
    rocket_error err = { 0 };
    rk_graph *graph = rk_graph_new();
    int inputs[] = { rk_graph_input_ids(graph, "tags"), rk_graph_input_floats(graph, "tags/weights", 1) };

    (void)state;
    rk_graph_output(graph, "y", rk_graph_unary(graph, "relu", inputs[1]));
    assert_ok(rk_graph_finish(graph, &err), &err);
    rk_weights *weights = NULL;
    assert_ok(rk_weights_new(&weights, graph, &err), &err);
    snprintf(path, sizeof path, "%s/model.onnx", scratch.path);
    rk_onnx_source source = { .graph = graph, .weights = weights, .lists = lists };
    assert_int_equal(rk_onnx_write(path, &source, &err), ROCKET_CONFIG);
    assert_non_null(strstr(err.text, "would be named \"tags/weights\""));
    assert_false(rk_file_exists(path));
    rk_weights_free(weights);
    rk_graph_free(graph);
    remove_test_folder(scratch);
}

/* Nobody has to make such a table: its size is enough. */
static void more_than_2_gib_are_refused(void **state)
{
    const bool lists[2] = { false };
    float *tables[] = { NULL };
    rocket_error err = { 0 };
    rk_graph *graph = rk_graph_new();
    rk_table table = { .name = "big", .n_rows = 1 << 25, .dim = 16, .init = rk_init_make("zeros", 0, 0) };
    int ids = rk_graph_input_ids(graph, "user");
    rk_node_spec spec = RK_NODE_SPEC("embedding");

    (void)state;
    spec.inputs = &ids;
    spec.n_inputs = 1;
    spec.table = rk_graph_table(graph, &table);
    rk_graph_output(graph, "y", rk_graph_add(graph, &spec));
    assert_ok(rk_graph_finish(graph, &err), &err);
    rk_weights weights = { .graph = graph, .tables = tables };
    rk_onnx_source source = { .graph = graph, .weights = &weights, .lists = lists };
    assert_int_equal(rk_onnx_write("big.onnx", &source, &err), ROCKET_CONFIG);
    assert_non_null(strstr(err.text, "expected a model of at most 2 GiB"));
    assert_non_null(strstr(err.text, "make tables smaller"));
    assert_false(rk_file_exists("big.onnx"));
    rk_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(onnx_runtime_computes_what_the_ops_compute),
        cmocka_unit_test(names_that_collide_are_refused),
        cmocka_unit_test(more_than_2_gib_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
