/* fine_tune_checkpoint: a run of one step at rate 0 from another's weights ends with those weights; filters and shapes
 * leave variables out; nothing to restore is an error. */
#include "golden/trained.h"
#include "tensors.h"

#define RATE_0                                                                                                         \
    "train_config.optimizer_config=[{ sgd_optimizer { learning_rate { constant_learning_rate { learning_rate: 0 } } "  \
    "} }]"

typedef struct places {
    test_folder folder;
    char first[128], second[128], from[1024];
    rk_train_result trained;
} places;

static trained_options options_of(const char *dir, int n_steps)
{
    return (trained_options){ .folder = ROCKET_SOURCE_DIR "/tests/golden/fixtures/recipes",
                              .model_dir = dir,
                              .n_steps = n_steps,
                              .n_threads = 1,
                              .overrides = { "data_config.num_epochs=0" } };
}

/* A run of five steps whose checkpoint, or whose folder, is then started from. */
static void prepare(places *p, bool by_folder)
{
    p->folder = make_test_folder();
    snprintf(p->first, sizeof p->first, "%s/first", p->folder.path);
    snprintf(p->second, sizeof p->second, "%s/second", p->folder.path);
    trained_options options = options_of(p->first, 5);
    p->trained = trained_run(&options);
    snprintf(p->from, sizeof p->from, "train_config.fine_tune_checkpoint=%s",
             by_folder ? p->first : p->trained.checkpoint);
}

/* Largest difference of a variable in two checkpoints, over what both have. */
static double difference(const char *a_path, const char *b_path, const char *name)
{
    rk_tensor_file *a, *b;
    double greatest = 0;

    assert_int_equal(rk_tensor_file_open(&a, a_path, true, NULL), ROCKET_OK);
    assert_int_equal(rk_tensor_file_open(&b, b_path, true, NULL), ROCKET_OK);
    const rk_tensor_info *left = rk_tensor_file_find(a, name), *right = rk_tensor_file_find(b, name);
    assert_non_null(left);
    assert_non_null(right);
    int64_t rows = left->dims[0] < right->dims[0] ? left->dims[0] : right->dims[0];
    int64_t step_a = left->rank > 1 ? left->dims[1] : 1, step_b = right->rank > 1 ? right->dims[1] : 1;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t k = 0; k < (step_a < step_b ? step_a : step_b); k++) {
            double x = (double)((const float *)left->data)[i * step_a + k];
            double y = (double)((const float *)right->data)[i * step_b + k];
            double d = x > y ? x - y : y - x;
            greatest = d > greatest ? d : greatest;
        }
    rk_tensor_file_close(a);
    rk_tensor_file_close(b);
    return greatest;
}

static rk_train_result tune(const places *p, const char *first, const char *second)
{
    trained_options options = options_of(p->second, 1);

    options.overrides[1] = p->from;
    options.overrides[2] = RATE_0;
    options.overrides[3] = first;
    options.overrides[4] = second;
    rk_log_set_level(RK_LOG_WARN);
    return trained_run(&options);
}

static void a_run_starts_from_the_weights(void **state)
{
    (void)state;
    for (int by_folder = 0; by_folder <= 1; by_folder++) {
        places p;

        prepare(&p, by_folder);
        rk_train_result tuned = tune(&p, "model_config.restore_filters=['light_output', 'item']", NULL);
        const char *a = p.trained.checkpoint, *b = tuned.checkpoint;
        assert_int_equal(tuned.steps, 1);
        assert_true(difference(a, b, "share_dnn/dnn_0/kernel") == 0);
        assert_true(difference(a, b, "booster_dnn/dnn_1/bn/gamma") == 0);
        assert_true(difference(a, b, "input_layer/user_embedding/embedding_weights") == 0);
        /* both runs drew the same: what was left alone is what the first one has moved */
        assert_true(difference(a, b, "light_output/kernel") > 0);
        assert_true(difference(a, b, "input_layer/item_table/embedding_weights") > 0);
        remove_test_folder(p.folder);
    }
}

static void other_shapes_take_what_both_have(void **state)
{
    (void)state;
    for (int fit = 0; fit <= 1; fit++) {
        places p;

        prepare(&p, false);
        rk_train_result tuned = tune(&p, "model_config.rocket_launching.light_dnn.hidden_units=[6]",
                                     fit ? "train_config.force_restore_shape_compatible=true" : NULL);
        double changed = difference(p.trained.checkpoint, tuned.checkpoint, "light_dnn/dnn_0/kernel");
        assert_true(fit ? changed == 0 : changed > 0);
        assert_true(difference(p.trained.checkpoint, tuned.checkpoint, "share_dnn/dnn_0/kernel") == 0);
        remove_test_folder(p.folder);
    }
}

static void nothing_to_restore_is_an_error(void **state)
{
    places p;
    rk_train_options train = { .run = { .n_threads = 1 } };
    rk_train_result result = { 0 };
    rocket_error err = { 0 };

    (void)state;
    prepare(&p, false);
    trained_options options = options_of(p.second, 1);
    options.overrides[1] = p.from;
    options.overrides[2] = "model_config.restore_filters=['/']";
    rk_config *config = trained_config(&options);
    assert_int_equal(rk_train(&result, config, &train, &err), ROCKET_CONFIG);
    assert_non_null(strstr(err.text, "holds no variable of this model"));
    rk_config_free(config);
    remove_test_folder(p.folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_starts_from_the_weights),
        cmocka_unit_test(other_shapes_take_what_both_have),
        cmocka_unit_test(nothing_to_restore_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
