/* A net for scoring gives every row the same bits: in one call, row by row, in calls of any size. They are those that
 * the executor of training gives it, or near them where a look-up is folded. A user's values given once give the bits
 * of rows that repeat them, whichever inputs are the user's. Ids that would be read from beyond a table are refused. */
#include "net.h"
#include "nn_pair.h"

enum { N_ROWS = 150, MOST_CLASSES = 3 }; /* more than two pieces */

static const double TOLERANCE = 1e-6; /* of 1 + |x|, where look-ups are folded */

typedef struct net_world {
    nn_world training;
    rk_graph *cut;
    rk_weights *weights; /* the training graph's, by name */
    rk_net *net;
    rk_net_session *session;
    const rk_column **columns;
    rk_net_output outputs[2];
    float scores[2][N_ROWS * MOST_CLASSES], expected[2][N_ROWS * MOST_CLASSES];
    int64_t C;
} net_world;

static const char *const outputs[] = { "logits_light", "probs_light" };

static void copy_weights(net_world *w)
{
    const rk_graph *from = w->training.graph;

    for (int i = 0; i < rk_graph_n_params(w->cut); i++) {
        const rk_param *param = rk_graph_param_at(w->cut, i);
        int id = rk_graph_find_param(from, param->name);

        memcpy(w->weights->dense + param->offset, w->training.weights->dense + rk_graph_param_at(from, id)->offset,
               (size_t)rk_shape_size(&param->shape) * sizeof(float));
    }
    for (int i = 0; i < rk_graph_n_tables(w->cut); i++) {
        const rk_table *table = rk_graph_table_at(w->cut, i);

        memcpy(w->weights->tables[i], w->training.weights->tables[rk_graph_find_table(from, table->name)],
               (size_t)(table->n_rows * table->dim) * sizeof(float));
    }
}

static void bind(net_world *w)
{
    w->columns = rk_alloc((size_t)rk_graph_n_nodes(w->cut), sizeof *w->columns);
    for (int id = 0; id < rk_graph_n_nodes(w->cut); id++)
        for (int i = 0; i < w->training.n_columns; i++)
            if (strcmp(rk_graph_node(w->cut, id)->name, rk_graph_node(w->training.graph, w->training.nodes[i])->name) ==
                0)
                w->columns[id] = &w->training.columns[i];
    for (int i = 0; i < 2; i++)
        w->outputs[i] = (rk_net_output){ rk_graph_find_output(w->cut, outputs[i]), { w->scores[i], w->C } };
}

static void make_net(net_world *w, rk_net_options options)
{
    rocket_error err = { 0 };

    rk_net_session_free(w->session);
    rk_net_free(w->net);
    assert_ok(rk_net_new(&w->net, w->cut, w->weights, &options, &err), &err);
    assert_ok(rk_net_session_new(&w->session, w->net, &err), &err);
}

static net_world make_world(int64_t n_classes)
{
    net_world w = { .C = n_classes };
    rk_exec_options options = { 0 };
    rocket_error err = { 0 };

    w.training = nn_world_make(nn_pair_graph(n_classes, 0), N_ROWS, n_classes, &options);
    for (size_t i = 0; i < rk_graph_dense_size(w.training.graph); i++) /* moving statistics of their own */
        w.training.weights->dense[i] = 0.1F + fabsf(w.training.weights->dense[i]) * (i % 3 ? 1 : -0.4F);
    for (int i = 0; i < rk_graph_n_params(w.training.graph); i++) {
        const rk_param *param = rk_graph_param_at(w.training.graph, i);

        for (int64_t k = 0; strstr(param->name, "moving_variance") && k < rk_shape_size(&param->shape); k++)
            w.training.weights->dense[param->offset + (size_t)k] = 0.3F + (float)k;
    }
    assert_ok(rk_graph_cut(&w.cut, w.training.graph, outputs, 2, &err), &err);
    assert_ok(rk_weights_new(&w.weights, w.cut, &err), &err);
    copy_weights(&w);
    make_net(&w, (rk_net_options){ 0 });
    return w;
}

static void free_world(net_world *w)
{
    rk_net_session_free(w->session);
    rk_net_free(w->net);
    rk_weights_free(w->weights);
    rk_graph_free(w->cut);
    rk_free(w->columns);
    nn_world_free(&w->training);
}

/* What the executor of training makes of the rows. */
static void run_training(net_world *w)
{
    rocket_error err = { 0 };

    assert_ok(rk_exec_forward(w->training.exec, N_ROWS, false, 0, &err), &err);
    for (int i = 0; i < 2; i++) {
        int64_t ld;
        const float *from = rk_exec_value(w->training.exec, rk_graph_find_output(w->training.graph, outputs[i]), &ld);

        for (int64_t r = 0; r < N_ROWS; r++)
            memcpy(w->expected[i] + r * w->C, from + r * ld, (size_t)w->C * sizeof *from);
        assert_true(w->expected[i][0] != w->expected[i][w->C]);
    }
}

/* The scores are as expected; they are wiped for the next round. */
static void assert_scores(net_world *w, const char *how, double tolerance)
{
    for (int i = 0; i < 2; i++) {
        for (int64_t k = 0; k < N_ROWS * w->C; k++) {
            float found = w->scores[i][k], expected = w->expected[i][k];
            double off = fabs((double)found - (double)expected) / (1 + fabs((double)expected));

            if (tolerance > 0 ? !(off <= tolerance) : memcmp(&found, &expected, sizeof found) != 0)
                fail_msg("%s: row %d of %s is %.9g, expected %.9g", how, (int)(k / w->C), outputs[i], (double)found,
                         (double)expected);
        }
        memset(w->scores[i], 0, sizeof w->scores[i]);
    }
}

static void check_cuts(net_world *w)
{
    static const int64_t sizes[] = { N_ROWS, 1, 7, 64, 65 };
    char how[32];

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (int64_t begin = (N_ROWS - 1) / sizes[i] * sizes[i]; begin >= 0; begin -= sizes[i]) { /* last first */
            int64_t end = begin + sizes[i] < N_ROWS ? begin + sizes[i] : N_ROWS;

            rk_net_run(w->session, (rk_net_rows){ w->columns, begin, end, false }, w->outputs, 2);
        }
        snprintf(how, sizeof how, "%d rows at a time", (int)sizes[i]);
        assert_scores(w, how, 0);
    }
}

static void rows_have_the_bits_of_training(void **state)
{
    (void)state;
    for (int64_t C = 1; C <= MOST_CLASSES; C += 2) {
        net_world w = make_world(C);

        make_net(&w, (rk_net_options){ .unfolded = true });
        nn_world_feed(&w.training);
        bind(&w);
        run_training(&w);
        check_cuts(&w);
        free_world(&w);
    }
}

static void folded_look_ups_have_bits_of_their_own(void **state)
{
    (void)state;
    for (int64_t C = 1; C <= MOST_CLASSES; C += 2) {
        net_world w = make_world(C);
        float scores[2][N_ROWS * MOST_CLASSES];

        nn_world_feed(&w.training);
        bind(&w);
        run_training(&w);
        rk_net_run(w.session, (rk_net_rows){ w.columns, 0, N_ROWS, false }, w.outputs, 2);
        memcpy(scores, w.scores, sizeof scores);
        assert_memory_not_equal(scores, w.expected, sizeof scores); /* something is folded */
        assert_scores(&w, "near training", TOLERANCE);
        memcpy(w.expected, scores, sizeof scores);
        check_cuts(&w);
        free_world(&w);
    }
}

/* Row `row` of a column, n times. */
static rk_column repeated(const rk_column *from, int64_t row, int64_t n)
{
    rk_column to = *from;

    if (from->kind == RK_COLUMN_FLOATS) {
        to.values = rk_alloc((size_t)(n * from->width), sizeof *to.values);
        for (int64_t r = 0; r < n; r++)
            memcpy(to.values + r * from->width, from->values + row * from->width,
                   (size_t)from->width * sizeof *to.values);
        return to;
    }
    int64_t begin = from->offsets[row], size = from->offsets[row + 1] - begin;
    to.offsets = rk_alloc((size_t)n + 1, sizeof *to.offsets);
    to.ids = rk_alloc((size_t)(n * size), sizeof *to.ids);
    to.weights = from->weights ? rk_alloc((size_t)(n * size), sizeof *to.weights) : NULL;
    for (int64_t r = 0; r < n; r++) {
        to.offsets[r + 1] = (r + 1) * size;
        memcpy(to.ids + r * size, from->ids + begin, (size_t)size * sizeof *to.ids);
        if (to.weights)
            memcpy(to.weights + r * size, from->weights + begin, (size_t)size * sizeof *to.weights);
    }
    return to;
}

static void free_column(rk_column *column)
{
    rk_free(column->values);
    rk_free(column->offsets);
    rk_free(column->ids);
    rk_free(column->weights);
}

/* Inputs of the cut graph whose bit is set are the user's. */
static rk_net_options pick_user(const net_world *w, int *nodes, unsigned bits)
{
    size_t n = 0;
    int input = 0;

    for (int id = 0; id < rk_graph_n_nodes(w->cut); id++)
        if (w->columns[id] && (bits >> input++ & 1))
            nodes[n++] = id;
    return (rk_net_options){ .user = nodes, .n_user = n };
}

/* A user with the values of row `row` and all candidates, given once and with every row. */
static void check_request(net_world *w, const rk_net_options *options, int64_t row)
{
    rk_column once[NN_MAX_INPUTS], tiled[NN_MAX_INPUTS];
    const rk_column **columns = rk_alloc((size_t)rk_graph_n_nodes(w->cut), sizeof *columns);
    float expected[2][N_ROWS * MOST_CLASSES];
    rocket_error err = { 0 };

    memcpy(columns, w->columns, (size_t)rk_graph_n_nodes(w->cut) * sizeof *columns);
    for (size_t i = 0; i < options->n_user; i++) {
        once[i] = repeated(w->columns[options->user[i]], row, 1);
        tiled[i] = repeated(w->columns[options->user[i]], row, N_ROWS);
        columns[options->user[i]] = &tiled[i];
    }
    rk_net_run(w->session, (rk_net_rows){ columns, 0, N_ROWS, false }, w->outputs, 2);
    memcpy(expected, w->scores, sizeof expected);
    memset(w->scores, 0, sizeof w->scores);
    for (size_t i = 0; i < options->n_user; i++)
        columns[options->user[i]] = &once[i];
    assert_ok(rk_net_check(w->net, (rk_net_rows){ columns, 0, N_ROWS, true }, &err), &err);
    rk_net_run(w->session, (rk_net_rows){ columns, 70, N_ROWS, true }, w->outputs, 2);
    rk_net_run(w->session, (rk_net_rows){ columns, 0, 70, true }, w->outputs, 2);
    assert_memory_equal(w->scores, expected, sizeof expected);
    for (size_t i = 0; i < options->n_user; i++) {
        free_column(&once[i]);
        free_column(&tiled[i]);
    }
    rk_free(columns);
}

static void a_user_given_once_is_a_user_in_every_row(void **state)
{
    net_world w = make_world(3);
    int user[NN_MAX_INPUTS];

    (void)state;
    bind(&w);
    for (unsigned bits = 0; bits < 16; bits++) { /* ids in bags, ids, floats; folded or not */
        rk_net_options options = pick_user(&w, user, bits % 8);

        options.unfolded = bits >= 8;
        make_net(&w, options);
        for (int64_t row = 0; row < 4; row++)
            check_request(&w, &options, row);
    }
    free_world(&w);
}

static void ids_beyond_a_table_are_refused(void **state)
{
    net_world w = make_world(1);
    rocket_error err = { 0 };
    rk_net_rows rows = { NULL, 0, N_ROWS, false };

    (void)state;
    bind(&w);
    rows.columns = w.columns;
    assert_int_equal(rk_net_check(w.net, rows, &err), ROCKET_OK);
    for (int i = 0; i < w.training.n_columns; i++)
        if (w.training.columns[i].kind == RK_COLUMN_IDS) {
            int64_t last = w.training.columns[i].offsets[N_ROWS] - 1, id = w.training.columns[i].ids[last];

            for (int bad = 0; bad < 2; bad++) {
                w.training.columns[i].ids[last] = bad ? -1 : PAIR_USER_ROWS;
                assert_int_equal(rk_net_check(w.net, rows, &err), ROCKET_DATA);
                assert_non_null(strstr(err.text, "expected 0 .. "));
            }
            w.training.columns[i].ids[last] = id;
        }
    free_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_have_the_bits_of_training),
        cmocka_unit_test(folded_look_ups_have_bits_of_their_own),
        cmocka_unit_test(a_user_given_once_is_a_user_in_every_row),
        cmocka_unit_test(ids_beyond_a_table_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
