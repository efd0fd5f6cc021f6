/* The list of faults: order, counts, limits, the status that follows from it. */
#include <string.h>

#include "faults.h"
#include "mem.h"
#include "rk_test.h"

static void an_empty_list_is_ok(void **state)
{
    rk_faults faults;
    rocket_error err = { 0 };

    (void)state;
    rk_faults_init(&faults);
    assert_int_equal(rk_faults_status(&faults, &err), ROCKET_OK);
    rk_faults_add(&faults, RK_FAULT_NOTE, "f:1:1", "only a %s", "note");
    assert_int_equal(rk_faults_status(&faults, &err), ROCKET_OK);
    assert_int_equal(faults.n, 1);
    assert_int_equal(faults.n_notes, 1);
    assert_string_equal(faults.items[0].sentence, "only a note");
    assert_int_equal(err.status, ROCKET_OK);
    rk_faults_clear(&faults);
    rk_faults_clear(&faults);
    assert_int_equal(faults.n, 0);
}

static void the_first_error_is_told(void **state)
{
    rk_faults faults;
    rocket_error err = { 0 };

    (void)state;
    rk_faults_init(&faults);
    rk_faults_add(&faults, RK_FAULT_NOTE, "f:1:1", "note");
    rk_faults_add(&faults, RK_FAULT_ERROR, "f:2:1", "first");
    assert_int_equal(rk_faults_status(&faults, &err), ROCKET_CONFIG);
    assert_string_equal(err.text, "f:2:1: first");
    err = (rocket_error){ 0 };
    rk_faults_add(&faults, RK_FAULT_ERROR, "f:3:1", "second");
    rk_faults_add(&faults, RK_FAULT_ERROR, "f:4:1", "third");
    assert_int_equal(rk_faults_status(&faults, &err), ROCKET_CONFIG);
    assert_string_equal(err.text, "f:2:1: first (and 2 more)");
    assert_int_equal(rk_faults_status(&faults, NULL), ROCKET_CONFIG);
    rk_faults_clear(&faults);
}

static void what_is_too_much_is_counted(void **state)
{
    rk_faults faults;
    rocket_error err = { 0 };

    (void)state;
    rk_faults_init(&faults);
    for (int i = 0; i < 3 * RK_FAULTS_MAX; i++) {
        rk_faults_add(&faults, RK_FAULT_NOTE, "f", "note %d", i);
        rk_faults_add(&faults, RK_FAULT_ERROR, "f", "error %d", i);
    }
    assert_int_equal(faults.n, 2 * RK_FAULTS_MAX);
    assert_int_equal(faults.n_errors, 3 * RK_FAULTS_MAX);
    assert_int_equal(faults.n_notes, 3 * RK_FAULTS_MAX);
    assert_string_equal(faults.items[faults.n - 1].sentence, "error 99");
    assert_int_equal(rk_faults_status(&faults, &err), ROCKET_CONFIG);
    assert_string_equal(err.text, "f: error 0 (and 299 more)");
    rk_faults_clear(&faults);
}

static void long_sentences_are_cut(void **state)
{
    static char word[5000];
    rk_faults faults;

    (void)state;
    memset(word, 'x', sizeof word - 1);
    rk_faults_init(&faults);
    rk_faults_add(&faults, RK_FAULT_ERROR, "f", "%s", word);
    assert_true(strlen(faults.items[0].sentence) < ROCKET_ERROR_TEXT_BYTES);
    rk_faults_clear(&faults);
}

static rocket_status fill(void *arg)
{
    rk_faults faults;
    rocket_status status;

    (void)arg;
    rk_faults_init(&faults);
    for (int i = 0; i < 20; i++)
        rk_faults_add(&faults, RK_FAULT_NOTE, "f", "a note");
    status = rk_faults_status(&faults, NULL);
    rk_faults_clear(&faults);
    return status;
}

static void lost_faults_are_a_failure(void **state)
{
    (void)state;
    assert_survives_failed_allocations(fill, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_list_is_ok),         cmocka_unit_test(the_first_error_is_told),
        cmocka_unit_test(what_is_too_much_is_counted), cmocka_unit_test(long_sentences_are_cut),
        cmocka_unit_test(lost_faults_are_a_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
