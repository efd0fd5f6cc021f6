/* Lists of paths: complete, sorted by bytes, nothing for a glob without a match. */
#include "rk_test.h"

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "file.h"
#include "mem.h"

static test_folder folder;

static const char *const names[] = { "b10.csv", "b2.csv", "B1.csv", "a.csv", "\xC3\xA4.csv", ".hidden", "z.txt" };

static int set_up(void **state)
{
    (void)state;
    folder = make_test_folder();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[256];

        snprintf(path, sizeof path, "%s/%s", folder.path, names[i]);
        if (rk_file_write(path, "", 0, NULL) != ROCKET_OK)
            return -1;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_test_folder(folder);
    return 0;
}

static void folders_are_listed(void **state)
{
    static const char *const expected[] = {
        ".hidden", "B1.csv", "a.csv", "b10.csv", "b2.csv", "z.txt", "\xC3\xA4.csv"
    };
    rk_arena arena;
    rk_paths paths;

    (void)state;
    rk_arena_init(&arena, 0);
    assert_int_equal(rk_list_dir(&paths, &arena, folder.path, NULL), ROCKET_OK);
    assert_int_equal(paths.n, 7);
    for (size_t i = 0; i < 7; i++)
        assert_string_equal(paths.path[i], expected[i]);
    rk_arena_clear(&arena);
}

static void globs_are_expanded(void **state)
{
    static const char *const expected[] = { "B1.csv", "a.csv", "b10.csv", "b2.csv", "\xC3\xA4.csv" };
    char pattern[256];
    rk_arena arena;
    rk_paths paths;

    (void)state;
    rk_arena_init(&arena, 0);
    snprintf(pattern, sizeof pattern, "%s/*.csv", folder.path);
    assert_int_equal(rk_glob(&paths, &arena, pattern, NULL), ROCKET_OK);
    assert_int_equal(paths.n, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(strrchr(paths.path[i], '/') + 1, expected[i]);
    snprintf(pattern, sizeof pattern, "%s/b?.csv", folder.path);
    assert_int_equal(rk_glob(&paths, &arena, pattern, NULL), ROCKET_OK);
    assert_int_equal(paths.n, 1);
    snprintf(pattern, sizeof pattern, "%s/nothing*", folder.path);
    assert_int_equal(rk_glob(&paths, &arena, pattern, NULL), ROCKET_OK);
    assert_int_equal(paths.n, 0);
    rk_arena_clear(&arena);
}

static void an_absent_folder_is_an_error(void **state)
{
    rocket_error err = { 0 };
    rk_arena arena;
    rk_paths paths;

    (void)state;
    rk_arena_init(&arena, 0);
    assert_int_equal(rk_list_dir(&paths, &arena, "/no/such/folder", &err), ROCKET_FAILED);
    assert_string_equal(err.text, "/no/such/folder: cannot list: No such file or directory");
    rk_arena_clear(&arena);
}

static rocket_status list(void *arg)
{
    rk_arena arena;
    rk_paths paths;

    rk_arena_init(&arena, 0);
    rocket_status status = arg ? rk_glob(&paths, &arena, arg, NULL) : rk_list_dir(&paths, &arena, folder.path, NULL);
    rk_arena_clear(&arena);
    return status;
}

static void failed_allocations(void **state)
{
    char pattern[256];

    (void)state;
    snprintf(pattern, sizeof pattern, "%s/*.csv", folder.path);
    assert_survives_failed_allocations(list, NULL);
    assert_survives_failed_allocations(list, pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders_are_listed),
        cmocka_unit_test(globs_are_expanded),
        cmocka_unit_test(an_absent_folder_is_an_error),
        cmocka_unit_test(failed_allocations),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
