/* Configs in JSON: spellings, and faults with their lines. */
#include "config_text.h"
#include "resolve.h"

static const char *faults_of(const char *text)
{
    static char lines[8192];
    rk_config_source source = { .name = "j", .text = text, .n = strlen(text), .json = true };
    rk_config *config = NULL;
    rk_faults faults;
    size_t used = 0;

    rk_faults_init(&faults);
    rocket_status status = rk_config_parse(&config, &source, &faults, NULL);
    assert_int_equal(status, faults.n_errors ? ROCKET_CONFIG : ROCKET_OK);
    lines[0] = '\0';
    for (size_t i = 0; i < faults.n && used < sizeof lines; i++)
        used += (size_t)snprintf(lines + used, sizeof lines - used, "%s: %s\n", faults.items[i].where,
                                 faults.items[i].sentence);
    rk_config_free(config);
    rk_faults_clear(&faults);
    return lines;
}

static void print(const char *text, bool json, rk_buf *out)
{
    rk_config_source source = { .name = "j", .text = text, .n = strlen(text), .json = json };
    rk_config *config = NULL;
    rocket_error err = { 0 };

    if (rk_config_parse(&config, &source, NULL, &err) != ROCKET_OK)
        fail_msg("%s", err.text);
    rk_buf_reset(out);
    rk_config_print(config, out);
    rk_config_free(config);
}

static void same(const char *json, const char *text)
{
    rk_buf a, b;

    rk_buf_init(&a, 0);
    rk_buf_init(&b, 0);
    print(json, true, &a);
    print(text, false, &b);
    assert_string_equal(a.data ? a.data : "", b.data ? b.data : "");
    rk_buf_clear(&a);
    rk_buf_clear(&b);
}

static void spellings(void **state)
{
    (void)state;
    same("{}", "");
    same("{\"model_dir\": \"run\", \"trainInputPath\": \"a,b\"}", "model_dir: 'run' train_input_path: 'a,b'");
    same("{\"data_config\": {\"batchSize\": 64, \"shuffle_buffer_size\": \"-3\", \"num_epochs\": 5.0, \"shuffle\": "
         "false,"
         " \"label_fields\": [\"y\", \"\\u4e2d\"], \"label_dim\": [1, \"2\"], \"input_type\": \"RTPInput\","
         " \"separator\": null, \"input_fields\": [{\"input_name\": \"y\", \"input_type\": 1}, {}]}}",
         "data_config { batch_size: 64 shuffle_buffer_size: -3 num_epochs: 5 shuffle: false "
         "label_fields: ['y', '\xe4\xb8\xad'] label_dim: [1, 2] input_type: RTPInput "
         "input_fields { input_name: 'y' input_type: INT64 } input_fields { } }");
    same("{\"modelConfig\": {\"embeddingRegularization\": 1e-6, \"featureGroups\": []}}",
         "model_config { embedding_regularization: 1e-6 }");
    same("{\"model_config\": {\"embedding_regularization\": \"-Infinity\"}}",
         "model_config { embedding_regularization: -inf }");
    same("{\"model_config\": {\"embedding_regularization\": \"NaN\"}}",
         "model_config { embedding_regularization: nan }");
    same("{\"model_config\": {\"embedding_regularization\": \"2.5\", \"deepfm\": {\"anything\": [1]}}}",
         "model_config { embedding_regularization: 2.5 deepfm { } }");
}

static void faults_have_their_lines(void **state)
{
    (void)state;
    assert_string_equal(faults_of("{\n  \"train_config\": {\n    \"num_stesp\": 5\n  }\n}"),
                        "j:3:5: unknown field \"num_stesp\" in train_config; did you mean \"num_steps\"?\n");
    assert_string_equal(faults_of("{\"data_config\": {\n \"batch_size\": \"many\",\n \"shuffle\": 1,\n"
                                  " \"separator\": 5, \"batchSize\": 2.5,\n \"input_type\": \"CSVInputt\",\n"
                                  " \"label_fields\": \"y\", \"num_epochs\": -1}}"),
                        "j:2:16: batch_size: expected an integer from 0 to 4294967295, found \"many\"\n"
                        "j:3:13: shuffle: expected true or false, found 1\n"
                        "j:4:15: separator: expected a text in quotes, found 5\n"
                        "j:4:31: batch_size: expected an integer from 0 to 4294967295, found 2.5\n"
                        "j:5:16: input_type: unknown value \"CSVInputt\"; did you mean CSVInput?\n"
                        "j:6:18: label_fields: expected a list in [ ], found \"y\"\n"
                        "j:6:37: num_epochs: expected an integer from 0 to 4294967295, found -1\n");
    assert_string_equal(faults_of("{\"data_config\": [], \"train_config\": {\"num_steps\": true, \"seed\": {}}}"),
                        "j:1:17: data_config: expected { and the fields of a message, found a list\n"
                        "j:1:51: num_steps: expected an integer from 0 to 4294967295, found true\n"
                        "j:1:65: seed: expected an integer from 0 to 18446744073709551615, found a message\n");
}

static void one_value_each(void **state)
{
    (void)state;
    assert_string_equal(faults_of("{\"model_dir\": \"a\", \"modelDir\": \"b\"}"),
                        "j:1:20: model_dir: expected one value, found another in \"model_dir\" already\n");
    assert_string_equal(faults_of("{\"train_input_path\": \"a\",\n\"hive_train_input\": {}}"),
                        "j:2:1: hive_train_input: expected one value, found another in \"train_input_path\" already\n");
    assert_string_equal(faults_of("{\"data_config\": {\"label_fields\": [\"y\", null]}}"),
                        "j:1:40: label_fields: expected a text in quotes, found null\n");
}

static void text_that_is_no_json(void **state)
{
    (void)state;
    assert_string_equal(faults_of("{\n\"model_dir\": 'run'}"), "j:2:14: expected a value, found '''\n");
    assert_string_equal(faults_of("{\"model_dir\": \"a\", \"model_dir\": \"b\"}"),
                        "j:1:20: expected a key that the object does not have yet, found '\"'\n");
    assert_string_equal(faults_of("[]"), "j: expected { and the fields of a config\n");
    assert_string_equal(faults_of("model_dir: 'run'"), "j:1:1: expected a value, found 'm'\n");
    assert_string_equal(faults_of(""), "j:1:0: expected a value, found the end\n");
}

/* Checks of what was read name the line too, and overrides work as on text. */
static void places_of_later_checks(void **state)
{
    static const char text[] = "{\"data_config\": {\n  \"label_fields\": [\"a\",\n    \"b\"], \"batch_size\": 3}}";
    const char *const overrides[] = { "data_config.batch_size=9" };
    rk_config_source source = {
        .name = "j", .text = text, .n = sizeof text - 1, .overrides = overrides, .n_overrides = 1, .json = true
    };
    rk_config *config = NULL;
    rocket_error err = { 0 };

    (void)state;
    if (rk_config_parse(&config, &source, NULL, &err) != ROCKET_OK)
        fail_msg("%s", err.text);
    const Rocket__DatasetConfig *data = rk_config_view(config)->data;
    assert_string_equal(rk_config_where(config, &data->base, "label_fields", 1), "j:3:5");
    assert_string_equal(rk_config_where(config, &data->base, "separator", 0), "j:1:17");
    assert_string_equal(rk_config_where(config, &data->base, "batch_size", 0), "--set data_config.batch_size=9");
    assert_int_equal(data->batch_size, 9);
    rk_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spellings),
        cmocka_unit_test(faults_have_their_lines),
        cmocka_unit_test(one_value_each),
        cmocka_unit_test(text_that_is_no_json),
        cmocka_unit_test(places_of_later_checks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
