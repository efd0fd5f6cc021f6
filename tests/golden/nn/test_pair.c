/* One training step of a small light net and booster against figures that a program sharing nothing with rocket
 * computed in double precision (make_pair.py): losses, logits, every gradient, moving statistics. In every backend. */
#include "json.h"
#include "nn_pair.h"

static char *read_text(const char *path, size_t *size)
{
    rk_buf buf;
    FILE *file = fopen(path, "rb");
    char part[4096];

    assert_non_null(file);
    rk_buf_init(&buf, 0);
    for (size_t n; (n = fread(part, 1, sizeof part, file)) > 0;)
        rk_buf_append(&buf, part, n);
    fclose(file);
    assert_false(rk_buf_failed(&buf));
    *size = buf.size;
    return buf.data;
}

static rk_json *read_figures(void)
{
    rocket_error err = { 0 };
    rk_json *root = NULL;
    size_t size;
    char *text = read_text(ROCKET_SOURCE_DIR "/tests/golden/nn/pair.json", &size);

    assert_ok(rk_json_parse(&root, text, size, "pair.json", &err), &err);
    rk_free(text);
    return root;
}

static double number_at(const rk_json *list, size_t i)
{
    double x = NAN;

    assert_true(rk_json_number(rk_json_at(list, i), &x));
    return x;
}

static float *floats_of(const rk_json *list)
{
    float *values = rk_alloc(rk_json_size(list), sizeof *values);

    for (size_t i = 0; i < rk_json_size(list); i++)
        values[i] = (float)number_at(list, i);
    return values;
}

static int64_t *integers_of(const rk_json *list)
{
    int64_t *values = rk_alloc(rk_json_size(list), sizeof *values);

    for (size_t i = 0; i < rk_json_size(list); i++)
        values[i] = (int64_t)number_at(list, i);
    return values;
}

/* The columns of the batch, named after the graph's inputs. */
static rk_column read_column(const rk_json *f, const char *name)
{
    rk_column column = { .kind = RK_COLUMN_FLOATS, .width = 1 };
    size_t n_rows = rk_json_size(rk_json_get(f, "users"));

    if (strcmp(name, "bag") == 0) {
        column.kind = RK_COLUMN_IDS;
        column.offsets = integers_of(rk_json_get(f, "offsets"));
        column.ids = integers_of(rk_json_get(f, "ids"));
        column.weights = floats_of(rk_json_get(f, "id_weights"));
    } else if (strcmp(name, "user") == 0) {
        column.kind = RK_COLUMN_IDS;
        column.offsets = rk_alloc(n_rows + 1, sizeof *column.offsets);
        for (size_t b = 0; b <= n_rows; b++)
            column.offsets[b] = (int64_t)b;
        column.ids = integers_of(rk_json_get(f, "users"));
    } else if (strcmp(name, "raw") == 0) {
        column.width = 2;
        column.values = floats_of(rk_json_get(f, "raw"));
    } else {
        column.values = floats_of(rk_json_get(f, strcmp(name, "labels") == 0 ? "labels" : "sample_weights"));
    }
    return column;
}

static nn_world make_world(const rk_json *f, const rk_backend *backend)
{
    rk_exec_options options = { .gradients = true, .backend = backend };
    int64_t n_classes;
    nn_world world;

    assert_true(rk_json_integer(rk_json_get(f, "n_classes"), &n_classes));
    world = nn_world_make(nn_pair_graph(n_classes, 0), 4, n_classes, &options);
    for (int i = 0; i < world.n_columns; i++) {
        rk_free(world.columns[i].values);
        rk_free(world.columns[i].offsets);
        rk_free(world.columns[i].ids);
        rk_free(world.columns[i].weights);
        world.columns[i] = read_column(f, rk_graph_node(world.graph, world.nodes[i])->name);
    }
    world.n_rows = (int64_t)rk_json_size(rk_json_get(f, "users"));
    return world;
}

static float *weights_of(nn_world *world, const char *name)
{
    int param = rk_graph_find_param(world->graph, name), table = rk_graph_find_table(world->graph, name);

    assert_true(param >= 0 || table >= 0);
    return table >= 0 ? world->weights->tables[table]
                      : world->weights->dense + rk_graph_param_at(world->graph, param)->offset;
}

static void load_weights(nn_world *world, const rk_json *weights)
{
    assert_int_equal(rk_json_size(weights), rk_graph_n_params(world->graph) + rk_graph_n_tables(world->graph));
    for (size_t i = 0; i < rk_json_size(weights); i++) {
        float *w = weights_of(world, rk_json_key(weights, i));

        for (size_t k = 0; k < rk_json_size(rk_json_member(weights, i)); k++)
            w[k] = (float)number_at(rk_json_member(weights, i), k);
    }
}

static void assert_figures(const float *got, const rk_json *expected, const char *what)
{
    assert_true(rk_json_size(expected) > 0);
    for (size_t i = 0; i < rk_json_size(expected); i++) {
        double e = number_at(expected, i);

        if (!(fabs((double)got[i] - e) <= 2e-6 * (1 + fabs(e))))
            fail_msg("%s[%zu]: %.9g, expected %.9g", what, i, (double)got[i], e);
    }
}

static void check_output(nn_world *world, const rk_json *f, const char *name)
{
    int node = rk_graph_find_output(world->graph, name);
    int64_t C = rk_shape_size(&rk_graph_node(world->graph, node)->shape), ld;
    const float *value = rk_exec_value(world->exec, node, &ld);
    float *packed = rk_alloc((size_t)(world->n_rows * C), sizeof *packed);

    for (int64_t i = 0; i < world->n_rows * C; i++)
        packed[i] = value[i / C * ld + i % C];
    assert_int_equal(rk_json_size(rk_json_get(f, name)), world->n_rows * C);
    assert_figures(packed, rk_json_get(f, name), name);
    rk_free(packed);
}

static void check_gradients(nn_world *world, const rk_json *gradients)
{
    for (size_t i = 0; i < rk_json_size(gradients); i++) {
        const char *name = rk_json_key(gradients, i);
        int table = rk_graph_find_table(world->graph, name), param = rk_graph_find_param(world->graph, name);
        float *sum;

        if (table < 0) {
            assert_figures(rk_exec_dense_gradient(world->exec) + rk_graph_param_at(world->graph, param)->offset,
                           rk_json_member(gradients, i), name);
            continue;
        }
        sum = nn_table_gradient(world, table);
        assert_figures(sum, rk_json_member(gradients, i), name);
        rk_free(sum);
    }
}

static void check_step(const rk_json *f, const rk_backend *backend)
{
    nn_world world = make_world(f, backend);
    const rk_json *moved = rk_json_get(f, "moved"), *losses = rk_json_get(f, "losses");
    double l2 = NAN;

    load_weights(&world, rk_json_get(f, "weights"));
    nn_world_step(&world);
    assert_int_equal(rk_json_size(losses), rk_graph_n_losses(world.graph));
    for (size_t i = 0; i < rk_json_size(losses); i++) {
        float loss = (float)rk_exec_loss(world.exec, (int)i);

        if (!(fabs((double)loss - number_at(losses, i)) <= 1e-6))
            fail_msg("%s: %.9g, expected %.9g", rk_graph_loss_at(world.graph, (int)i)->name, (double)loss,
                     number_at(losses, i));
    }
    assert_true(rk_json_number(rk_json_get(f, "l2"), &l2));
    assert_true(fabs(rk_exec_l2(world.exec) - l2) < 1e-9);
    check_output(&world, f, "logits_light");
    check_output(&world, f, "logits_booster");
    check_gradients(&world, rk_json_get(f, "gradients"));
    for (size_t i = 0; i < rk_json_size(moved); i++)
        assert_figures(weights_of(&world, rk_json_key(moved, i)), rk_json_member(moved, i), rk_json_key(moved, i));
    nn_world_free(&world);
}

static void a_step_equals_the_figures(void **state)
{
    rk_json *root = read_figures();

    (void)state;
    assert_int_equal(rk_json_size(root), 2);
    for (const rk_backend *const *backend = rk_backends; *backend; backend++)
        for (size_t i = 0; (*backend)->supported() && i < rk_json_size(root); i++)
            check_step(rk_json_at(root, i), *backend);
    rk_json_free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_equals_the_figures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
