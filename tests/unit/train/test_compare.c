/* What rocket compare stands on: Student's t, the lines of metrics.jsonl, configs as lists of values. The verb itself
 * is tested by cli/compare.sh. */
#include "compare.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "rk_test.h"
#include "student.h"

/* SciPy: stats.t.ppf((1 + level) / 2, df). */
static void students_t_is_scipys(void **state)
{
    static const struct {
        double level;
        int df;
        double t;
    } cases[] = {
        { 0.8, 1, 3.07768353718 },  { 0.8, 2, 1.88561808316 },    { 0.8, 3, 1.6377443537 },
        { 0.8, 4, 1.53320627406 },  { 0.8, 30, 1.31041502539 },   { 0.95, 1, 12.7062047362 },
        { 0.95, 2, 4.30265272975 }, { 0.95, 3, 3.18244630528 },   { 0.95, 4, 2.7764451052 },
        { 0.95, 5, 2.57058183564 }, { 0.95, 9, 2.2621571628 },    { 0.95, 10, 2.22813885199 },
        { 0.95, 30, 2.0422724563 }, { 0.95, 199, 1.97195654425 }, { 0.99, 1, 63.6567411629 },
        { 0.99, 4, 4.60409487135 }, { 0.99, 9, 3.24983554159 },   { 0.99, 199, 2.60076021606 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_true(fabs(rk_student_t(cases[i].level, cases[i].df) / cases[i].t - 1) < 1e-10);
}

static rocket_status parse(rk_run_record *record, rk_arena *arena, const char *text, rocket_error *err)
{
    *record = (rk_run_record){ .seed = 1 };
    return rk_run_record_parse(record, arena, "run/metrics.jsonl", text, strlen(text), err);
}

static void lines_of_a_run_are_read(void **state)
{
    static const char text[] = "{\"kind\":\"start\",\"step\":0,\"seconds\":0,\"seed\":9}\n"
                               "{\"kind\":\"step\",\"step\":10,\"seconds\":1.5,\"total_loss\":0.7}\n"
                               "{\"kind\":\"eval\",\"step\":10,\"seconds\":2,\"auc_light\":0.6,\"gauc_light\":null}\n"
                               "{\"kind\":\"save\",\"step\":10,\"seconds\":2.5,\"text\":\"x\"}\n"
                               "{\"kind\":\"start\",\"step\":10,\"seconds\":0,\"seed\":9}\n"
                               "{\"kind\":\"news\",\"step\":12,\"seconds\":0.25,\"more\":{\"a\":[1]}}\n"
                               "{\"kind\":\"eval\",\"step\":20,\"seconds\":3,\"auc_light\":0.75}\n"
                               "{\"kind\":\"end\",\"step\":20,\"sec";
    rk_run_record record;
    rk_arena arena;
    rocket_error err = { 0 };

    (void)state;
    rk_arena_init(&arena, 0);
    assert_int_equal(parse(&record, &arena, text, &err), ROCKET_OK);
    assert_int_equal(record.seed, 9);
    assert_int_equal(record.steps, 20);
    assert_true(record.seconds == 5.5); /* 2.5 of the first attempt, 3 of the second */
    assert_int_equal(record.n_evals, 2);
    assert_true(rk_run_record_figure(&record.evals[0], "auc_light") == 0.6);
    assert_true(isnan(rk_run_record_figure(&record.evals[0], "gauc_light")));
    assert_true(isnan(rk_run_record_figure(&record.evals[1], "gauc_light")));
    assert_true(rk_run_record_figure(&record.evals[1], "auc_light") == 0.75);
    rk_run_record_clear(&record);
    rk_arena_clear(&arena);
}

static void damaged_lines_are_refused(void **state)
{
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        { "{\"kind\":\"end\",\"step\":1}\n{\"kind\":\n",
          "run/metrics.jsonl:2: expected an object as training writes it: " },
        { "[]\n", "run/metrics.jsonl:1: expected an object with \"kind\" and \"step\"" },
        { "{\"kind\":\"eval\",\"step\":-1}\n", "run/metrics.jsonl:1: expected an object with \"kind\" and \"step\"" },
        { "{\"kind\":1,\"step\":1}\n", "run/metrics.jsonl:1: expected an object with \"kind\" and \"step\"" },
        { "\n", "run/metrics.jsonl:1: expected an object as training writes it: " },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rk_run_record record;
        rk_arena arena;
        rocket_error err = { 0 };

        rk_arena_init(&arena, 0);
        assert_int_equal(parse(&record, &arena, cases[i].text, &err), ROCKET_DATA);
        assert_int_equal(strncmp(err.text, cases[i].sentence, strlen(cases[i].sentence)), 0);
        rk_run_record_clear(&record);
        rk_arena_clear(&arena);
    }
}

static void a_config_is_a_list_of_values(void **state)
{
    static const char text[] = "model_dir: 'a b' train_config { num_steps: 5 } "
                               "eval_config { metrics_set { auc {} } metrics_set { gauc { uid_field: 'u' } } } "
                               "data_config { label_fields: 'x' label_fields: 'y' input_fields { input_name: 'u' } }";
    static const char *const expected[][2] = { { "model_dir", "\"a b\"" },
                                               { "train_config.num_steps", "5" },
                                               { "eval_config.metrics_set[1].gauc.uid_field", "\"u\"" },
                                               { "data_config.label_fields[1]", "\"y\"" } };
    rk_config_source source = { .name = "c.config", .text = text, .n = sizeof text - 1 };
    rk_config *config = NULL;
    rk_config_values values;
    rk_arena arena;
    rocket_error err = { 0 };

    (void)state;
    rk_arena_init(&arena, 0);
    assert_int_equal(rk_config_parse(&config, &source, NULL, &err), ROCKET_OK);
    assert_int_equal(rk_config_values_list(&values, &arena, config, &err), ROCKET_OK);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const char *found = rk_config_values_get(&values, expected[i][0]);

        assert_non_null(found);
        assert_string_equal(found, expected[i][1]);
    }
    assert_null(rk_config_values_get(&values, "train_config.seed"));
    rk_config_values_clear(&values);
    rk_arena_clear(&arena);
    rk_config_free(config);
}

static rocket_status parse_without_memory(void *arg)
{
    rk_run_record record;
    rk_arena arena;
    rocket_error err = { 0 };

    (void)arg;
    rk_arena_init(&arena, 0);
    rocket_status status = parse(&record, &arena, "{\"kind\":\"eval\",\"step\":1,\"auc_light\":0.5}\n", &err);
    rk_run_record_clear(&record);
    rk_arena_clear(&arena);
    return status == ROCKET_DATA ? ROCKET_FAILED : status; /* of JSON without memory it is told as of a bad line */
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    assert_survives_failed_allocations(parse_without_memory, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(students_t_is_scipys),
        cmocka_unit_test(lines_of_a_run_are_read),
        cmocka_unit_test(damaged_lines_are_refused),
        cmocka_unit_test(a_config_is_a_list_of_values),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
