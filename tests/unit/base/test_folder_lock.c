/* One holder at a time; whoever is refused leaves the holder's lock alone. */
#include "rk_test.h"

#include <string.h>

#include "error.h"
#include "folder_lock.h"

static void one_holder_at_a_time(void **state)
{
    test_folder folder = make_test_folder();
    rocket_error err = { 0 };
    int first = RK_NO_LOCK, second = RK_NO_LOCK;

    (void)state;
    assert_int_equal(rk_folder_lock(&first, folder.path, NULL), ROCKET_OK);
    assert_int_not_equal(first, RK_NO_LOCK);
    for (int again = 0; again < 2; again++) {
        rk_error_clear(&err);
        assert_int_equal(rk_folder_lock(&second, folder.path, &err), ROCKET_FAILED);
        assert_non_null(strstr(err.text, "another process"));
        assert_int_equal(second, RK_NO_LOCK);
    }
    rk_folder_unlock(first);
    assert_int_equal(rk_folder_lock(&second, folder.path, NULL), ROCKET_OK);
    rk_folder_unlock(second);
    rk_folder_unlock(RK_NO_LOCK);
    remove_test_folder(folder);
}

static void only_folders_can_be_locked(void **state)
{
    rocket_error err = { 0 };
    int lock = RK_NO_LOCK;

    (void)state;
    assert_int_equal(rk_folder_lock(&lock, "/nonexistent", &err), ROCKET_FAILED);
    assert_non_null(strstr(err.text, "/nonexistent: cannot open"));
    assert_int_equal(rk_folder_lock(&lock, "/dev/null", NULL), ROCKET_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_holder_at_a_time),
        cmocka_unit_test(only_folders_can_be_locked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
