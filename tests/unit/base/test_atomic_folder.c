/* A folder is there whole or not at all; one that exists is refused; what killed writers left is removed. */
#include <stdio.h>
#include <string.h>

#include "atomic_folder.h"
#include "file.h"
#include "rk_test.h"

static test_folder scratch;
static char version[128];

static int set_up(void **state)
{
    (void)state;
    scratch = make_test_folder();
    snprintf(version, sizeof version, "%s/7", scratch.path);
    return 0;
}

static int tear_down(void **state)
{
    char file[256];

    (void)state;
    snprintf(file, sizeof file, "%s", version);
    assert_int_equal(rk_folder_remove(file, NULL), ROCKET_OK);
    remove_test_folder(scratch);
    return 0;
}

/* Names in the parent, those with a dot too. */
static size_t n_names(void)
{
    rk_arena arena;
    rk_paths names;

    rk_arena_init(&arena, 0);
    assert_int_equal(rk_list_dir(&names, &arena, scratch.path, NULL), ROCKET_OK);
    rk_arena_clear(&arena);
    return names.n;
}

static void put_file(const char *folder)
{
    char path[256];

    snprintf(path, sizeof path, "%s/model", folder);
    assert_int_equal(rk_file_write(path, "bytes", 5, NULL), ROCKET_OK);
}

static void it_appears_with_its_files(void **state)
{
    rk_atomic_folder *folder = NULL;
    char path[256];

    (void)state;
    assert_int_equal(rk_atomic_folder_open(&folder, version, NULL), ROCKET_OK);
    put_file(rk_atomic_folder_place(folder));
    assert_false(rk_file_exists(version));
    assert_int_equal(rk_atomic_folder_commit(folder, NULL), ROCKET_OK);
    snprintf(path, sizeof path, "%s/model", version);
    assert_true(rk_file_exists(path));
    assert_int_equal(n_names(), 1);
}

static void abort_leaves_nothing(void **state)
{
    rk_atomic_folder *folder = NULL;

    (void)state;
    assert_int_equal(rk_atomic_folder_open(&folder, version, NULL), ROCKET_OK);
    put_file(rk_atomic_folder_place(folder));
    rk_atomic_folder_abort(folder);
    rk_atomic_folder_abort(NULL);
    assert_int_equal(n_names(), 0);
}

static void one_that_exists_is_refused(void **state)
{
    rk_atomic_folder *folder = NULL, *late = NULL;
    rocket_error err = { 0 };

    (void)state;
    assert_int_equal(rk_atomic_folder_open(&late, version, NULL), ROCKET_OK);
    put_file(rk_atomic_folder_place(late));
    assert_int_equal(rk_mkdirs(version, NULL), ROCKET_OK);
    put_file(version); /* another writer was quicker */
    assert_int_equal(rk_atomic_folder_open(&folder, version, &err), ROCKET_FAILED);
    assert_non_null(strstr(err.text, "exists already"));
    assert_int_equal(rk_atomic_folder_commit(late, NULL), ROCKET_FAILED);
    assert_int_equal(n_names(), 1);
}

static void what_killed_writers_left_is_removed(void **state)
{
    rk_atomic_folder *folder = NULL;
    char left[256];

    (void)state;
    snprintf(left, sizeof left, "%s/.6.2147483647.0.tmp", scratch.path);
    assert_int_equal(rk_mkdirs(left, NULL), ROCKET_OK);
    put_file(left);
    assert_int_equal(rk_atomic_folder_open(&folder, version, NULL), ROCKET_OK);
    assert_false(rk_file_exists(left));
    rk_atomic_folder_abort(folder);
}

static rocket_status open_and_commit(void *arg)
{
    rk_atomic_folder *folder = NULL;

    (void)arg;
    rocket_status status = rk_atomic_folder_open(&folder, version, NULL);
    if (status == ROCKET_OK)
        status = rk_atomic_folder_commit(folder, NULL);
    assert_true(rk_file_is_folder(version) == (status == ROCKET_OK));
    return status;
}

static void without_memory(void **state)
{
    (void)state;
    assert_survives_failed_allocations(open_and_commit, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_appears_with_its_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(abort_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_exists_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_killed_writers_left_is_removed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_memory, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
