/* Life of a config: files that load and that don't, the print that reads back, memory that runs out. */
#include "config_text.h"
#include "error.h"
#include "file.h"
#include "mem.h"

static void write_file(const char *path, const char *text)
{
    rocket_error err = { 0 };

    if (rk_file_write(path, text, strlen(text), &err) != ROCKET_OK)
        fail_msg("%s", err.text);
}

static void files_are_loaded(void **state)
{
    test_folder folder = make_test_folder();
    const char *overrides[] = { "num_steps=7" };
    char path[128];
    rk_config *config = NULL;
    rocket_error err = { 0 };

    (void)state;
    snprintf(path, sizeof path, "%s/a.config", folder.path);
    write_file(path, CONFIG_TEXT_SOUND);
    assert_int_equal(rk_config_load(&config, path, overrides, 1, NULL, &err), ROCKET_OK);
    assert_string_equal(rk_config_name(config), path);
    assert_int_equal(rk_config_root(config)->train_config->num_steps, 7);
    assert_int_equal(rk_config_check(config, NULL, 0, NULL, &err), ROCKET_OK);
    rk_config_free(config);
    remove_test_folder(folder);
}

static void assert_not_loaded(const char *path, rocket_status status, const char *sentence)
{
    rk_config *config = NULL;
    rocket_error err = { 0 };

    assert_int_equal(rk_config_load(&config, path, NULL, 0, NULL, &err), status);
    assert_non_null(strstr(err.text, sentence));
    assert_null(config);
}

static void other_files_are_not(void **state)
{
    test_folder folder = make_test_folder();
    char path[128];

    (void)state;
    assert_not_loaded("a.txt", ROCKET_CONFIG, "a.txt: expected a file whose name ends in .config or .json");
    assert_not_loaded("", ROCKET_CONFIG, "expected a file");
    snprintf(path, sizeof path, "%s/absent.config", folder.path);
    assert_not_loaded(path, ROCKET_FAILED, path);
    snprintf(path, sizeof path, "%s/b.config", folder.path);
    write_file(path, "data_config {\n batch_sise: 5\n num_epochs: x }");
    assert_not_loaded(path, ROCKET_CONFIG,
                      "b.config:2:2: unknown field \"batch_sise\" in data_config; did you mean "
                      "\"batch_size\"? (and 1 more)");
    snprintf(path, sizeof path, "%s/b.json", folder.path);
    write_file(path, "{\"data_config\": {\n \"batch_sise\": 5}}");
    assert_not_loaded(path, ROCKET_CONFIG,
                      "b.json:2:2: unknown field \"batch_sise\" in data_config; did you mean \"batch_size\"?");
    remove_test_folder(folder);
}

static void huge_configs_are_refused(void **state)
{
    rk_config_source source = { .name = "huge", .text = "", .n = (size_t)RK_CONFIG_MAX_BYTES + 1 };
    rk_config *config = NULL;
    rocket_error err = { 0 };

    (void)state;
    assert_int_equal(rk_config_parse(&config, &source, NULL, &err), ROCKET_CONFIG);
    assert_string_equal(err.text, "huge: a config may have 16777216 bytes, this one has 16777217");
}

static void complain(const rk_config *config, rk_faults *faults)
{
    rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &rk_config_root(config)->base, "model_dir", 0),
                  "not this one");
}

static void plugin_checks_are_run(void **state)
{
    static const rk_config_check_fn checks[] = { complain, complain };
    rk_config *config = config_text_open(&(config_text){ .text = CONFIG_TEXT_SOUND });
    rocket_error err = { 0 };

    (void)state;
    assert_int_equal(rk_config_check(config, checks, 2, NULL, &err), ROCKET_CONFIG);
    assert_string_equal(err.text, "t:2:12: not this one (and 1 more)");
    rk_config_free(config);
}

static void oneofs_and_enums_have_names(void **state)
{
    rk_config *config = config_text_open(&(config_text){ .text = CONFIG_TEXT_SOUND });
    const Rocket__Optimizer *optimizer = rk_config_root(config)->train_config->optimizer_config[0];
    const ProtobufCMessage *options = NULL;

    (void)state;
    assert_string_equal(rk_oneof_name(&optimizer->base, &options), "adam_optimizer");
    assert_ptr_equal(options, optimizer->adam_optimizer);
    assert_null(rk_oneof_name(options, NULL));
    assert_string_equal(rk_enum_name(&rocket__wide_or_deep__descriptor, 1), "WIDE");
    assert_string_equal(rk_enum_name(&rocket__wide_or_deep__descriptor, 77), "?");
    rk_config_free(config);
}

/* Reading, overriding, expanding, checking, printing, with every kind of value. */
static rocket_status live(void *arg)
{
    static const char text[] = CONFIG_TEXT_SOUND "data_config { auto_expand_input_fields: true input_fields { "
                                                 "input_name: 'a[1-3]' } sample_weight: 'w' 'eight' }\n"
                                                 "feature_config { features { input_names: 'a1' shared_names: 'a[2-3]' "
                                                 "boundaries: [1, 2, 3, 4, 5] embedding_name: 't' "
                                                 "initializer { constant_initializer { consts: 1 } } } features { "
                                                 "input_names: 'absent' embedding_name: 't' } }\n";
    static const char *const overrides[] = { "features[user].embedding_dim=8", "data_config.label_fields=['clk']",
                                             "features[:].hash_bucket_size=5" };
    rk_config_source source = {
        .name = "t", .text = text, .n = sizeof text - 1, .overrides = overrides, .n_overrides = 3
    };
    rk_config *config = NULL;
    rk_buf out;
    rocket_error err = { 0 };
    rocket_status status = rk_config_parse(&config, &source, NULL, &err);

    (void)arg;
    rk_buf_init(&out, 0);
    if (status == ROCKET_OK)
        status = rk_config_check(config, NULL, 0, NULL, &err);
    if (status == ROCKET_CONFIG)
        status = ROCKET_OK; /* the faults are on purpose; running out of memory is not one of them */
    if (status == ROCKET_OK)
        rk_config_print(config, &out);
    if (rk_buf_failed(&out))
        status = ROCKET_FAILED;
    rk_buf_clear(&out);
    rk_config_free(config);
    return status;
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    assert_survives_failed_allocations(live, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_loaded),
        cmocka_unit_test(other_files_are_not),
        cmocka_unit_test(huge_configs_are_refused),
        cmocka_unit_test(plugin_checks_are_run),
        cmocka_unit_test(oneofs_and_enums_have_names),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
