/* The same bits: at every number of threads, and in a run that was stopped and resumed.
 *
 * Compared are all tensors of the last checkpoint (weights, moving statistics, optimizer slots) and of the exported
 * model. Data are shuffled, batches straddle epochs, nets have dropout: all that could depend on chance or on where a
 * run began.
 */
#include "trained.h"

#define FIXTURE(name) ROCKET_SOURCE_DIR "/tests/golden/fixtures/easyrec/" name
#define LAUNCHING "model_config.rocket_launching."

static trained_options cases[] = {
    { .folder = FIXTURE("adam_id_tag"),
      .overrides = { "data_config.shuffle=true", "data_config.shuffle_buffer_size=150", "data_config.num_epochs=0",
                     LAUNCHING "share_dnn.dropout_ratio=[0.25, 0.25]", LAUNCHING "light_dnn.dropout_ratio=[0.25]" } },
    { .folder = FIXTURE("lazy_adam_no_bn"),
      .overrides = { "data_config.shuffle=true", "data_config.shuffle_buffer_size=1000", "data_config.num_epochs=0",
                     LAUNCHING "recipe=SOFT", LAUNCHING "gradient_block=false" } },
    { .folder = FIXTURE("adagrad_raw_combo"),
      .overrides = { "data_config.num_epochs=3", "data_config.batch_size=53", LAUNCHING "recipe=XDL",
                     LAUNCHING "light_embedding_dim=2" } },
    { .folder = FIXTURE("adam_id_tag"), /* an optimizer for the tables and one for the rest */
      .overrides = { "data_config.num_epochs=2",
                     "train_config.optimizer_config=[{ adagrad_optimizer { learning_rate { constant_learning_rate { } "
                     "} } }, "
                     "{ momentum_optimizer { learning_rate { constant_learning_rate { } } } }]" } },
    { .folder = FIXTURE("adam_id_tag"), /* large enough for blocked kernels */
      .overrides = { "data_config.num_epochs=0", "data_config.shuffle=true", "data_config.batch_size=333",
                     LAUNCHING "share_dnn.hidden_units=[128, 96, 64]", LAUNCHING "booster_dnn.hidden_units=[256, 128]",
                     LAUNCHING "recipe=PAPER" } },
};

enum { N_CASES = sizeof cases / sizeof cases[0], N_STEPS = 10 };

static rk_train_result run(const trained_options *c, const char *folder, const char *name, int n_threads)
{
    trained_options options = *c;
    char dir[256];

    snprintf(dir, sizeof dir, "%s/%s", folder, name);
    options.model_dir = dir;
    options.n_threads = n_threads;
    options.n_steps = options.n_steps > 0 ? options.n_steps : N_STEPS;
    return trained_run(&options);
}

static void assert_same_tensors(const char *a_path, const char *b_path)
{
    rk_tensor_file *a, *b;
    rocket_error err = { 0 };

    assert_int_equal(rk_tensor_file_open(&a, a_path, true, &err), ROCKET_OK);
    assert_int_equal(rk_tensor_file_open(&b, b_path, true, &err), ROCKET_OK);
    assert_int_equal(rk_tensor_file_size(a), rk_tensor_file_size(b));
    assert_true(rk_tensor_file_size(a) > 0);
    for (size_t i = 0; i < rk_tensor_file_size(a); i++) {
        const rk_tensor_info *left = rk_tensor_file_at(a, i), *right = rk_tensor_file_at(b, i);
        assert_string_equal(left->name, right->name);
        assert_int_equal(left->bytes, right->bytes);
        if (memcmp(left->data, right->data, left->bytes) != 0)
            fail_msg("%s differs", left->name);
    }
    rk_tensor_file_close(a);
    rk_tensor_file_close(b);
}

static void assert_same_run(const rk_train_result *a, const rk_train_result *b)
{
    assert_int_equal(a->steps, N_STEPS);
    assert_int_equal(b->steps, N_STEPS);
    assert_same_tensors(a->checkpoint, b->checkpoint);
    assert_same_tensors(a->model, b->model);
}

static void threads_do_not_matter(void **state)
{
    static const int counts[] = { 2, 3, 8 };
    test_folder scratch = make_test_folder();
    rk_train_result one = run(*state, scratch.path, "one", 1);

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        char name[16];
        snprintf(name, sizeof name, "threads%d", counts[i]);
        rk_train_result other = run(*state, scratch.path, name, counts[i]);
        assert_same_run(&one, &other);
    }
    remove_test_folder(scratch);
}

static void a_resumed_run_ends_in_the_same_bits(void **state)
{
    static const int stops[] = { 1, 4, 7, 9 }; /* an epoch of these files has between 7 and 8 batches */
    test_folder scratch = make_test_folder();
    rk_train_result straight = run(*state, scratch.path, "straight", 2);

    for (size_t i = 0; i < sizeof stops / sizeof stops[0]; i++) {
        char name[16];
        trained_options first = *(const trained_options *)*state, second = first;
        snprintf(name, sizeof name, "stop%d", stops[i]);
        first.n_steps = stops[i];
        second.resume = true;
        rk_train_result stopped = run(&first, scratch.path, name, 2);
        assert_int_equal(stopped.steps, stops[i]);
        rk_train_result resumed = run(&second, scratch.path, name, 3);
        assert_same_run(&straight, &resumed);
    }
    remove_test_folder(scratch);
}

int main(void)
{
    struct CMUnitTest tests[2 * N_CASES];

    for (size_t i = 0; i < N_CASES; i++) {
        tests[2 * i] = (struct CMUnitTest)cmocka_unit_test_prestate(threads_do_not_matter, &cases[i]);
        tests[2 * i + 1] = (struct CMUnitTest)cmocka_unit_test_prestate(a_resumed_run_ends_in_the_same_bits, &cases[i]);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
