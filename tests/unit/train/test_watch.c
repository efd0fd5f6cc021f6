/* The watched metric: what is better, when a run gives up, and what the checks say of it. */
#include <math.h>

#include "config_text.h"
#include "run.h"
#include "watch.h"

static rk_config *config_with(const char *const *overrides)
{
    config_text input = { CONFIG_TEXT_SOUND, { "eval_input_path=eval.csv" } };

    for (size_t i = 0; overrides[i]; i++)
        input.overrides[i + 1] = overrides[i];
    return config_text_open(&input);
}

static bool see(rk_watch *watch, double value, uint64_t step)
{
    rk_figure figures[] = { { "loss", -1 }, { "auc_light", value }, { "auc_booster", 0.9 } };
    bool better = false;

    assert_int_equal(rk_watch_see(&better, watch, &(rk_figures){ .item = figures, .n = 3 }, step, NULL), ROCKET_OK);
    return better;
}

static void the_first_and_every_better_one_is_best(void **state)
{
    rk_config *config = config_with((const char *const[]){ "exporter_type=best", NULL });
    rk_watch watch;

    (void)state;
    rk_watch_init(&watch, config);
    assert_true(rk_watch_is_on(&watch));
    assert_string_equal(watch.metric, "auc_light"); /* "auc", upstream's default */
    assert_false(see(&watch, NAN, 10));
    assert_true(see(&watch, 0.4, 20));
    assert_false(see(&watch, 0.4, 30)); /* as good is not better */
    assert_false(see(&watch, NAN, 40));
    assert_true(see(&watch, 0.5, 50));
    assert_false(see(&watch, 0.45, 60));
    assert_int_equal(watch.best_step, 50);
    assert_true(watch.best == 0.5);
    assert_false(rk_watch_gives_up(&watch, 1000000)); /* nobody asked for it */
    rk_config_free(config);
}

static void smaller_can_be_better(void **state)
{
    rk_config *config = config_with((const char *const[]){ "exporter_type=best", "metric_bigger=false", NULL });
    rk_watch watch;

    (void)state;
    rk_watch_init(&watch, config);
    assert_true(see(&watch, 0.7, 10));
    assert_true(see(&watch, 0.6, 20));
    assert_false(see(&watch, 0.65, 30));
    rk_config_free(config);
}

static void a_run_gives_up_when_patience_ends(void **state)
{
    rk_config *config = config_with((const char *const[]){ "enable_early_stop=true", "max_check_steps=30", NULL });
    rk_watch watch;

    (void)state;
    rk_watch_init(&watch, config);
    assert_false(rk_watch_gives_up(&watch, 100)); /* nothing seen yet */
    assert_true(see(&watch, 0.7, 100));
    assert_false(rk_watch_gives_up(&watch, 129));
    assert_true(rk_watch_gives_up(&watch, 130)); /* upstream: step - best_step >= max_check_steps */
    assert_true(see(&watch, 0.8, 130));
    assert_false(rk_watch_gives_up(&watch, 130));
    rk_config_free(config);
}

static void a_figure_that_is_missing_is_an_error(void **state)
{
    rk_config *config =
        config_with((const char *const[]){ "exporter_type=best", "best_exporter_metric=loss/loss/no_such_loss", NULL });
    rk_figure figures[] = { { "loss", 1 } };
    rk_watch watch;
    rocket_error err = { 0 };
    bool better;

    (void)state;
    rk_watch_init(&watch, config);
    assert_int_equal(rk_watch_see(&better, &watch, &(rk_figures){ .item = figures, .n = 1 }, 1, &err), ROCKET_CONFIG);
    assert_non_null(strstr(err.text, "the evaluation has no figure \"loss/loss/no_such_loss\""));
    rk_config_free(config);
}

static void faults_are_told(void **state)
{
    static const struct {
        const char *overrides[5];
        const char *faults; /* without their places */
    } cases[] = {
        { { "eval_input_path=e", "exporter_type=best", "best_exporter_metric=auc_light" }, "" },
        { { "eval_input_path=e", "exporter_type=best", "best_exporter_metric=gauc_booster" }, "" },
        { { "eval_input_path=e", "exporter_type=best", "best_exporter_metric=loss", "metric_bigger=false" }, "" },
        { { "eval_input_path=e", "enable_early_stop=true" },
          "note: best_exporter_metric \"auc\" is taken as \"auc_light\": this model has no metric \"auc\", and "
          "upstream fails on it\n" },
        { { "eval_input_path=e", "exporter_type=best", "best_exporter_metric=auc_ligth" },
          "error: best_exporter_metric: expected a figure of the evaluation, found \"auc_ligth\"; did you mean "
          "\"auc_light\"?\n" },
        { { "exporter_type=best", "best_exporter_metric=auc_light" },
          "error: exporter_type needs evaluations: expected an eval_input_path, found none\n" },
        { { "eval_input_path=e", "enable_early_stop=true", "max_check_steps=0", "best_exporter_metric=loss" },
          "error: max_check_steps: expected at least 1, found 0\n" },
        { { "metric_bigger=false", "max_check_steps=5" },
          "note: metric_bigger changes nothing here: it belongs to exporter_type \"best\" and enable_early_stop\n"
          "note: max_check_steps changes nothing here: it belongs to enable_early_stop\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        config_text input = { CONFIG_TEXT_SOUND, { NULL } };
        char lines[2048] = "";
        rk_faults faults;

        memcpy(input.overrides, cases[i].overrides, sizeof cases[i].overrides);
        rk_config *config = config_text_open(&input);
        rk_faults_init(&faults);
        rk_watch_check(config, &faults);
        for (size_t k = 0; k < faults.n; k++)
            snprintf(lines + strlen(lines), sizeof lines - strlen(lines), "%s: %s\n",
                     faults.items[k].severity == RK_FAULT_ERROR ? "error" : "note", faults.items[k].sentence);
        assert_string_equal(lines, cases[i].faults);
        rk_faults_clear(&faults);
        rk_config_free(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_and_every_better_one_is_best),
        cmocka_unit_test(smaller_can_be_better),
        cmocka_unit_test(a_run_gives_up_when_patience_ends),
        cmocka_unit_test(a_figure_that_is_missing_is_an_error),
        cmocka_unit_test(faults_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
