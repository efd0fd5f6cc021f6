/* dead_line: a run whose time is over ends as after its last step; one whose time is far off does not notice. */
#include "file.h"
#include "golden/trained.h"

static rk_train_result run(const test_folder *folder, const char *name, const char *dead_line)
{
    static char dir[128];
    trained_options options = { .folder = ROCKET_SOURCE_DIR "/tests/golden/fixtures/recipes",
                                .model_dir = dir,
                                .n_steps = 6,
                                .n_threads = 1,
                                .overrides = { "data_config.num_epochs=0", dead_line } };

    snprintf(dir, sizeof dir, "%s/%s", folder->path, name);
    return trained_run(&options);
}

static void a_dead_line_ends_the_run(void **state)
{
    test_folder folder = make_test_folder();
    rk_train_result over = run(&folder, "over", "train_config.dead_line=20200131 08:30:00");
    rk_train_result open = run(&folder, "open", "train_config.dead_line=20370131 08:30:00");

    (void)state;
    assert_int_equal(over.steps, 1);
    assert_true(rk_file_exists(over.checkpoint));
    assert_true(rk_file_exists(over.model));
    assert_int_equal(open.steps, 6);
    remove_test_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dead_line_ends_the_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
