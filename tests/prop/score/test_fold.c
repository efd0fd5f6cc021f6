/* Which look-ups are folded through the layer that reads them, and what their rows add to it: the bags' sums times the
 * kernel, worked out here in double; the same bits whether a bag says that its weights are 1 or says nothing. */
#include "fold.h"

#include <math.h>
#include <stdio.h>

#include "mem.h"
#include "net.h"
#include "nn_world.h"
#include "rng.h"

enum { WIDTH = 24, N_LOOK_UPS = 5, N_ROWS = 40, MOST_IDS = 300, MOST_NODES = 400 };

typedef struct fold_world {
    rk_graph *graph;
    rk_weights *weights;
    rk_plan *plan;
    rk_arena arena;
    int inputs[N_LOOK_UPS], look_ups[N_LOOK_UPS], layer;
    rk_column columns[MOST_NODES];
} fold_world;

static const struct {
    int64_t n_rows, dim;
    rk_combiner combiner;
} specs[N_LOOK_UPS] = {
    { 9, 5, RK_COMBINER_SUM },     { 40, 4, RK_COMBINER_MEAN },
    { 60, 17, RK_COMBINER_SQRTN }, { 3000, 8, RK_COMBINER_SUM }, /* too many rows */
    { 7, 3, RK_COMBINER_SUM },                                   /* too few columns */
};

static int look_up(rk_graph *graph, int ids, int i, int64_t n_rows, int64_t dim)
{
    char name[32];
    rk_table table = { .name = name, .n_rows = n_rows, .dim = dim, .init = rk_init_make("random_normal", 0, 1) };
    rk_node_spec spec = RK_NODE_SPEC("embedding");

    snprintf(name, sizeof name, "table_%d", i);
    spec.inputs = &ids;
    spec.n_inputs = 1;
    spec.table = rk_graph_table(graph, &table);
    spec.attrs[0] = (rk_attr){ "combiner", i < N_LOOK_UPS ? specs[i].combiner : RK_COMBINER_SUM };
    return rk_graph_add(graph, &spec);
}

static int concat(rk_graph *graph, const int *inputs, int n)
{
    rk_node_spec spec = RK_NODE_SPEC("concat");

    spec.inputs = inputs;
    spec.n_inputs = n;
    return rk_graph_add(graph, &spec);
}

static int dense(rk_graph *graph, const char *name, int x, int64_t k, int64_t n)
{
    rk_node_spec spec = RK_NODE_SPEC("dense");
    char full[32];
    rk_param param = { .name = full, .shape = { 2, { k, n } }, .init = rk_init_make("random_normal", 0, 1) };

    spec.inputs = &x;
    spec.n_inputs = 1;
    spec.n_params = 2;
    snprintf(full, sizeof full, "%s/kernel", name);
    spec.params[0] = rk_graph_param(graph, &param);
    snprintf(full, sizeof full, "%s/bias", name);
    param.shape = (rk_shape){ 1, { n } };
    spec.params[1] = rk_graph_param(graph, &param);
    return rk_graph_add(graph, &spec);
}

static void finish(fold_world *w)
{
    rocket_error err = { 0 };

    rk_graph_output(w->graph, "y", w->layer);
    assert_ok(rk_graph_finish(w->graph, &err), &err);
    assert_ok(rk_weights_new(&w->weights, w->graph, &err), &err);
    rk_weights_init(w->weights, 3, NULL);
    assert_ok(rk_plan_new(&w->plan, w->graph, &(rk_plan_options){ false, false }, &err), &err);
    rk_arena_init(&w->arena, 0);
}

/* Also a second reader of the first look-up, if wanted. */
static fold_world make_world(bool read_twice)
{
    fold_world w = { .graph = rk_graph_new() };
    int parts[N_LOOK_UPS + 1];
    int64_t k = 2;

    for (int i = 0; i < N_LOOK_UPS; i++) {
        char name[16];

        snprintf(name, sizeof name, "in_%d", i);
        w.inputs[i] = rk_graph_input_ids(w.graph, name);
        parts[i] = w.look_ups[i] = look_up(w.graph, w.inputs[i], i, specs[i].n_rows, specs[i].dim);
        k += specs[i].dim;
    }
    parts[N_LOOK_UPS] = rk_graph_input_floats(w.graph, "numbers", 2);
    w.layer = dense(w.graph, "layer", concat(w.graph, parts, N_LOOK_UPS + 1), k, WIDTH);
    if (read_twice)
        rk_graph_output(w.graph, "z", rk_graph_unary(w.graph, "relu", w.look_ups[0]));
    finish(&w);
    return w;
}

static void free_world(fold_world *w)
{
    for (int id = 0; id < MOST_NODES; id++) {
        rk_free(w->columns[id].offsets);
        rk_free(w->columns[id].ids);
        rk_free(w->columns[id].weights);
    }
    rk_arena_clear(&w->arena);
    rk_plan_free(w->plan);
    rk_weights_free(w->weights);
    rk_graph_free(w->graph);
}

static void small_vocabularies_of_one_layer_are_folded(void **state)
{
    (void)state;
    for (int read_twice = 0; read_twice < 2; read_twice++) {
        fold_world w = make_world(read_twice);
        const bool *folded = rk_fold_choose(w.plan, w.weights, &w.arena);

        for (int i = 0; i < N_LOOK_UPS; i++)
            assert_int_equal(folded[w.look_ups[i]], i < 3 && (i > 0 || !read_twice));
        free_world(&w);
    }
}

/* 100 look-ups of 100 + 2 i rows, which would take 4 MB. */
static void the_smallest_are_folded_first(void **state)
{
    enum { N = 100, WIDE = 50 };
    fold_world w = { .graph = rk_graph_new() };
    int parts[N];
    size_t bytes = 0;

    (void)state;
    for (int i = 0; i < N; i++) {
        char name[16];

        snprintf(name, sizeof name, "in_%d", i);
        parts[i] = look_up(w.graph, rk_graph_input_ids(w.graph, name), N_LOOK_UPS + i, 100 + (N - i) * 2, 4);
    }
    w.layer = dense(w.graph, "layer", concat(w.graph, parts, N), N * 4, WIDE);
    finish(&w);
    const bool *folded = rk_fold_choose(w.plan, w.weights, &w.arena);
    assert_true(folded[parts[N - 1]]);
    for (int i = 0; i < N; i++) {
        assert_true(i == 0 || folded[parts[i]] >= folded[parts[i - 1]]);
        bytes += folded[parts[i]] ? (size_t)(100 + (N - i) * 2) * 64 * sizeof(float) : 0;
    }
    assert_in_range(bytes, 200 << 10, 256 << 10);
    free_world(&w);
}

/* ---- what they add ---- */

/* Bags of no, one, several ids, and many now and then; or of one each, if any. */
static void fill(rk_column *column, int64_t n_rows, uint64_t seed, bool single)
{
    rk_rng rng = rk_rng_at(seed, RK_RNG_TEST, 4, 0);

    column->kind = RK_COLUMN_IDS;
    column->offsets = rk_alloc(N_ROWS + 1, sizeof *column->offsets);
    column->ids = rk_alloc(N_ROWS * MOST_IDS, sizeof *column->ids);
    column->weights = single ? NULL : rk_alloc(N_ROWS * MOST_IDS, sizeof *column->weights);
    for (int64_t r = 0; r < N_ROWS; r++) {
        int64_t n = single ? r % 5 != 2 : r == 7 ? MOST_IDS : (int64_t)rk_rng_below(&rng, 4), at = column->offsets[r];

        column->offsets[r + 1] = at + n;
        for (int64_t i = at; i < at + n; i++) {
            column->ids[i] = (int64_t)rk_rng_below(&rng, (uint64_t)n_rows);
            if (!single)
                column->weights[i] = r % 3 == 0 ? 1 : rk_rng_float(&rng) + 0.1F;
        }
    }
}

static double bag_value(const fold_world *w, int i, int64_t row, int64_t d)
{
    const rk_column *column = &w->columns[w->inputs[i]];
    double sum = 0, total = 0, squares = 0;

    for (int64_t k = column->offsets[row]; k < column->offsets[row + 1]; k++) {
        double by = column->weights ? (double)column->weights[k] : 1;

        sum += by * (double)w->weights->tables[i][column->ids[k] * specs[i].dim + d];
        total += by;
        squares += by * by;
    }
    if (specs[i].combiner == RK_COMBINER_SUM || total == 0)
        return sum;
    return sum / (specs[i].combiner == RK_COMBINER_MEAN ? total : sqrt(squares));
}

/* Of the look-ups whose bit is set. */
static double expected_value(const fold_world *w, unsigned bits, int64_t row, int64_t j)
{
    const float *kernel = w->weights->dense + rk_graph_param_at(w->graph, 0)->offset;
    double sum = 0.5;

    for (int i = 0; i < 3; i++)
        for (int64_t d = 0; d < specs[i].dim; d++, kernel += WIDTH)
            sum += bits >> i & 1 ? bag_value(w, i, row, d) * (double)kernel[j] : 0;
    return sum;
}

static void assert_near(float found, double expected)
{
    if (!(fabs((double)found - expected) <= 2e-5 * (1 + fabs(expected))))
        fail_msg("%.9g, expected %.9g", (double)found, expected);
}

static void add(const fold_world *w, const rk_fold *fold, int first, int last, float *y)
{
    static float start[WIDTH];
    const float *rows[N_ROWS * N_LOOK_UPS];
    rk_block to = { y, WIDTH, N_ROWS, WIDTH };
    rk_fold_part part = { fold, first, last, w->columns, rows, rk_backend_best() };
    rk_layer layer; /* without columns */

    for (int64_t j = 0; j < WIDTH; j++)
        start[j] = 0.5F;
    assert_true(rk_layer_init(&layer, start, 0, WIDTH));
    rk_layer_finish(&layer, to, (rk_matrix){ start, 0, false }, 0,
                    rk_fold_add(&part, to, (rk_layer_start){ .data = start }));
    rk_layer_clear(&layer);
}

/* The second look-up is the user's and comes first. */
static void check_parts(const fold_world *w, const rk_fold *fold)
{
    static const unsigned bits[] = { 2, 5, 7 };
    const int first[] = { 0, fold->n_user, 0 }, last[] = { fold->n_user, fold->n, fold->n };
    float y[N_ROWS * WIDTH];

    assert_int_equal(fold->n, 3);
    assert_int_equal(fold->n_user, 1);
    assert_int_equal(fold->all[0].node, w->look_ups[1]);
    for (int part = 0; part < 3; part++) {
        add(w, fold, first[part], last[part], y);
        for (int64_t i = 0; i < N_ROWS * WIDTH; i++)
            assert_near(y[i], expected_value(w, bits[part], i / WIDTH, i % WIDTH));
    }
}

static void rows_add_what_the_embeddings_columns_would(void **state)
{
    (void)state;
    for (int single = 0; single < 2; single++) {
        fold_world w = make_world(false);
        bool *is_user = rk_arena_alloc(&w.arena, MOST_NODES, sizeof *is_user);
        const bool *folded = rk_fold_choose(w.plan, w.weights, &w.arena);
        float y[2][N_ROWS * WIDTH];
        rk_fold fold;

        is_user[w.look_ups[1]] = true;
        assert_true(rk_fold_init(&fold, &(rk_fold_source){ w.plan, w.weights, folded, is_user },
                                 rk_graph_node(w.graph, w.layer), &w.arena));
        for (int i = 0; i < 3; i++)
            fill(&w.columns[w.inputs[i]], specs[i].n_rows, (uint64_t)i, single);
        check_parts(&w, &fold);
        add(&w, &fold, 0, fold.n, y[0]);
        for (int i = 0; single && i < 3; i++) { /* weights of 1 go another way */
            float *ones = w.columns[w.inputs[i]].weights = rk_alloc(N_ROWS * MOST_IDS, sizeof *ones);

            for (int64_t k = 0; k < N_ROWS * MOST_IDS; k++)
                ones[k] = 1;
        }
        add(&w, &fold, 0, fold.n, y[1]);
        assert_memory_equal(y[0], y[1], sizeof y[0]);
        rk_fold_clear(&fold);
        free_world(&w);
    }
}

/* Nothing is left of the layer's input then. */
static void a_layer_of_folded_look_ups_alone(void **state)
{
    fold_world w = { .graph = rk_graph_new() };
    const rk_column *columns[MOST_NODES];
    float y[N_ROWS * WIDTH];
    rk_net *net;
    rk_net_session *session;
    rocket_error err = { 0 };

    (void)state;
    for (int i = 0; i < 3; i++) {
        const char *const names[] = { "in_0", "in_1", "in_2" };

        w.inputs[i] = rk_graph_input_ids(w.graph, names[i]);
        w.look_ups[i] = look_up(w.graph, w.inputs[i], i, specs[i].n_rows, specs[i].dim);
        fill(&w.columns[w.inputs[i]], specs[i].n_rows, (uint64_t)i, false);
        columns[w.inputs[i]] = &w.columns[w.inputs[i]];
    }
    w.layer = dense(w.graph, "layer", concat(w.graph, w.look_ups, 3), 26, WIDTH);
    finish(&w);
    for (int64_t j = 0; j < WIDTH; j++)
        w.weights->dense[(int64_t)rk_graph_param_at(w.graph, 1)->offset + j] = 0.5F;
    assert_ok(rk_net_new(&net, w.graph, w.weights, NULL, &err), &err);
    assert_ok(rk_net_session_new(&session, net, &err), &err);
    rk_net_run(session, (rk_net_rows){ columns, 0, N_ROWS, false }, &(rk_net_output){ w.layer, { y, WIDTH } }, 1);
    for (int64_t i = 0; i < N_ROWS * WIDTH; i++)
        assert_near(y[i], expected_value(&w, 7, i / WIDTH, i % WIDTH));
    rk_net_session_free(session);
    rk_net_free(net);
    free_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_vocabularies_of_one_layer_are_folded),
        cmocka_unit_test(the_smallest_are_folded_first),
        cmocka_unit_test(rows_add_what_the_embeddings_columns_would),
        cmocka_unit_test(a_layer_of_folded_look_ups_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
