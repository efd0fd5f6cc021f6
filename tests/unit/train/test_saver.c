/* Checkpoints that a thread brings to the disk: the file is whole or not there, what goes wrong is told when it is
 * collected, and older ones go only when the new one is there. */
#include <stdio.h>
#include <string.h>

#include "rk_test.h"
#include "saver.h"

static const char *path_of(char *path, size_t room, const char *folder, int step)
{
    snprintf(path, room, "%s/model.ckpt-%d.safetensors", folder, step);
    return path;
}

static rk_atomic_file *file_for(const char *path)
{
    rk_atomic_file *file;

    assert_int_equal(rk_atomic_open(&file, path, NULL), ROCKET_OK);
    rk_atomic_write(file, path, strlen(path));
    return file;
}

static void the_newest_stay(void **state)
{
    test_folder folder = make_test_folder();
    rk_saver saver = { 0 };
    rk_save saved;
    char path[128];

    (void)state;
    for (int step = 1; step <= 3; step++) {
        rk_save save = { path_of(path, sizeof path, folder.path, step), folder.path, (uint64_t)step, 2 };

        assert_int_equal(rk_saver_start(&saver, file_for(path), &save, NULL), ROCKET_OK);
        assert_int_equal(rk_saver_collect(&saved, &saver, NULL), ROCKET_OK);
        assert_ptr_equal(saved.path, path);
        assert_int_equal(saved.step, step);
        assert_true(rk_file_exists(path));
        assert_false(rk_saver_done(&saver)); /* it was collected */
    }
    assert_false(rk_file_exists(path_of(path, sizeof path, folder.path, 1)));
    assert_true(rk_file_exists(path_of(path, sizeof path, folder.path, 2)));
    assert_int_equal(rk_saver_collect(&saved, &saver, NULL), ROCKET_OK);
    assert_null(saved.path);
    remove_test_folder(folder);
}

/* A folder of the checkpoint's name, in which something is: the rename fails. */
static void a_failure_is_told_when_it_is_collected(void **state)
{
    test_folder folder = make_test_folder();
    rk_saver saver = { 0 };
    rocket_error err = { 0 };
    char old[128], path[128], inside[160];
    rk_save saved, save = { path_of(path, sizeof path, folder.path, 2), folder.path, 2, 1 };
    rk_paths left;
    rk_arena arena;

    (void)state;
    assert_int_equal(rk_file_write(path_of(old, sizeof old, folder.path, 1), "old", 3, NULL), ROCKET_OK);
    rk_atomic_file *file = file_for(path);
    snprintf(inside, sizeof inside, "%s/taken", path);
    assert_int_equal(rk_mkdirs(inside, NULL), ROCKET_OK);
    assert_int_equal(rk_saver_start(&saver, file, &save, NULL), ROCKET_OK);
    assert_int_equal(rk_saver_collect(&saved, &saver, &err), ROCKET_FAILED);
    assert_non_null(strstr(err.text, "model.ckpt-2.safetensors: cannot write"));
    assert_null(saved.path);
    assert_true(rk_file_exists(old));
    rk_arena_init(&arena, 0);
    assert_int_equal(rk_list_dir(&left, &arena, folder.path, NULL), ROCKET_OK);
    assert_int_equal(left.n, 2); /* nothing temporary */
    rk_arena_clear(&arena);
    remove_test_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_stay),
        cmocka_unit_test(a_failure_is_told_when_it_is_collected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
