/* The grammar: texts and what they are in canonical form, which values are present, and where they stand. */
#include "config_text.h"
#include "resolve.h"

typedef struct reading {
    const char *text, *canonical;
} reading;

static const reading readings[] = {
    { "", "" },
    { " \t\r\n# nothing but a comment", "" },
    { "\xEF\xBB\xBFmodel_dir: 'a'", "model_dir: \"a\"\n" },
    { "model_dir: 'a' # 'b'\n", "model_dir: \"a\"\n" },
    { "model_dir:\n\n'a'", "model_dir: \"a\"\n" },
    { "model_dir: 'a', train_input_path: 'b'; eval_input_path: \"c\"",
      "train_input_path: \"b\"\neval_input_path: \"c\"\nmodel_dir: \"a\"\n" },
    /* messages */
    { "data_config { batch_size: 1 }", "data_config {\n  batch_size: 1\n}\n" },
    { "data_config: { batch_size: 1 }", "data_config {\n  batch_size: 1\n}\n" },
    { "data_config < batch_size: 1 >", "data_config {\n  batch_size: 1\n}\n" },
    { "data_config: < batch_size: 1 >;", "data_config {\n  batch_size: 1\n}\n" },
    { "data_config { }", "data_config {\n}\n" },
    { "data_config { batch_size: 1 } data_config { num_epochs: 2 batch_size: 3 }",
      "data_config {\n  batch_size: 3\n  num_epochs: 2\n}\n" },
    /* lists */
    { "data_config { label_dim: 1 label_dim: [2, 3], label_dim: [] label_dim: 4 }",
      "data_config {\n  label_dim: 1\n  label_dim: 2\n  label_dim: 3\n  label_dim: 4\n}\n" },
    { "data_config { label_fields: ['a' 'b', \"c\"] }",
      "data_config {\n  label_fields: \"ab\"\n  label_fields: \"c\"\n}\n" },
    { "feature_configs [{ input_names: 'a' }, < input_names: 'b' >]",
      "feature_configs {\n  input_names: \"a\"\n}\nfeature_configs {\n  input_names: \"b\"\n}\n" },
    { "feature_configs: [{ }]", "feature_configs {\n}\n" },
    { "data_config { label_dim: [1, 2, 3, 4, 5, 6, 7, 8, 9] }",
      "data_config {\n  label_dim: 1\n  label_dim: 2\n  label_dim: 3\n  label_dim: 4\n  label_dim: 5\n  label_dim: 6\n"
      "  label_dim: 7\n  label_dim: 8\n  label_dim: 9\n}\n" },
    /* texts */
    { "model_dir: ''", "model_dir: \"\"\n" },
    { "model_dir: 'a' \"b\"\n'c'", "model_dir: \"abc\"\n" },
    { "model_dir: \"it's\"", "model_dir: \"it's\"\n" },
    { "model_dir: '\\001\\x02\\t\\n\\r\\a\\b\\f\\v\\\\\\'\\\"\\?'",
      "model_dir: \"\\001\\002\\t\\n\\r\\007\\010\\014\\013\\\\'\\\"?\"\n" },
    { "model_dir: '\\x41\\1012\\7'", "model_dir: \"AA2\\007\"\n" },
    { "model_dir: '\\u4e2d\\U0001F680\\u00e9'", "model_dir: \"\xE4\xB8\xAD\xF0\x9F\x9A\x80\xC3\xA9\"\n" },
    { "model_dir: '\xE4\xB8\xAD'", "model_dir: \"\xE4\xB8\xAD\"\n" },
    { "model_dir: '\\344\\270\\255'", "model_dir: \"\xE4\xB8\xAD\"\n" },
    { "model_dir: '# not a comment'", "model_dir: \"# not a comment\"\n" },
    /* numbers */
    { "data_config { batch_size: 0x1F num_epochs: 010 prefetch_size: 0 }",
      "data_config {\n  batch_size: 31\n  num_epochs: 8\n  prefetch_size: 0\n}\n" },
    { "data_config { batch_size: 4294967295 shuffle_buffer_size: -2147483648 }",
      "data_config {\n  batch_size: 4294967295\n  shuffle_buffer_size: -2147483648\n}\n" },
    { "data_config { shuffle_buffer_size: - 5 }", "data_config {\n  shuffle_buffer_size: -5\n}\n" },
    { "data_config { shuffle_buffer_size: -0x10 }", "data_config {\n  shuffle_buffer_size: -16\n}\n" },
    { "feature_configs { hash_bucket_size: 18446744073709551615 }",
      "feature_configs {\n  hash_bucket_size: 18446744073709551615\n}\n" },
    { "feature_configs { boundaries: [1, -2, 1e-6, .2, 5., 1.5f, 2F, inf, -inf, nan, Infinity, 0.1, 1e400] }",
      "feature_configs {\n  boundaries: 1\n  boundaries: -2\n  boundaries: 1e-06\n  boundaries: 0.2\n  boundaries: 5\n"
      "  boundaries: 1.5\n  boundaries: 2\n  boundaries: inf\n  boundaries: -inf\n  boundaries: nan\n"
      "  boundaries: inf\n  boundaries: 0.1\n  boundaries: inf\n}\n" },
    { "model_config { embedding_regularization: 1e39 }", "model_config {\n  embedding_regularization: inf\n}\n" },
    { "model_config { embedding_regularization: 3.4028235e38 }",
      "model_config {\n  embedding_regularization: 3.4028235e+38\n}\n" },
    { "model_config { embedding_regularization: 0.1 }", "model_config {\n  embedding_regularization: 0.1\n}\n" },
    /* booleans */
    { "data_config { shuffle: true with_header: True file_shard: t shard: 1 }",
      "data_config {\n  shuffle: true\n  with_header: true\n  shard: true\n  file_shard: true\n}\n" },
    { "data_config { shuffle: false with_header: False file_shard: f shard: 0 }",
      "data_config {\n  shuffle: false\n  with_header: false\n  shard: false\n  file_shard: false\n}\n" },
    /* enums */
    { "data_config { input_type: RTPInput input_fields { input_type: 4 } }",
      "data_config {\n  input_type: RTPInput\n  input_fields {\n    input_type: FLOAT\n  }\n}\n" },
    /* the last one wins */
    { "model_dir: 'a' model_dir: 'b'", "model_dir: \"b\"\n" },
    { "train_input_path: 'a' kafka_train_input { topic: 't' }", "kafka_train_input {\n  topic: \"t\"\n}\n" },
    { "kafka_train_input { topic: 't' } train_input_path: 'a'", "train_input_path: \"a\"\n" },
    { "train_config { optimizer_config { adam_optimizer { beta1: 0 } ftrl_optimizer { } adam_optimizer { } } }",
      "train_config {\n  optimizer_config {\n    adam_optimizer {\n    }\n  }\n}\n" },
    { "train_config { optimizer_config { adam_optimizer { beta1: 0 } adam_optimizer { beta2: 0 } } }",
      "train_config {\n  optimizer_config {\n    adam_optimizer {\n      beta1: 0\n      beta2: 0\n    }\n  }\n}\n" },
    /* what rocket does not read */
    { "model_config { dssm { user_tower { id: 'a' <>: [] } } num_class: 2 }",
      "model_config {\n  num_class: 2\n  dssm {\n  }\n}\n" },
};

static void texts_mean_what_they_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof readings / sizeof readings[0]; i++) {
        rk_config *config = config_text_open(&(config_text){ .text = readings[i].text });
        rk_buf out;

        rk_buf_init(&out, 0);
        rk_config_print(config, &out);
        assert_false(rk_buf_failed(&out));
        if (strcmp(out.data ? out.data : "", readings[i].canonical) != 0)
            fail_msg("%s\nexpected\n%sfound\n%s", readings[i].text, readings[i].canonical, out.data);
        rk_buf_clear(&out);
        rk_config_free(config);
    }
}

static void absent_fields_have_defaults(void **state)
{
    rk_config *config = config_text_open(&(config_text){ .text = "data_config { } feature_configs { }" });
    const Rocket__EasyRecConfig *root = rk_config_root(config);

    (void)state;
    assert_false(root->data_config->has_batch_size);
    assert_int_equal(root->data_config->batch_size, 32);
    assert_string_equal(root->data_config->separator, ",");
    assert_true(root->data_config->shuffle);
    assert_int_equal(root->data_config->input_type, ROCKET__DATASET_CONFIG__INPUT_TYPE__CSVInput);
    assert_null(root->data_config->sample_weight);
    assert_string_equal(root->feature_configs[0]->separator, "|");
    assert_string_equal(root->feature_configs[0]->combiner, "sum");
    assert_int_equal(root->feature_configs[0]->precision, -1);
    assert_null(root->model_config);
    assert_int_equal(root->train_path_case, ROCKET__EASY_REC_CONFIG__TRAIN_PATH__NOT_SET);
    rk_config_free(config);
}

static void presence_does_not_depend_on_the_value(void **state)
{
    rk_config *config = config_text_open(
        &(config_text){ .text = "data_config { batch_size: 32 separator: ',' } feature_configs { feature_name: '' }" });
    const Rocket__EasyRecConfig *root = rk_config_root(config);
    rk_buf out;

    (void)state;
    assert_true(root->data_config->has_batch_size);
    assert_non_null(root->feature_configs[0]->feature_name);
    rk_buf_init(&out, 0);
    rk_config_print(config, &out);
    assert_string_equal(out.data, "data_config {\n  batch_size: 32\n  separator: \",\"\n}\n"
                                  "feature_configs {\n  feature_name: \"\"\n}\n");
    rk_buf_clear(&out);
    rk_config_free(config);
}

static void values_know_their_place(void **state)
{
    rk_config *config = config_text_open(&(config_text){
        .text = "model_dir: 'a'\nmodel_dir: 'b'\ndata_config {\n  label_fields: ['a',\n   'b'] batch_size:\n 5 }\n"
                "data_config { num_epochs: 1 }\nfeature_configs: [{ },\n { embedding_dim: 3 }]\n" });
    const Rocket__EasyRecConfig *root = rk_config_root(config);
    const ProtobufCMessage *data = &root->data_config->base, *second = &root->feature_configs[1]->base;

    (void)state;
    assert_string_equal(rk_config_where(config, &root->base, "model_dir", 0), "t:2:12");
    assert_string_equal(rk_config_where(config, data, "label_fields", 0), "t:4:18");
    assert_string_equal(rk_config_where(config, data, "label_fields", 1), "t:5:4");
    assert_string_equal(rk_config_where(config, data, "batch_size", 0), "t:6:2");
    assert_string_equal(rk_config_where(config, data, "num_epochs", 0), "t:7:27");
    assert_string_equal(rk_config_where(config, data, "shuffle", 0), "t:3:1"); /* absent: where the message is */
    assert_string_equal(rk_config_where(config, data, NULL, 0), "t:3:1");
    assert_string_equal(rk_config_where(config, &root->base, "feature_configs", 1), "t:9:2");
    assert_string_equal(rk_config_where(config, second, "embedding_dim", 0), "t:9:19");
    assert_string_equal(rk_config_where(config, &root->base, "eval_input_path", 0), "t");
    assert_string_equal(rk_config_where(config, NULL, NULL, 0), "t");
    rk_config_free(config);
}

/* Deep nesting of what is skipped neither recurses nor goes unsaid. */
static void nesting_is_bounded(void **state)
{
    char text[2 * 5000 + 16], *p = text;

    (void)state;
    p += snprintf(p, 16, "foo ");
    for (int i = 0; i < 5000; i++)
        *p++ = '{';
    for (int i = 0; i < 5000; i++)
        *p++ = '}';
    *p = '\0';
    assert_string_equal(config_text_faults(&(config_text){ .text = text }, false),
                        "error t:1:1: unknown field \"foo\" in the pipeline config\n"
                        "error t:1:69: values are nested more than 64 deep\n");
}

/* The reader recurses along the schema: no message may contain itself. */
static void check_depth(const ProtobufCMessageDescriptor *descriptor, int depth)
{
    assert_true(depth < 16);
    for (unsigned i = 0; i < descriptor->n_fields; i++)
        if (descriptor->fields[i].type == PROTOBUF_C_TYPE_MESSAGE)
            check_depth(descriptor->fields[i].descriptor, depth + 1);
}

static void the_schema_is_not_recursive(void **state)
{
    (void)state;
    check_depth(&rocket__easy_rec_config__descriptor, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_mean_what_they_should),
        cmocka_unit_test(absent_fields_have_defaults),
        cmocka_unit_test(presence_does_not_depend_on_the_value),
        cmocka_unit_test(values_know_their_place),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(the_schema_is_not_recursive),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
