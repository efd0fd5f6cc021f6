/* Kept rows: slices, resamples and the file of rows. */
#include "scored_rows.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bootstrap.h"
#include "buf.h"
#include "file.h"
#include "mem.h"
#include "rk_test.h"
#include "rng.h"
#include "rows_file.h"
#include "slices.h"

static rk_config *config_of(const char *metrics, int num_class)
{
    char text[1024];
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

static const char with_gauc[] = "metrics_set { gauc { uid_field: 'user' } } metrics_set { ece {} }";

static rocket_status read_rows(rk_scored_rows *rows, const char *text, const char *by, rocket_error *err)
{
    rk_rows_names names = { .label = "label", .by = by };

    return rk_rows_parse(rows, "r.csv", text, strlen(text), &names, err);
}

static void must_read(rk_scored_rows *rows, const char *text, const char *by)
{
    rocket_error err = { 0 };

    if (read_rows(rows, text, by, &err) != ROCKET_OK)
        fail_msg("%s", err.text);
}

static const char six_rows[] = "label,user,probs_light\n"
                               "1,a,0.9\n0,b,0.4\n0,a,0.2\n1,\"c,\"\"d\",0.5\n1,b,0.3\n0,a,0.95\n";

static const rk_slice *slice_at(const rk_slices *slices, size_t i, size_t rows, size_t positives)
{
    assert_true(i < slices->n);
    assert_int_equal(slices->item[i].rows, rows);
    assert_int_equal(slices->item[i].positives, positives);
    return &slices->item[i];
}

static double slice_value(const rk_slices *slices, const rk_slice *slice, const char *name)
{
    for (size_t i = 0; i < slices->n_results; i++)
        if (strcmp(slices->results[i].name, name) == 0)
            return slice->values[i];
    fail_msg("no result %s", name);
    return 0;
}

static void slices_are_evaluations_of_their_rows(void **state)
{
    rk_config *config = config_of("", 1);
    rk_scored_rows rows;
    rk_slices slices;
    rocket_error err = { 0 };
    size_t n;

    (void)state;
    must_read(&rows, six_rows, "user");
    const rk_scored_field *user = rk_scored_rows_field(&rows, "user");
    assert_int_equal(rk_slices_measure(&slices, &rows, config, user, 5, &err), ROCKET_OK);
    assert_int_equal(slices.n, 3);
    const rk_slice *a = slice_at(&slices, 0, 3, 1), *c = slice_at(&slices, 2, 1, 1);
    assert_true(slice_value(&slices, a, "exact_auc_light") == 0.5);
    assert_true(slice_value(&slices, slice_at(&slices, 1, 2, 1), "exact_auc_light") == 0);
    assert_true(isnan(slice_value(&slices, c, "exact_auc_light")));
    assert_true(fabs(slice_value(&slices, c, "copc_light") - 2) < 1e-6);
    assert_string_equal(rk_scored_text(user, c->text, &n), "c,\"d");
    rk_slices_clear(&slices);

    assert_int_equal(rk_slices_measure(&slices, &rows, config, user, 1, &err), ROCKET_OK);
    assert_int_equal(slices.n, 2);
    assert_int_equal(slices.item[0].n_others, 0);
    assert_int_equal(slices.item[1].n_others, 2);
    /* of b and "c": 0.4 is no click, 0.5 and 0.3 are */
    assert_true(slice_value(&slices, slice_at(&slices, 1, 3, 2), "exact_auc_light") == 0.5);
    rk_slices_clear(&slices);
    rk_scored_rows_clear(&rows);
    rk_config_free(config);
}

/* n rows of n_users users, whose clicks follow their scores. */
static void draw_rows(rk_buf *text, int n, int n_users)
{
    rk_rng rng = rk_rng_at(5, RK_RNG_TEST, 2, 0);

    rk_buf_init(text, 0);
    rk_buf_puts(text, "label,user,probs_light,probs_booster\n");
    for (int i = 0; i < n; i++) {
        double p = rk_rng_double(&rng);
        int user = (int)rk_rng_below(&rng, (uint64_t)n_users);

        rk_buf_printf(text, "%d,u%d,%.6f,%.6f\n", rk_rng_double(&rng) < p, user, p, 0.5 * p + 0.25);
    }
}

enum { N_RESAMPLES = 400 };

static void bootstrap_with(double *values, const rk_metric_set *set, size_t n_units, int n_threads)
{
    rk_pool *pool = rk_pool_new(n_threads);
    rk_bootstrap bootstrap = {
        .sets = &set, .n_sets = 1, .n_units = n_units, .n_resamples = N_RESAMPLES, .seed = 3, .pool = pool
    };
    rocket_error err = { 0 };

    assert_int_equal(rk_bootstrap_run(values, &bootstrap, &err), ROCKET_OK);
    rk_pool_free(pool);
}

static void resamples_do_not_depend_on_threads(void **state)
{
    static double values[4][N_RESAMPLES * 32];
    rk_config *config = config_of(with_gauc, 1);
    rk_scored_rows rows;
    rk_buf text;
    rk_metric_set *set;
    rocket_error err = { 0 };

    (void)state;
    draw_rows(&text, 700, 40);
    must_read(&rows, text.data, "user");
    rk_row_choice choice = { .n = rows.n, .units = true, .by = rk_scored_rows_field(&rows, "user") };
    assert_int_equal(rk_scored_rows_measure(&set, &rows, config, &choice, &err), ROCKET_OK);
    size_t width = rk_metric_set_size(set);
    assert_true(width == 10);
    for (int i = 0; i < 3; i++)
        bootstrap_with(values[i], set, choice.by->n_texts, i + 1);
    assert_memory_equal(values[0], values[1], N_RESAMPLES * width * sizeof(double));
    assert_memory_equal(values[0], values[2], N_RESAMPLES * width * sizeof(double));
    assert_true(values[0][0] != values[0][width]);
    rk_metric_set_free(set);
    rk_buf_clear(&text);
    rk_scored_rows_clear(&rows);
    rk_config_free(config);
}

/* The mean of n numbers moves by sd / sqrt(n) when rows are drawn. */
static void intervals_of_a_mean_are_those_of_theory(void **state)
{
    enum { N = 2000 };
    rk_config *config = config_of("metrics_set { mean_absolute_error {} }", 1);
    rk_scored_rows rows;
    rk_buf text;
    rk_metric_set *set;
    rk_interval found[16];
    rocket_error err = { 0 };
    rk_pool *pool = rk_pool_new(2);
    double sum = 0, squares = 0;

    (void)state;
    draw_rows(&text, N, 40);
    must_read(&rows, text.data, NULL);
    for (size_t i = 0; i < N; i++) {
        double d = fabs((double)rows.labels[i] - (double)rows.probs[RK_LIGHT][i]);
        sum += d;
        squares += d * d;
    }
    rk_row_choice choice = { .n = rows.n, .units = true };
    assert_int_equal(rk_scored_rows_measure(&set, &rows, config, &choice, &err), ROCKET_OK);
    rk_bootstrap bootstrap = { .sets = (const rk_metric_set *const *)&set,
                               .n_sets = 1,
                               .n_units = N,
                               .n_resamples = 4000,
                               .seed = 1,
                               .pool = pool };
    assert_int_equal(rk_bootstrap_intervals(found, &bootstrap, 0.95, &err), ROCKET_OK);
    double mean = sum / N, half = 1.96 * sqrt((squares / N - mean * mean) / N);
    assert_true(fabs(found[0].low - (mean - half)) < 0.1 * half && fabs(found[0].high - (mean + half)) < 0.1 * half);
    rk_pool_free(pool);
    rk_metric_set_free(set);
    rk_buf_clear(&text);
    rk_scored_rows_clear(&rows);
    rk_config_free(config);
}

static void one_user_has_no_spread(void **state)
{
    rk_config *config = config_of(with_gauc, 1);
    rk_scored_rows rows;
    rk_metric_set *set;
    rocket_error err = { 0 };
    double once[8], values[8 * N_RESAMPLES];

    (void)state;
    must_read(&rows, "label,user,probs_light\n1,a,0.5\n0,a,0.4\n1,a,0.4\n", "user");
    rk_row_choice choice = { .n = rows.n, .units = true, .by = rk_scored_rows_field(&rows, "user") };
    assert_int_equal(rk_scored_rows_measure(&set, &rows, config, &choice, &err), ROCKET_OK);
    assert_int_equal(rk_metric_set_values(once, set, NULL, &err), ROCKET_OK);
    bootstrap_with(values, set, 1, 1);
    for (size_t i = 0; i < N_RESAMPLES; i++)
        for (size_t k = 0; k < rk_metric_set_size(set); k++)
            assert_true(fabs(values[i * rk_metric_set_size(set) + k] - once[k]) < 1e-15);
    assert_true(once[0] == 0.75);
    rk_metric_set_free(set);
    rk_scored_rows_clear(&rows);
    rk_config_free(config);
}

/* NumPy: percentile([1, 2, 4, 8, 16], [2.5, 97.5]) is [1.1, 15.2]; of four numbers that are defined, as of these four.
 */
static void percentiles_are_numpys(void **state)
{
    double five[] = { 16, 1, 8, 2, 4 }, some[] = { 3, NAN, 1, 2, NAN, 4 }, few[] = { NAN, NAN, 1 };
    rk_interval found = rk_percentile_interval(five, 5, 0.95);

    (void)state;
    assert_true(fabs(found.low - 1.1) < 1e-12 && fabs(found.high - 15.2) < 1e-12);
    found = rk_percentile_interval(some, 6, 0.5);
    assert_true(fabs(found.low - 1.75) < 1e-12 && fabs(found.high - 3.25) < 1e-12);
    found = rk_percentile_interval(few, 3, 0.95);
    assert_true(isnan(found.low) && isnan(found.high));
    found = rk_percentile_interval(few, 1, 0.95);
    assert_true(found.low == 1 && found.high == 1);
}

static void users_are_those_of_gauc(void **state)
{
    static const struct {
        const char *metrics, *field;
    } cases[] = { { "", NULL },
                  { "metrics_set { auc {} }", NULL },
                  { "metrics_set { session_auc { session_id_field: 'session' } }", "session" },
                  { "metrics_set { session_auc { session_id_field: 'session' } } "
                    "metrics_set { gauc { uid_field: 'user' } }",
                    "user" } };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rk_config *config = config_of(cases[i].metrics, 1);
        const char *field = rk_unit_field(config);

        assert_true(cases[i].field ? field && strcmp(field, cases[i].field) == 0 : !field);
        rk_config_free(config);
    }
}

static void a_file_of_rows_comes_back(void **state)
{
    test_folder folder = make_test_folder();
    char path[128];
    rk_scored_rows rows, again;
    rk_rows_names names = { .label = "label", .by = "user" };
    rocket_error err = { 0 };

    (void)state;
    snprintf(path, sizeof path, "%s/rows.csv", folder.path);
    must_read(&rows, six_rows, "user");
    assert_int_equal(rk_rows_write(path, &rows, &err), ROCKET_OK);
    assert_int_equal(rk_rows_read(&again, path, &names, &err), ROCKET_OK);
    assert_int_equal(again.n, rows.n);
    assert_memory_equal(again.labels, rows.labels, rows.n * sizeof(float));
    assert_memory_equal(again.logits[RK_LIGHT], rows.logits[RK_LIGHT], rows.n * sizeof(float));
    assert_memory_equal(again.probs[RK_LIGHT], rows.probs[RK_LIGHT], rows.n * sizeof(float));
    assert_memory_equal(again.fields[0].numbers, rows.fields[0].numbers, rows.n * sizeof(uint32_t));
    assert_false(again.nets[RK_BOOSTER]);
    rk_scored_rows_clear(&rows);
    rk_scored_rows_clear(&again);
    remove_test_folder(folder);
}

static void of_two_scores_the_missing_one_is_computed(void **state)
{
    rk_scored_rows rows;

    (void)state;
    must_read(&rows, "probs_booster_1,logits_booster_1,label,logits_light\n0.75,-7,1,2\n1,3,0,0\n", NULL);
    assert_true(fabs((double)rows.logits[RK_BOOSTER][0] - log(3)) < 1e-6); /* not -7: that is one of two logits */
    assert_true(rows.logits[RK_BOOSTER][1] > 17 && isfinite(rows.logits[RK_BOOSTER][1]));
    assert_true(fabs((double)rows.probs[RK_LIGHT][0] - 1 / (1 + exp(-2))) < 1e-7);
    assert_true(rows.probs[RK_LIGHT][1] == 0.5F);
    rk_scored_rows_clear(&rows);
}

static void bad_files_of_rows_are_refused(void **state)
{
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        { "", "r.csv: expected a header and rows, found none" },
        { "label,user,probs_light\n", "r.csv: expected a header and rows, found none" },
        { "clk,user,probs_light\n", "r.csv:1: expected a column \"label\" in the header; --label names another" },
        { "label,uid,probs_light\n", "r.csv:1: expected a column \"user\" in the header; --by names another" },
        { "label,user,score\n",
          "r.csv:1: expected a column of scores (probs_light, probs_light_1, logits_light) in the header" },
        { "label,user,probs_light\n1,a\n", "r.csv:2: 2 fields, expected 3 as in the header" },
        { "label,user,probs_light\n1,a,0.5\nx,a,0.5\n", "r.csv:3: column 1: expected a number, found \"x\"" },
        { "label,user,probs_light\n1,a,nan\n", "r.csv:2: column 3: expected a number, found \"nan\"" },
        { "label,user,probs_light\n1,a,1.5\n", "r.csv:2: column 3: expected a probability, found 1.5" },
        { "label,user,probs_light\n1,\"a,0.5\n",
          "r.csv:2: expected a closing quote before the end of the line, found none" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rk_scored_rows rows;
        rocket_error err = { 0 };

        assert_int_equal(read_rows(&rows, cases[i].text, "user", &err), ROCKET_DATA);
        assert_string_equal(err.text, cases[i].sentence);
    }
}

/* Reading, slicing and resampling, to the end or until an allocation fails. */
static rocket_status all_of_it(void *arg)
{
    static double values[8 * 16];
    rk_scored_rows rows;
    rk_slices slices = { 0 };
    rk_metric_set *set = NULL;
    rk_pool *pool = rk_pool_new(1);
    rocket_error err = { 0 };
    rocket_status status = pool ? read_rows(&rows, six_rows, "user", &err) : ROCKET_FAILED;

    if (status != ROCKET_OK) {
        rk_pool_free(pool);
        return status;
    }
    rk_row_choice choice = { .n = rows.n, .units = true, .by = rk_scored_rows_field(&rows, "user") };
    status = rk_slices_measure(&slices, &rows, arg, choice.by, 2, &err);
    if (status == ROCKET_OK)
        status = rk_scored_rows_measure(&set, &rows, arg, &choice, &err);
    rk_bootstrap bootstrap = {
        .sets = (const rk_metric_set *const *)&set, .n_sets = 1, .n_units = 3, .n_resamples = 8, .pool = pool
    };
    if (status == ROCKET_OK)
        status = rk_bootstrap_run(values, &bootstrap, &err);
    rk_metric_set_free(set);
    rk_slices_clear(&slices);
    rk_scored_rows_clear(&rows);
    rk_pool_free(pool);
    return status;
}

static void every_failed_allocation_is_reported(void **state)
{
    rk_config *config = config_of(with_gauc, 1);

    (void)state;
    assert_survives_failed_allocations(all_of_it, config);
    rk_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_are_evaluations_of_their_rows),
        cmocka_unit_test(resamples_do_not_depend_on_threads),
        cmocka_unit_test(intervals_of_a_mean_are_those_of_theory),
        cmocka_unit_test(one_user_has_no_spread),
        cmocka_unit_test(percentiles_are_numpys),
        cmocka_unit_test(users_are_those_of_gauc),
        cmocka_unit_test(a_file_of_rows_comes_back),
        cmocka_unit_test(of_two_scores_the_missing_one_is_computed),
        cmocka_unit_test(bad_files_of_rows_are_refused),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
