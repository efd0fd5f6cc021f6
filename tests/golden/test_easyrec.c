/* EasyRec's own figures, step by step: the EASYREC recipe must reproduce them to float accuracy.
 *
 * The figures are in fixtures/easyrec (make_easyrec_fixtures.py): three configs, each with weights to start from, seven
 * steps of 64 rows in file order (the last of 16), and an evaluation with the final weights. Some of EasyRec's numbers
 * are rounding noise and are left out or widened by name, each with its reason; everything else is compared.
 */
#include "evaluate.h"
#include "golden.h"

enum { N_STEPS = 7 };

static const golden_tolerance figures = { 1e-5, 0 }; /* losses, logits, norms */

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

static golden_tolerance plain_rule(const char *group, const char *variable, int steps)
{
    (void)steps;
    if (strcmp(group, "final_slots") == 0) /* squares are tiny: relative */
        return ends_with(variable, "/Adam_1") ? (golden_tolerance){ 1e-11, 1e-4 } : (golden_tolerance){ 1e-6, 0 };
    return (golden_tolerance){ 3e-6, 0 };
}

/* A dense bias before batch norm has gradient 0; what is computed is rounding noise of about 1e-7, which Adam scales up
 * to the learning rate per step. So these biases cannot be compared, and the moving means, which contain them, only to
 * a hundredth (1 - momentum) of their differences at each step. No other variable feels them. */
static golden_tolerance adam_rule(const char *group, const char *variable, int steps)
{
    bool weights = strcmp(group, "step1_grad") != 0 && strcmp(group, "final_slots") != 0;

    if (weights && strstr(variable, "_dnn/") != NULL && ends_with(variable, "/bias"))
        return (golden_tolerance){ -1, 0 };
    if (weights && ends_with(variable, "/moving_mean") && steps > 1)
        return (golden_tolerance){ 0.01 * 0.004 * steps * steps, 0 }; /* sum of 2 * rate * step */
    return plain_rule(group, variable, steps);
}

/* Adam's first steps scale any gradient up to the learning rate, so the rounding error of a kernel's gradient that is
 * nearly 0 (below about 1e-6) is scaled up with it: single entries differ by 4e-6 from exact arithmetic too. */
static golden_tolerance lazy_adam_rule(const char *group, const char *variable, int steps)
{
    if (ends_with(variable, "/kernel") && strcmp(group, "step1_grad") != 0)
        return (golden_tolerance){ 1e-5, 0 };
    return plain_rule(group, variable, steps);
}

#define FIXTURE(name) ROCKET_SOURCE_DIR "/tests/golden/fixtures/easyrec/" name

typedef struct test_case {
    const char *folder;
    golden_rule rule;
} test_case;

static void compare_nets(golden *g, const char *group, int64_t n_rows)
{
    const rk_model *model = g->run->model;

    golden_compare(g, group, "logits_light", golden_node(g, model->logits[RK_LIGHT], n_rows), figures);
    golden_compare(g, group, "logits_booster", golden_node(g, model->logits[RK_BOOSTER], n_rows), figures);
    golden_compare(g, group, "probs_light", golden_node(g, model->probs[RK_LIGHT], n_rows), figures);
    golden_compare(g, group, "probs_booster", golden_node(g, model->probs[RK_BOOSTER], n_rows), figures);
}

/* step counts from 0. */
static void compare_step(golden *g, const rk_batch *batch, int step, golden_rule rule)
{
    rocket_error err = { 0 };
    double norm;
    char group[32];

    golden_compare_number(g, "schedule", "learning_rate", step, rk_updater_rate(g->run->updater, (uint64_t)step),
                          (golden_tolerance){ 0, 1e-6 });
    golden_forward(g, batch, step);
    golden_compare_losses(g, "losses", step, true, figures);
    if (step == 0) {
        int x = rk_graph_find_node(g->run->model->graph, "input");
        golden_compare(g, "step1_forward", "x", golden_node(g, x, batch->n_rows), (golden_tolerance){ 1e-6, 0 });
        compare_nets(g, "step1_forward", batch->n_rows);
        golden_compare_gradients(g, "step1_grad", 1, rule);
    }
    golden_ok(rk_updater_step(g->run->updater, g->run->exec, (uint64_t)step, &norm, &err), &err);
    golden_compare_number(g, "grad_norm", "used_for_clipping", step, norm, figures);
    snprintf(group, sizeof group, step + 1 == N_STEPS ? "final" : "step%d", step + 1);
    if (step < 3 || step + 1 == N_STEPS)
        golden_compare_weights(g, group, step + 1, rule);
}

static void steps_are_easyrecs(void **state)
{
    const test_case *c = *state;
    rk_batch *batch = NULL;
    rocket_error err = { 0 };
    golden g;

    golden_open(&g, c->folder, "", NULL, 0);
    golden_load_weights(&g, "step0");
    golden_open_stream(&g, true);
    for (int step = 0; step < N_STEPS; step++) {
        golden_ok(rk_stream_next(g.stream, &batch, &err), &err);
        assert_non_null(batch);
        assert_int_equal(batch->n_rows, step + 1 < N_STEPS ? 64 : 16);
        compare_step(&g, batch, step, c->rule);
        rk_stream_give_back(g.stream, batch);
    }
    golden_ok(rk_stream_next(g.stream, &batch, &err), &err);
    assert_null(batch);
    golden_compare_slots(&g, "final_slots", N_STEPS, c->rule);
    golden_close(&g);
}

/* Rows [first, first + n_rows) of a figure of the whole evaluation. */
static void compare_rows(golden *g, const char *name, int node, int64_t first, int64_t n_rows)
{
    const rk_tensor_info *figure = golden_figure(g, "eval", name);
    golden_values got = golden_node(g, node, n_rows);

    assert_true((size_t)((first + n_rows) * got.cols) * sizeof(float) <= figure->bytes);
    golden_compare_data(g, name, (const float *)figure->data + first * got.cols, got, figures);
}

static void compare_evaluation_batch(golden *g, const rk_batch *batch, int index, int64_t first)
{
    const rk_model *model = g->run->model;
    rocket_error err = { 0 };

    golden_ok(rk_run_feed(g->run, batch, &err), &err);
    golden_ok(rk_exec_forward(g->run->exec, batch->n_rows, false, 0, &err), &err);
    compare_rows(g, "logits_light", model->logits[RK_LIGHT], first, batch->n_rows);
    compare_rows(g, "logits_booster", model->logits[RK_BOOSTER], first, batch->n_rows);
    compare_rows(g, "probs_light", model->probs[RK_LIGHT], first, batch->n_rows);
    compare_rows(g, "probs_booster", model->probs[RK_BOOSTER], first, batch->n_rows);
    golden_compare_losses(g, "eval_batch_losses", index, false, figures);
}

static void scores_are_easyrecs(void **state)
{
    const test_case *c = *state;
    rocket_error err = { 0 };
    int64_t rows = 0;
    golden g;

    golden_open(&g, c->folder, "", NULL, 0);
    golden_load_weights(&g, "final");
    golden_open_stream(&g, false);
    for (int i = 0;; i++) {
        rk_batch *batch;
        golden_ok(rk_stream_next(g.stream, &batch, &err), &err);
        if (batch == NULL)
            break;
        compare_evaluation_batch(&g, batch, i, rows);
        rows += batch->n_rows;
        rk_stream_give_back(g.stream, batch);
    }
    assert_int_equal(rows, 300);
    golden_close(&g);
}

/* EasyRec reports one entry of metrics_set per name, so each of these was evaluated by itself there, and is here. */
typedef struct metric_case {
    const char *override;
    const char *figure, *ours; /* names without "_light" and "_booster" */
} metric_case;

static const metric_case metrics[] = {
    { "eval_config.metrics_set=[{ auc { } }]", "auc", "auc" },
    { "eval_config.metrics_set=[{ auc { num_thresholds: 10000 } }]", "auc10000", "auc" },
    { "eval_config.metrics_set=[{ max_f1 { } }]", "max_f1", "max_f1" },
    { "eval_config.metrics_set=[{ gauc { uid_field: 'user_id' reduction: 'mean' } }]", "gauc_mean", "gauc" },
    { "eval_config.metrics_set=[{ gauc { uid_field: 'user_id' reduction: 'mean_by_sample_num' } }]",
      "gauc_mean_by_sample_num", "gauc" },
    { "eval_config.metrics_set=[{ gauc { uid_field: 'user_id' reduction: 'mean_by_positive_num' } }]",
      "gauc_mean_by_positive_num", "gauc" },
};

static double figure_of(const rk_figures *all, const char *name)
{
    for (size_t i = 0; i < all->n; i++)
        if (strcmp(all->item[i].name, name) == 0)
            return all->item[i].value;
    fail_msg("the evaluation has no figure %s", name);
    return NAN;
}

static void compare_metric(golden *g, const rk_figures *all, const metric_case *m)
{
    char theirs[64], ours[64];

    for (int net = 0; net < RK_N_NETS; net++) {
        snprintf(theirs, sizeof theirs, "%s_%s", m->figure, rk_net_names[net]);
        snprintf(ours, sizeof ours, "%s_%s", m->ours, rk_net_names[net]);
        golden_compare_number(g, "eval_metrics", theirs, 0, figure_of(all, ours), (golden_tolerance){ 1e-6, 0 });
    }
}

static void compare_mean_losses(golden *g, const rk_figures *all)
{
    static const char *const names[][2] = { { "loss_cross_entropy_loss_light", "loss/loss/cross_entropy_loss_light" },
                                            { "loss_cross_entropy_loss_booster",
                                              "loss/loss/cross_entropy_loss_booster" },
                                            { "loss_hint_loss", "loss/loss/hint_loss" },
                                            { "loss_total_loss", "loss" } };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        golden_compare_number(g, "eval_metrics", names[i][0], 0, figure_of(all, names[i][1]), figures);
}

static void metrics_are_easyrecs(void **state)
{
    const test_case *c = *state;
    rocket_error err = { 0 };

    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
        golden g;
        rk_figures all;
        golden_open(&g, c->folder, "", &metrics[i].override, 1);
        golden_load_weights(&g, "final");
        golden_ok(rk_evaluate(&all, g.run, NULL, N_STEPS, &err), &err);
        assert_int_equal(all.rows, 300);
        compare_metric(&g, &all, &metrics[i]);
        compare_mean_losses(&g, &all);
        rk_figures_clear(&all);
        golden_close(&g);
    }
}

static test_case cases[] = {
    { FIXTURE("adam_id_tag"), adam_rule },
    { FIXTURE("lazy_adam_no_bn"), lazy_adam_rule },
    { FIXTURE("adagrad_raw_combo"), plain_rule },
};

enum { N_CASES = sizeof cases / sizeof cases[0] };

int main(void)
{
    struct CMUnitTest tests[3 * N_CASES];

    for (size_t i = 0; i < N_CASES; i++) {
        tests[3 * i] = (struct CMUnitTest)cmocka_unit_test_prestate(steps_are_easyrecs, &cases[i]);
        tests[3 * i + 1] = (struct CMUnitTest)cmocka_unit_test_prestate(scores_are_easyrecs, &cases[i]);
        tests[3 * i + 2] = (struct CMUnitTest)cmocka_unit_test_prestate(metrics_are_easyrecs, &cases[i]);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
