/* Whole pipeline configs: those of the golden cases, and upstream's launch configs written from their description. All
 * load and read back from their own print; what rocket does not do yet is refused by name, the rest has no error.
 */
#include "config_text.h"
#include "file.h"

enum { LINES_BYTES = 8192 };

static void assert_reads_back(const rk_config *config)
{
    rk_config_source source = { .name = "print" };
    rk_config *again = NULL;
    rk_buf first, second;
    rocket_error err = { 0 };

    rk_buf_init(&first, 0);
    rk_buf_init(&second, 0);
    rk_config_print(config, &first);
    source.text = first.data;
    source.n = first.size;
    if (rk_config_parse(&again, &source, NULL, &err) != ROCKET_OK)
        fail_msg("%s: %s", rk_config_name(config), err.text);
    rk_config_print(again, &second);
    assert_string_equal(first.data, second.data);
    rk_config_free(again);
    rk_buf_clear(&first);
    rk_buf_clear(&second);
}

/* The sentences of all errors, a line each. */
static const char *errors_of(const char *path)
{
    static char lines[LINES_BYTES];
    rk_config *config = NULL;
    rk_faults faults;
    rocket_error err = { 0 };
    size_t used = 0;

    rk_faults_init(&faults);
    if (rk_config_load(&config, path, NULL, 0, &faults, &err) != ROCKET_OK)
        fail_msg("%s", err.text);
    assert_reads_back(config);
    rocket_status status = rk_config_check(config, NULL, 0, &faults, &err);
    assert_int_equal(status, faults.n_errors ? ROCKET_CONFIG : ROCKET_OK);
    lines[0] = '\0';
    for (size_t i = 0; i < faults.n && used < sizeof lines; i++)
        if (faults.items[i].severity == RK_FAULT_ERROR)
            used += (size_t)snprintf(lines + used, sizeof lines - used, "%s\n", faults.items[i].sentence);
    rk_config_free(config);
    rk_faults_clear(&faults);
    return lines;
}

static void golden_configs_have_no_fault(void **state)
{
    rk_arena arena;
    rk_paths paths;
    rocket_error err = { 0 };

    (void)state;
    rk_arena_init(&arena, 0);
    assert_int_equal(rk_glob(&paths, &arena, ROCKET_SOURCE_DIR "/../shared/golden/*/*/pipeline.config", &err),
                     ROCKET_OK);
    size_t n = paths.n;
    for (size_t i = 0; i < n; i++)
        assert_string_equal(errors_of(paths.path[i]), "");
    rk_arena_clear(&arena);
    if (n == 0) {
        printf("skipped: no ../shared/golden\n");
        skip();
    }
    assert_true(n >= 3);
}

static const char *upstream(const char *name)
{
    char path[512];

    snprintf(path, sizeof path, "%s/configs/%s.config", ROCKET_SOURCE_DIR, name);
    return errors_of(path);
}

static void upstream_configs_load(void **state)
{
    (void)state;
    assert_string_equal(upstream("rocket_launching"), "");
    assert_string_equal(upstream("rocket_launching_with_rtp_input"), "");
    assert_string_equal(upstream("rocket_launching_feature_based"), "");
    assert_string_equal(upstream("rocket_launching_on_sequence_feature_taobao"),
                        "sequence_features is not supported and would change the result: sequences with attention come "
                        "with the DIN model\n");
}

/* The figures of easyrec.md 5. */
static void the_launch_config_is_as_described(void **state)
{
    rk_config *config = NULL;
    uint64_t rows = 0, width = 0;

    (void)state;
    assert_int_equal(rk_config_load(&config, ROCKET_SOURCE_DIR "/configs/rocket_launching.config", NULL, 0, NULL, NULL),
                     ROCKET_OK);
    const rk_resolved *view = rk_config_view(config);
    assert_int_equal(view->n_fields, 20);
    assert_int_equal(view->n_group_names, 17);
    for (size_t i = 0; i < view->n_group_names; i++) {
        const Rocket__FeatureConfig *feature = view->features[view->group_names[i].feature].config;
        rows += feature->hash_bucket_size + feature->num_buckets;
        width += feature->embedding_dim;
    }
    assert_int_equal(rows, 710310);
    assert_int_equal(width, 272);
    assert_int_equal(view->data->batch_size, 4096);
    assert_int_equal(view->train->num_steps, 2500);
    assert_int_equal(view->launching->booster_dnn->n_hidden_units, 4);
    assert_float_equal(view->launching->l2_regularization, 1e-6F, 0);
    rk_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_configs_have_no_fault),
        cmocka_unit_test(upstream_configs_load),
        cmocka_unit_test(the_launch_config_is_as_described),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
