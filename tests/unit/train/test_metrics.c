/* The set of metrics of an evaluation: which there are and what they are called, what is refused, and the values of the
 * simple ones, computed by hand. */
#include <math.h>

#include "metric_feed.h"

static rk_config *config_of(const char *metrics, int num_class)
{
    char text[2048];
    rk_config *config = NULL;
    rocket_error err = { 0 };
    int n = snprintf(text, sizeof text,
                     "data_config { input_fields { input_name: 'user' input_type: STRING } "
                     "input_fields { input_name: 'session' } }\n"
                     "model_config { num_class: %d }\neval_config { %s }\n",
                     num_class, metrics);
    rk_config_source source = { .name = "m.config", .text = text, .n = (size_t)n };

    if (rk_config_parse(&config, &source, NULL, &err) != ROCKET_OK)
        fail_msg("%s", err.text);
    return config;
}

typedef struct results {
    char text[2048]; /* "name " each */
    double value[64];
    char name[64][RK_METRIC_NAME_BYTES];
    int n;
} results;

static rocket_status take(results *r, rk_metric_set *set, rocket_error *err)
{
    rocket_status status = rk_metric_set_finish(set, err);

    if (status == ROCKET_OK)
        status = rk_metric_set_values(r->value, set, NULL, err);
    r->n = status == ROCKET_OK ? (int)rk_metric_set_size(set) : 0;
    for (int i = 0; i < r->n; i++) {
        size_t at = strlen(r->text);

        const char *name = rk_metric_set_result(set, (size_t)i)->name;

        snprintf(r->name[i], sizeof r->name[0], "%s", name);
        snprintf(r->text + at, sizeof r->text - at, "%s ", name);
    }
    return status;
}

static double value_of(const results *r, const char *name)
{
    for (int i = 0; i < r->n; i++)
        if (!strcmp(r->name[i], name))
            return r->value[i];
    fail_msg("no result %s among %s", name, r->text);
    return 0;
}

static const rk_column *user_column(void *ctx, const char *field)
{
    (void)field;
    return ctx;
}

/* Four rows of one class. */
static const float labels[4] = { 1, 0, 1, 0 };
static const float logits[4] = { 2, 1, 0.5F, -1 };
static const float probs[4] = { 0.9F, 0.6F, 0.5F, 0.25F };
static int64_t offsets[5] = { 0, 1, 2, 3, 4 };
static char users[] = "aabb";
static rk_column user_ids = { .kind = RK_COLUMN_BYTES, .offsets = offsets, .bytes = users };

static rk_metric_batch binary_batch(void)
{
    return (rk_metric_batch){
        .n_rows = 4, .n_classes = 1, .labels = labels, .logits = logits, .probs = probs, .ld_logits = 1, .ld_probs = 1
    };
}

static rocket_status run(results *out, const char *metrics, bool booster, rocket_error *err)
{
    rk_config *config = config_of(metrics, 1);
    rk_metric_set *set = NULL;
    rk_metric_batch batch = binary_batch();
    rocket_status status = rk_metric_set_new(&set, config, true, booster, err);

    if (status == ROCKET_OK)
        status = rk_metric_set_add(set, RK_LIGHT, &batch, user_column, &user_ids, err);
    if (status == ROCKET_OK && booster)
        status = rk_metric_set_add(set, RK_BOOSTER, &batch, user_column, &user_ids, err);
    if (status == ROCKET_OK)
        status = take(out, set, err);
    rk_metric_set_free(set);
    rk_config_free(config);
    return status;
}

static void assert_names(const char *metrics, bool booster, const char *expected)
{
    results r = { 0 };
    rocket_error err = { 0 };

    if (run(&r, metrics, booster, &err) != ROCKET_OK)
        fail_msg("%s", err.text);
    assert_string_equal(r.text, expected);
}

static void results_are_named_as_upstream_names_them(void **state)
{
    (void)state;
    assert_names("", false, "exact_auc_light log_loss_light copc_light ");
    assert_names("metrics_set { auc {} } metrics_set { gauc { uid_field: 'user' } }", true,
                 "auc_light auc_booster gauc_light gauc_booster exact_auc_light exact_auc_booster log_loss_light "
                 "log_loss_booster copc_light copc_booster ");
    assert_names("metrics_set { copc {} } metrics_set { recall {} } metrics_set { max_f1 {} }", false,
                 "copc_light recall_light max_f1_light exact_auc_light log_loss_light ");
}

static void several_entries_do_not_overwrite_each_other(void **state)
{
    (void)state;
    assert_names("metrics_set { gauc { uid_field: 'user' } }"
                 "metrics_set { gauc { uid_field: 'user' reduction: 'mean_by_sample_num' } }"
                 "metrics_set { gauc { uid_field: 'user' reduction: 'mean_by_positive_num' } }",
                 false,
                 "gauc_light gauc_mean_by_sample_num_light gauc_mean_by_positive_num_light exact_auc_light "
                 "log_loss_light copc_light ");
    assert_names("metrics_set { gauc { uid_field: 'user' } } metrics_set { gauc { uid_field: 'session' } }"
                 "metrics_set { gauc { uid_field: 'user' } } metrics_set { gauc { uid_field: 'user' } }",
                 false, "gauc_light gauc_mean_light gauc_mean_user_light exact_auc_light log_loss_light copc_light ");
    assert_names("metrics_set { auc {} } metrics_set { auc { num_thresholds: 10000 } }", false,
                 "auc_light auc_10000_light exact_auc_light log_loss_light copc_light ");
}

static void values_are_those_computed_by_hand(void **state)
{
    results r = { 0 };
    rocket_error err = { 0 };

    (void)state;
    assert_int_equal(run(&r,
                         "metrics_set { mean_absolute_error {} } metrics_set { mean_squared_error {} }"
                         "metrics_set { root_mean_squared_error {} } metrics_set { gauc { uid_field: 'user' } }"
                         "metrics_set { max_f1 {} } metrics_set { auc {} }",
                         false, &err),
                     ROCKET_OK);
    assert_true(fabs(value_of(&r, "mean_absolute_error_light") - (0.1 + 0.6 + 0.5 + 0.25) / 4) < 1e-7);
    assert_true(fabs(value_of(&r, "mean_squared_error_light") - (0.01 + 0.36 + 0.25 + 0.0625) / 4) < 1e-7);
    assert_true(fabs(value_of(&r, "root_mean_squared_error_light") - sqrt(0.6825 / 4)) < 1e-7);
    assert_true(value_of(&r, "exact_auc_light") == 0.75);
    assert_true(value_of(&r, "gauc_light") == 1);
    assert_true(fabs(value_of(&r, "auc_light") - 0.75) < 1e-6);
    /* thresholds below 0.5 take the first three rows: P = 2/3, R = 1; from there to 1 the first two, or one */
    assert_true(fabs(value_of(&r, "max_f1_light") - 0.8) < 1e-7);
    assert_true(fabs(value_of(&r, "copc_light") - 2 / 2.25) < 1e-7);
    double log_loss = log1p(exp(-2)) + log1p(exp(1)) + log1p(exp(-0.5)) + log1p(exp(-1));
    assert_true(fabs(value_of(&r, "log_loss_light") - log_loss / 4) < 1e-12);
}

static void metrics_of_several_classes(void **state)
{
    static const float z[] = { 1, 3, 2, 9, 5, 5, 4, 9, 0, 0, 0, 9 }; /* row step 4, the last is not a logit */
    static const float y[] = { 2, 1, 0 };
    rk_metric_batch batch = { .n_rows = 3, .n_classes = 3, .labels = y, .logits = z, .probs = z, .ld_logits = 4 };
    Rocket__RecallAtTopK two = ROCKET__RECALL_AT_TOP_K__INIT;
    Rocket__AvgPrecisionAtTopK one = ROCKET__AVG_PRECISION_AT_TOP_K__INIT;
    const struct {
        const char *name;
        const ProtobufCMessage *options;
        double expected;
    } cases[] = { { "accuracy", NULL, 1.0 / 3 },
                  { "recall_at_topk", &two.base, 1 },
                  { "precision_at_topk", &one.base, 2.0 / 3 },
                  { "log_loss", NULL, 0 } };

    (void)state;
    two.topk = one.topk = 2;
    for (int i = 0; i < 4; i++) {
        const rk_metric_def *def = rk_metric_find(cases[i].name);
        rk_metric *metric = def->open(def, cases[i].options);
        double value = 0, expected = cases[i].expected;

        assert_int_equal(def->add(metric, &batch, NULL), ROCKET_OK);
        assert_int_equal(def->result(&value, metric, NULL, NULL), ROCKET_OK);
        def->close(metric);
        if (!strcmp(cases[i].name, "log_loss"))
            expected = (log(exp(1) + exp(3) + exp(2)) - 2 + log(2 * exp(5) + exp(4)) - 5 + log(3)) / 3;
        assert_true(fabs(value - expected) < 1e-12);
    }
}

static void log_loss_is_finite_where_probabilities_round_to_one(void **state)
{
    static const float z[] = { 200, -200 };
    static const float p[] = { 1, 0 }, y[] = { 0, 1 };
    metric_rows rows = { 2, y, p, z, NULL, NULL, NULL };

    (void)state;
    assert_true(metric_feed(rk_metric_find("log_loss"), NULL, &rows, 2) == 200);
}

static void one_class_has_no_auc(void **state)
{
    static const float ones[3] = { 1, 1, 1 }, p[3] = { 0.1F, 0.2F, 0.3F };
    static const int64_t groups[3] = { 1, 1, 2 };
    metric_rows rows = { 3, ones, p, p, groups, NULL, NULL };
    Rocket__GAUC gauc = ROCKET__GAUC__INIT;

    (void)state;
    assert_true(isnan(metric_feed(rk_metric_find("exact_auc"), NULL, &rows, 2)));
    assert_true(metric_feed(rk_metric_find("gauc"), &gauc.base, &rows, 2) == 0);
}

static void a_resample_without_both_classes_has_no_gauc(void **state)
{
    static const float y[4] = { 1, 0, 1, 0 }, p[4] = { 0.9F, 0.2F, 0.4F, 0.3F };
    static const int64_t users_of[4] = { 1, 1, 2, 3 };
    static const uint32_t units[4] = { 0, 0, 1, 2 }, with[3] = { 1, 1, 1 }, without[3] = { 0, 2, 1 };
    metric_rows rows = { 4, y, p, p, users_of, units, with };
    Rocket__GAUC gauc = ROCKET__GAUC__INIT;

    (void)state;
    assert_true(metric_feed(rk_metric_find("gauc"), &gauc.base, &rows, 2) == 1);
    rows.counts = without;
    assert_true(isnan(metric_feed(rk_metric_find("gauc"), &gauc.base, &rows, 2)));
    assert_true(metric_feed(rk_metric_find("exact_auc"), NULL, &rows, 2) == 1);
}

static void assert_add_fails(int64_t row, float label, float logit, float prob, rocket_status status,
                             const char *sentence)
{
    float y[4], z[4], p[4];
    rocket_error err = { 0 };
    rk_metric_set *set = NULL;
    rk_config *config = config_of("", 1);
    rk_metric_batch good = binary_batch(), bad = binary_batch();

    memcpy(y, labels, sizeof y);
    memcpy(z, logits, sizeof z);
    memcpy(p, probs, sizeof p);
    y[row] = label;
    z[row] = logit;
    p[row] = prob;
    bad.labels = y;
    bad.logits = z;
    bad.probs = p;
    assert_int_equal(rk_metric_set_new(&set, config, false, true, &err), ROCKET_OK);
    assert_int_equal(rk_metric_set_add(set, RK_BOOSTER, &good, user_column, NULL, &err), ROCKET_OK);
    assert_int_equal(rk_metric_set_add(set, RK_BOOSTER, &bad, user_column, NULL, &err), status);
    assert_string_equal(err.text, sentence);
    rk_metric_set_free(set);
    rk_config_free(config);
}

static void numbers_that_are_none_stop_the_evaluation(void **state)
{
    (void)state;
    assert_add_fails(1, 0, NAN, 0.5F, ROCKET_FAILED,
                     "score of the booster net for evaluation row 6 is not a number: logit nan, probability 0.5");
    assert_add_fails(3, 0, 1, -0.5F, ROCKET_FAILED,
                     "score of the booster net for evaluation row 8 is not a number: logit 1, probability -0.5");
    assert_add_fails(0, 0, INFINITY, 1, ROCKET_FAILED,
                     "score of the booster net for evaluation row 5 is not a number: logit inf, probability 1");
    assert_add_fails(2, NAN, 0, 0.5F, ROCKET_DATA, "label of evaluation row 7 is nan");
}

static void labels_that_are_no_class_stop_the_evaluation(void **state)
{
    static const float z[2] = { 0, 0 }, y[1] = { 2 };
    rk_metric_batch batch = {
        .n_rows = 1, .n_classes = 2, .labels = y, .logits = z, .probs = z, .ld_logits = 2, .ld_probs = 2
    };
    rk_config *config = config_of("", 2);
    rk_metric_set *set = NULL;
    rocket_error err = { 0 };

    (void)state;
    assert_int_equal(rk_metric_set_new(&set, config, true, false, &err), ROCKET_OK);
    assert_int_equal(rk_metric_set_add(set, RK_LIGHT, &batch, user_column, NULL, &err), ROCKET_DATA);
    assert_string_equal(err.text, "label of evaluation row 1 is 2, expected a class from 0 to 1");
    rk_metric_set_free(set);
    rk_config_free(config);
}

static void an_empty_evaluation_is_an_error(void **state)
{
    rk_config *config = config_of("", 1);
    rk_metric_set *set = NULL;
    rocket_error err = { 0 };
    results r = { 0 };

    (void)state;
    assert_int_equal(rk_metric_set_new(&set, config, true, false, &err), ROCKET_OK);
    assert_int_equal(take(&r, set, &err), ROCKET_DATA);
    assert_string_equal(err.text, "no rows to evaluate");
    rk_metric_set_free(set);
    rk_config_free(config);
}

static void assert_fault(const char *metrics, int num_class, rk_severity severity, const char *sentence)
{
    rk_config *config = config_of(metrics, num_class);
    rk_faults faults;

    rk_faults_init(&faults);
    rk_metric_set_check(config, &faults);
    assert_int_equal(faults.n, sentence != NULL);
    if (sentence) {
        assert_string_equal(faults.items[0].sentence, sentence);
        assert_int_equal(faults.items[0].severity, severity);
        assert_int_equal(strncmp(faults.items[0].where, "m.config:3:", 11), 0);
    }
    rk_faults_clear(&faults);
    rk_config_free(config);
}

static void faults_of_the_config_are_named(void **state)
{
    (void)state;
    assert_fault("metrics_set { auc {} } metrics_set { gauc { uid_field: 'user' } }", 2, RK_FAULT_ERROR, NULL);
    assert_fault("metrics_set { auc {} }", 3, RK_FAULT_ERROR, "auc needs model_config.num_class 1 or 2, got 3");
    assert_fault("metrics_set { mean_squared_error {} }", 2, RK_FAULT_ERROR,
                 "mean_squared_error needs model_config.num_class 1, got 2");
    assert_fault("metrics_set { accuracy {} }", 1, RK_FAULT_ERROR, "accuracy needs model_config.num_class >= 2, got 1");
    assert_fault("metrics_set { auc { num_thresholds: 1 } }", 1, RK_FAULT_ERROR,
                 "num_thresholds must be from 2 to 16777216, got 1");
    assert_fault("metrics_set { recall_at_topk {} }", 3, RK_FAULT_ERROR,
                 "topk must be from 1 to model_config.num_class (3), got 5");
    assert_fault("metrics_set { gauc {} }", 1, RK_FAULT_ERROR, "the field that names the groups is missing");
    assert_fault(
        "metrics_set { session_auc { session_id_field: 'sesion' } }", 1, RK_FAULT_ERROR,
        "\"sesion\" is neither one of data_config.input_fields nor a feature of one input; did you mean \"session\"?");
    assert_fault("metrics_set { gauc { uid_field: 'user' reduction: 'mean_by_sample' } }", 1, RK_FAULT_ERROR,
                 "reduction must be mean, mean_by_sample_num or mean_by_positive_num, got \"mean_by_sample\"; did you "
                 "mean \"mean_by_sample_num\"?");
    assert_fault("metrics_set { precision_at_topk { topk: 4 } }", 3, RK_FAULT_ERROR,
                 "topk must be from 1 to model_config.num_class (3), got 4");
    assert_fault("metrics_set { precision {} }", 3, RK_FAULT_ERROR,
                 "precision needs model_config.num_class 1 or 2, got 3");
    assert_fault("metrics_set { ece { num_bins: 0 } }", 1, RK_FAULT_ERROR, "num_bins must be from 1 to 100000, got 0");
    assert_fault("metrics_set {}", 1, RK_FAULT_NOTE, "an entry of metrics_set without a metric is ignored");
}

static const char all_metrics[] = "metrics_set { auc {} } metrics_set { gauc { uid_field: 'user' } }"
                                  "metrics_set { session_auc { session_id_field: 'user' } } metrics_set { max_f1 {} }"
                                  "metrics_set { mean_absolute_error {} } metrics_set { ece {} }";

typedef struct one_run {
    rk_config *config;
} one_run;

static rocket_status evaluate(void *arg)
{
    const one_run *r = arg;
    rk_metric_set *set = NULL;
    rk_metric_batch batch = binary_batch();
    results out = { 0 };
    rocket_error err = { 0 };
    rocket_status status = rk_metric_set_new(&set, r->config, true, true, &err);

    for (int net = 0; net < RK_N_NETS && status == ROCKET_OK; net++)
        status = rk_metric_set_add(set, net, &batch, user_column, &user_ids, &err);
    if (status == ROCKET_OK)
        status = take(&out, set, &err);
    assert_true(status == ROCKET_OK || err.text[0]);
    rk_metric_set_free(set);
    return status;
}

static void every_failed_allocation_is_reported(void **state)
{
    one_run r = { config_of(all_metrics, 1) };

    (void)state;
    assert_survives_failed_allocations(evaluate, &r);
    rk_config_free(r.config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_are_named_as_upstream_names_them),
        cmocka_unit_test(several_entries_do_not_overwrite_each_other),
        cmocka_unit_test(values_are_those_computed_by_hand),
        cmocka_unit_test(metrics_of_several_classes),
        cmocka_unit_test(log_loss_is_finite_where_probabilities_round_to_one),
        cmocka_unit_test(one_class_has_no_auc),
        cmocka_unit_test(a_resample_without_both_classes_has_no_gauc),
        cmocka_unit_test(numbers_that_are_none_stop_the_evaluation),
        cmocka_unit_test(labels_that_are_no_class_stop_the_evaluation),
        cmocka_unit_test(an_empty_evaluation_is_an_error),
        cmocka_unit_test(faults_of_the_config_are_named),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
