/* The log of a search: what was added is found again, by this process and the next; failures are no figures; bytes of
 * another kind are refused with their line. */
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "rk_test.h"
#include "trial_log.h"

static char path[300];
static test_folder folder;

static int make_path(void **state)
{
    (void)state;
    folder = make_test_folder();
    snprintf(path, sizeof path, "%s/trials.jsonl", folder.path);
    return 0;
}

static int remove_path(void **state)
{
    (void)state;
    remove_test_folder(folder);
    return 0;
}

static rk_trial_log *open_log(void)
{
    rk_trial_log *log;
    rocket_error err = { 0 };

    if (rk_trial_log_open(&log, path, &err) != ROCKET_OK)
        fail_msg("%s", err.text);
    return log;
}

static const char *const overrides[] = { "a=\"x\"", "b=2" };

static rocket_status add(rk_trial_log *log, uint64_t number, uint64_t rung, double auc)
{
    rk_figure figures[] = { { "auc_light", auc }, { "loss", (double)NAN } };
    rk_trial trial = { .number = number, .rung = rung, .overrides = overrides, .n_overrides = 2, .failure = "no luck" };

    return rk_trial_log_add(log, &trial, isnan(auc) ? NULL : &(rk_figures){ .item = figures, .n = 2 }, NULL);
}

static double auc_of(const rk_trial_log *log, uint64_t number, uint64_t rung)
{
    double value = (double)NAN;

    if (!rk_json_number(rk_json_get(rk_trial_log_figures(log, number, rung), "auc_light"), &value))
        return (double)NAN;
    return value;
}

static void what_was_added_is_found_again(void **state)
{
    rk_trial_log *log = open_log();

    (void)state;
    assert_int_equal(add(log, 1, 0, 0.75), ROCKET_OK);
    assert_int_equal(add(log, 2, 0, (double)NAN), ROCKET_OK); /* failed */
    assert_int_equal(add(log, 1, 1, 0.1 + 0.2), ROCKET_OK);
    for (int reopened = 0; reopened < 2; reopened++) {
        assert_true(auc_of(log, 1, 0) == 0.75);
        assert_true(auc_of(log, 1, 1) == 0.1 + 0.2);
        assert_null(rk_trial_log_figures(log, 2, 0));
        assert_null(rk_trial_log_figures(log, 3, 0));
        rk_trial_log_close(log);
        log = open_log();
    }
    assert_int_equal(add(log, 2, 0, 0.5), ROCKET_OK); /* tried again: the newest line counts */
    assert_true(auc_of(log, 2, 0) == 0.5);
    rk_trial_log_close(log);
}

static void other_bytes_are_refused(void **state)
{
    static const char *const lines[] = {
        "{\"trial\":1}\n",
        "{\"trial\":1,\"rung\":0,\"figures\":3}\n",
        "[]\n",
        "{\"trial\":1,\n",
        "\n",
        "{\"trial\":1,\"rung\":0,\"figures\":{}}", /* torn */
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        rocket_error err = { 0 };
        rk_trial_log *log;

        assert_int_equal(rk_file_write(path, lines[i], strlen(lines[i]), NULL), ROCKET_OK);
        assert_int_equal(rk_trial_log_open(&log, path, &err), ROCKET_CORRUPT);
        assert_non_null(strstr(err.text, path));
    }
    assert_int_equal(rk_file_remove(path, NULL), ROCKET_OK);
}

static rocket_status open_and_add(void *arg)
{
    rk_trial_log *log = NULL;
    rocket_status status = rk_trial_log_open(&log, path, NULL);

    (void)arg;
    if (status == ROCKET_OK)
        status = add(log, 1, 0, 0.5);
    rk_trial_log_close(log);
    return status;
}

static void without_memory_it_says_so(void **state)
{
    (void)state;
    assert_survives_failed_allocations(open_and_add, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_added_is_found_again),
        cmocka_unit_test(other_bytes_are_refused),
        cmocka_unit_test(without_memory_it_says_so),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
