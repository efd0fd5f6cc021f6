/* The schema: faults of configs, vocabularies, shared tables, names of tables, and memory that runs out anywhere. */
#include <zlib.h>

#include "data_world.h"

#define FIELDS                                                                                                         \
    "input_fields { input_name: 'y' input_type: INT32 } input_fields { input_name: 'a' input_type: STRING } "          \
    "input_fields { input_name: 'f' input_type: FLOAT } input_fields { input_name: 'i' input_type: INT32 } "           \
    "input_fields { input_name: 'b' input_type: BOOL } "
#define CONFIG(data, ...) CONFIG_OF(data, __VA_ARGS__)
#define CONFIG_OF(data, features, names)                                                                               \
    "data_config { label_fields: 'y' " FIELDS data " }\n"                                                              \
    "feature_config { " features " }\n"                                                                                \
    "model_config { model_class: 'RocketLaunching' feature_groups { group_name: 'all' " names " } "                    \
    "rocket_launching { } }"
#define ONE(feature) CONFIG("", "features { " feature " }", "feature_names: 'x'")

static void faults_of_features(void **state)
{
    static const struct {
        const char *feature, *expected;
    } cases[] = {
        { "input_names: 'a' hash_bucket_size: 10 embedding_dim: 4", "" },
        { "input_names: 'a' embedding_dim: 4",
          "feature \"x\": expected hash_bucket_size, vocab_list, vocab_file or num_buckets, found none" },
        { "input_names: 'a' hash_bucket_size: 10", "feature \"x\": embedding_dim: expected at least 1, found 0" },
        { "input_names: 'a' hash_bucket_size: 0x1000000000001 embedding_dim: 1",
          "feature \"x\": hash_bucket_size: expected at most 2^48, found 281474976710657" },
        { "input_names: 'a' input_names: 'i' hash_bucket_size: 10 embedding_dim: 4",
          "feature \"x\": input_names: expected 1 for an IdFeature, found 2" },
        { "input_names: 'f' hash_bucket_size: 10 embedding_dim: 4",
          "feature \"x\": precision: expected a number of digits, as the input is a float that is hashed as text" },
        { "input_names: 'f' hash_bucket_size: 10 embedding_dim: 4 precision: 61",
          "feature \"x\": precision: expected at most 60, found 61" },
        { "input_names: 'i' vocab_list: ['1'] embedding_dim: 4",
          "feature \"x\": vocabularies need an input of type STRING" },
        { "input_names: 'a' vocab_list: ['u', 'v', 'u'] embedding_dim: 4",
          "feature \"x\": vocab_list: the word \"u\" stands in it twice" },
        { "input_names: 'f' num_buckets: 3 embedding_dim: 4",
          "feature \"x\": num_buckets needs an input of type INT32, INT64 or STRING" },
        { "input_names: 'a' hash_bucket_size: 10 embedding_dim: 4 combiner: 'max'",
          "feature \"x\": combiner: expected sum, mean or sqrtn, found \"max\"" },
        { "feature_type: SequenceFeature input_names: 'a'", "feature \"x\": SequenceFeature is not supported yet" },
        { "feature_type: TagFeature input_names: 'i' hash_bucket_size: 10 embedding_dim: 4",
          "feature \"x\": input_names: expected inputs of type STRING for a TagFeature" },
        { "feature_type: TagFeature input_names: 'a' hash_bucket_size: 10 embedding_dim: 4 separator: ''",
          "feature \"x\": separator: expected characters, found \"\"" },
        { "feature_type: TagFeature input_names: 'a' hash_bucket_size: 10 embedding_dim: 4 kv_separator: ''",
          "feature \"x\": kv_separator: expected characters, found \"\"" },
        { "feature_type: TagFeature input_names: ['a', 'a', 'a'] hash_bucket_size: 10 embedding_dim: 4",
          "feature \"x\": input_names: expected 1, or 2 (tags and weights), for a TagFeature, found 3" },
        { "feature_type: TagFeature input_names: ['a', 'a'] hash_bucket_size: 10 embedding_dim: 4 kv_separator: ':'",
          "feature \"x\": weights come from kv_separator or from a second input, not from both" },
        { "feature_type: RawFeature input_names: 'b'",
          "feature \"x\": input_names: expected numbers or STRING, found BOOL" },
        { "feature_type: RawFeature input_names: ['f', 'i']",
          "feature \"x\": input_names: expected 1 for a RawFeature, found 2" },
        { "feature_type: RawFeature input_names: 'f' raw_input_dim: 2",
          "feature \"x\": raw_input_dim: 2 numbers need an input of type STRING" },
        { "feature_type: RawFeature input_names: 'a' raw_input_dim: 0",
          "feature \"x\": raw_input_dim: expected 1 to 1048576, found 0" },
        { "feature_type: RawFeature input_names: 'f' boundaries: [1, 2]",
          "feature \"x\": embedding_dim: expected at least 1 with buckets, found 0" },
        { "feature_type: RawFeature input_names: 'f' boundaries: [1, 3, 2] embedding_dim: 4",
          "feature \"x\": boundaries: expected rising numbers, found 2 behind 3" },
        { "feature_type: RawFeature input_names: 'f' num_buckets: 9999999 max_val: 1 embedding_dim: 4",
          "feature \"x\": num_buckets: expected at most 1048576, found 9999999" },
        { "feature_type: RawFeature input_names: 'a' seq_multi_sep: ';' combiner: 'sqrtn'",
          "feature \"x\": combiner: expected sum, mean, min or max with seq_multi_sep, found \"sqrtn\"" },
        { "feature_type: ComboFeature input_names: 'a' hash_bucket_size: 10 embedding_dim: 4",
          "feature \"x\": input_names: expected 2 to 16 for a ComboFeature, found 1" },
        { "feature_type: ComboFeature input_names: ['a', 'i'] embedding_dim: 4",
          "feature \"x\": hash_bucket_size: expected 1 to 2^48 for a ComboFeature, found 0" },
        { "feature_type: ComboFeature input_names: ['a', 'f'] hash_bucket_size: 10 embedding_dim: 4",
          "feature \"x\": precision: expected a number of digits, as an input is a float that is crossed as text" },
        { "feature_type: ComboFeature input_names: ['a', 'i'] hash_bucket_size: 10 embedding_dim: 4 "
          "combo_input_seps: ['', '|']",
          "feature \"x\": combo_input_seps: only a STRING can be split" },
        { "feature_type: ComboFeature input_names: ['a', 'i'] hash_bucket_size: 10 embedding_dim: 4 "
          "combo_input_seps: ['', '', '']",
          "feature \"x\": combo_input_seps: expected at most one per input (2), found 3" },
        { "feature_type: PassThroughFeature input_names: ['a', 'i']",
          "feature \"x\": input_names: expected 1 for a PassThroughFeature, found 2" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[2048];

        snprintf(text, sizeof text, ONE("feature_name: 'x' %s"), cases[i].feature);
        check_faults(text, cases[i].expected);
    }
}

static void faults_of_lookups_and_functions(void **state)
{
    static const struct {
        const char *feature, *expected;
    } cases[] = {
        { "feature_type: LookupFeature input_names: ['a', 'a'] hash_bucket_size: 9 embedding_dim: 4 kv_separator: ':'",
          "" },
        { "feature_type: LookupFeature input_names: 'a' hash_bucket_size: 9 embedding_dim: 4 kv_separator: ':'",
          "feature \"x\": input_names: expected 2 (the key and the pairs) for a LookupFeature, found 1" },
        { "feature_type: LookupFeature input_names: ['f', 'i'] separator: '' lookup_max_sel_elem_num: 0",
          "feature \"x\": input_names: expected a key of type STRING, INT32 or INT64 for a LookupFeature\n"
          "feature \"x\": input_names: expected pairs of type STRING for a LookupFeature\n"
          "feature \"x\": hash_bucket_size: expected at least 1 for a LookupFeature, found 0\n"
          "feature \"x\": separator: expected characters, found \"\"\n"
          "feature \"x\": kv_separator: expected the character between key and value, found none\n"
          "feature \"x\": lookup_max_sel_elem_num: expected at least 1, found 0" },
        { "feature_type: ExprFeature input_names: ['f', 'i'] expression: 'f > i' combiner: 'none'", "" },
        { "feature_type: ExprFeature input_names: 'f' expression: 'f' embedding_dim: 4",
          "feature \"x\": embedding_dim changes nothing here: the number of an ExprFeature goes into the net as it "
          "is" },
        { "feature_type: ExprFeature input_names: 'b'",
          "feature \"x\": expression: expected one for an ExprFeature, found none\n"
          "feature \"x\": input_names: expected numbers or texts of numbers for an ExprFeature, found BOOL" },
        { "feature_type: ExprFeature input_names: 'f' expression: 'f + g'",
          "feature \"x\": expression: expected a name of input_names at character 5, found \"g\"" },
        { "feature_type: RawFeature input_names: 'f' normalizer_fn: 'tf.log'", "" },
        { "feature_type: RawFeature input_names: 'f' normalizer_fn: 'lambda x: x / 10'",
          "feature \"x\": normalizer_fn: expected one of tf.identity, tf.math.abs, tf.math.ceil, tf.math.exp, "
          "tf.math.expm1, tf.math.floor, tf.math.log, tf.math.log1p, tf.math.negative, tf.math.reciprocal, "
          "tf.math.round, tf.math.rsqrt, tf.math.sigmoid, tf.math.sign, tf.math.sqrt, tf.math.square, tf.math.tanh, as "
          "rocket runs no Python, found \"lambda x: x / 10\"" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[2048];

        snprintf(text, sizeof text, ONE("feature_name: 'x' %s"), cases[i].feature);
        check_faults(text, cases[i].expected);
    }
}

#define GOOD "features { input_names: 'a' hash_bucket_size: 10 embedding_dim: 4 }", "feature_names: 'a'"

static void faults_of_the_rest(void **state)
{
    (void)state;
    check_faults(CONFIG("input_type: ParquetInput", GOOD),
                 "input_type: ParquetInput is not supported: write the table as CSV or TFRecord files, for CSVInput or "
                 "TFRecordInput");
    check_faults(CONFIG("input_type: BatchTFRecordInput", GOOD),
                 "input_type: BatchTFRecordInput is not supported: a record of it holds many rows: write a tf.Example "
                 "per row, for TFRecordInput");
    check_faults(CONFIG("input_type: OdpsInputV3", GOOD),
                 "input_type: OdpsInputV3 is not supported: rocket reads files: export the table, for CSVInput or "
                 "TFRecordInput");
    check_faults(CONFIG("separator: '||'", GOOD),
                 "separator: expected one character that is no quote and no line end, found \"||\"");
    check_faults(CONFIG("separator: '\\n'", GOOD),
                 "separator: expected one character that is no quote and no line end, found \"\\012\"");
    check_faults(CONFIG("separator: ''", GOOD),
                 "separator: expected one character that is no quote and no line end, found \"\"");
    check_faults(CONFIG("shuffle_buffer_size: 0", GOOD), "shuffle_buffer_size: expected at least 1, found 0");
    check_faults(CONFIG("shuffle_buffer_size: 0 shuffle: false", GOOD), "");
    check_faults(CONFIG("input_fields { input_name: 'd' input_type: INT32 default_val: '1.5' }", GOOD),
                 "default_val of \"d\" (INT32): expected an integer, found \"1.5\"");
    check_faults(CONFIG("sample_weight: 'a'", GOOD), "sample_weight: expected a column of numbers, found STRING");
    check_faults("data_config { label_fields: 'f' " FIELDS " } model_config { num_class: 2 }",
                 "label_fields: expected a column of type INT32 or INT64 with num_class of 2 and more, found FLOAT");
    check_faults("data_config { label_fields: 'b' " FIELDS " }",
                 "label_fields: expected a column of numbers, found BOOL");
    check_faults("data_config { label_fields: 'f' " FIELDS " }", "");
}

static void faults_of_shared_tables(void **state)
{
    static const struct {
        const char *second, *expected;
    } cases[] = {
        { "embedding_dim: 4 hash_bucket_size: 10", "" },
        { "embedding_dim: 5 hash_bucket_size: 10",
          "feature \"q\": embedding_dim: expected the same as in \"a\", which shares table \"t\"" },
        { "embedding_dim: 4 hash_bucket_size: 10 combiner: 'mean'",
          "feature \"q\": combiner: expected the same as in \"a\", which shares table \"t\"" },
        { "embedding_dim: 4 hash_bucket_size: 10 max_partitions: 2",
          "feature \"q\": max_partitions: expected the same as in \"a\", which shares table \"t\"" },
        { "embedding_dim: 4 hash_bucket_size: 10 initializer { truncated_normal_initializer { } }",
          "feature \"q\": initializer: expected the same as in \"a\", which shares table \"t\"" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[2048];

        snprintf(text, sizeof text,
                 CONFIG("",
                        "features { input_names: 'a' embedding_name: 't' embedding_dim: 4 hash_bucket_size: 10 } "
                        "features { feature_name: 'q' input_names: 'a' embedding_name: 't' %s }",
                        "feature_names: 'a' feature_names: 'q'"),
                 cases[i].second);
        check_faults(text, cases[i].expected);
    }
}

static rocket_status try_schema(const char *text, const rk_schema_options *options, rocket_error *err)
{
    rk_config *config = config_of(text);
    rk_schema *schema = NULL;
    rocket_status status = rk_schema_new(&schema, config, options, err);

    rk_schema_free(schema);
    rk_config_free(config);
    return status;
}

/* What rk_config_check would have found before is an error here too. */
static void schemas_that_cannot_be_made(void **state)
{
    static const char *const reserved[] = { "nobody" };
    static const struct {
        const char *text;
        rk_schema_options options;
        rocket_status status;
        const char *expected;
    } cases[] = {
        { CONFIG("", GOOD),
          { .reserved = reserved, .n_reserved = 1 },
          ROCKET_CONFIG,
          "test.config: column \"nobody\" is not in data_config.input_fields" },
        { CONFIG("", "features { input_names: 'n' hash_bucket_size: 10 embedding_dim: 4 }", "feature_names: 'n'"),
          { .labels = true },
          ROCKET_CONFIG,
          "feature \"n\": input \"n\" is not in data_config.input_fields" },
        { CONFIG("", GOOD " feature_names: 'n'"),
          { .labels = true },
          ROCKET_CONFIG,
          "feature \"n\" is not configured" },
        { "data_config { }",
          { .labels = true },
          ROCKET_CONFIG,
          "test.config: expected a feature group named \"all\", found none" },
        { CONFIG("input_fields { input_name: 'd' input_type: FLOAT default_val: 'x' }", GOOD),
          { .labels = true },
          ROCKET_CONFIG,
          "default_val: expected a number, found \"x\"" },
        { CONFIG("", "features { input_names: 'a' vocab_file: '/no/such/words' embedding_dim: 4 }",
                 "feature_names: 'a'"),
          { .labels = true },
          ROCKET_DATA,
          "feature \"a\": vocab_file: /no/such/words: no such file" },
        { CONFIG("",
                 "features { input_names: 'a' embedding_name: 't' hash_bucket_size: 10 embedding_dim: 4 } "
                 "features { feature_name: 'q' input_names: 'a' embedding_name: 't' hash_bucket_size: 11 "
                 "embedding_dim: 4 }",
                 "feature_names: 'a' feature_names: 'q'"),
          { .labels = true },
          ROCKET_CONFIG,
          "feature \"q\": shares table \"t\" with \"a\": expected 10 rows of 4 values, found 11 of 4" },
        { CONFIG("", "features { input_names: 'a' feature_type: SequenceFeature }", "feature_names: 'a'"),
          { .labels = true },
          ROCKET_CONFIG,
          "feature \"a\": SequenceFeature is not supported yet" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rocket_error err = { 0 };

        assert_int_equal(try_schema(cases[i].text, &cases[i].options, &err), cases[i].status);
        size_t n = strlen(err.text), m = strlen(cases[i].expected);
        assert_string_equal(n > m ? err.text + n - m : err.text, cases[i].expected);
    }
}

static void names_of_tables(void **state)
{
    static const char *const expected[] = {
        "input_layer/a_embedding/embedding_weights",
        "input_layer/t/embedding_weights",
        "input_layer/t/embedding_weights",
        "input_layer/alone_embedding/embedding_weights",
        "input_layer/kv_weighted_by_kv_w_embedding/embedding_weights",
        "input_layer/f_bucketized_embedding/embedding_weights",
        "input_layer/v_weighted_by_v_raw_proj_val_embedding/embedding_weights",
        "input_layer/c_embedding/embedding_weights",
    };
    data_world world = data_world_of(
        CONFIG(
            "",
            "features { input_names: 'a' hash_bucket_size: 10 embedding_dim: 4 } "
            "features { feature_name: 'q' input_names: 'a' embedding_name: 't' hash_bucket_size: 10 embedding_dim: 4 } "
            "features { feature_name: 'r' input_names: 'a' feature_type: TagFeature embedding_name: 't' "
            "           hash_bucket_size: 10 embedding_dim: 4 } "
            "features { feature_name: 'alone' input_names: 'a' embedding_name: 'u' hash_bucket_size: 10 embedding_dim: "
            "4 } "
            "features { feature_name: 'kv' input_names: 'a' feature_type: TagFeature kv_separator: ':' "
            "           hash_bucket_size: 10 embedding_dim: 4 } "
            "features { input_names: 'f' feature_type: RawFeature boundaries: 1 embedding_dim: 4 } "
            "features { feature_name: 'v' input_names: 'a' feature_type: RawFeature raw_input_dim: 3 embedding_dim: 4 "
            "} "
            "features { feature_name: 'c' input_names: ['a', 'i'] feature_type: ComboFeature hash_bucket_size: 10 "
            "           embedding_dim: 4 combiner: 'sqrtn' }",
            "feature_names: ['a', 'q', 'r', 'alone', 'kv', 'f', 'v', 'c']"),
        true);

    (void)state;
    assert_int_equal(rk_schema_n_features(world.schema), 8);
    for (size_t i = 0; i < 8; i++)
        assert_string_equal(rk_schema_feature(world.schema, i)->table_name, expected[i]);
    assert_int_equal(rk_schema_feature(world.schema, 5)->n_buckets, 2);
    assert_int_equal(rk_schema_feature(world.schema, 6)->n_buckets, 3);
    assert_true(rk_schema_feature(world.schema, 6)->weighted);
    assert_int_equal(rk_schema_feature(world.schema, 7)->combiner, RK_COMBINER_SQRTN);
    data_world_close(&world);
}

/* ---- vocabularies ---- */

static void check_vocabulary_file(const char *bytes, size_t n, rocket_status status, const char *expected)
{
    test_folder folder = make_test_folder();
    char path[200], text[2048], message[400];
    rk_schema_options options = { .labels = true };
    rocket_error err = { 0 };

    snprintf(path, sizeof path, "%s/words", folder.path);
    must(rk_file_write(path, bytes, n, &err), &err);
    snprintf(text, sizeof text,
             CONFIG("", "features { input_names: 'a' vocab_file: '%s' embedding_dim: 4 }", "feature_names: 'a'"), path);
    snprintf(message, sizeof message, expected, path);
    assert_int_equal(try_schema(text, &options, &err), status);
    assert_non_null(strstr(err.text, message));
    remove_test_folder(folder);
}

static void vocabularies_from_files_and_models(void **state)
{
    test_folder folder = make_test_folder();
    char path[200], text[2048], got[200];
    rk_schema_options options = { .labels = false };
    rocket_error err = { 0 };
    rk_schema *schema, *again;

    (void)state;
    snprintf(path, sizeof path, "%s/words", folder.path);
    must(rk_file_write(path, "one\r\ntwo words\n\nlast", 20, &err), &err);
    snprintf(text, sizeof text,
             CONFIG("",
                    "features { input_names: 'a' vocab_file: '%s' embedding_dim: 4 } "
                    "features { feature_name: 't' input_names: 'a' feature_type: TagFeature vocab_file: '%s' "
                    "embedding_dim: 4 }",
                    "feature_names: ['a', 't']"),
             path, path);
    rk_config *config = config_of(text);
    must(rk_schema_new(&schema, config, &options, &err), &err);
    must(rk_file_remove(path, &err), &err);
    const rk_vocabularies *words = rk_schema_vocabularies(schema);
    assert_int_equal(words->n, 1);
    assert_int_equal(words->item[0].n, 4);
    assert_string_equal(words->item[0].path, path);
    assert_string_equal(words->item[0].words[1], "two words");
    options.given = words;
    must(rk_schema_new(&again, config, &options, &err), &err);
    const char *texts[] = { NULL, "last", NULL, NULL, NULL };
    assert_string_equal(print_fields(got, sizeof got, again, texts), "3 3");
    texts[1] = "two words|one";
    assert_string_equal(print_fields(got, sizeof got, again, texts), "0 1,0");
    rk_schema_free(again);
    rk_vocabularies none = { 0 };
    options.given = &none;
    assert_int_equal(rk_schema_new(&again, config, &options, &err), ROCKET_CORRUPT);
    assert_non_null(strstr(err.text, "the model has no vocabulary for vocab_file"));
    rk_schema_free(schema);
    rk_config_free(config);
    remove_test_folder(folder);
    check_vocabulary_file("", 0, ROCKET_DATA, "vocab_file: %s: expected one word per line, found an empty file");
    check_vocabulary_file("a\nb\na\n", 6, ROCKET_DATA, "%s:3: the word \"a\" stands in line 1 already");
    check_vocabulary_file("a\nb\0c\n", 6, ROCKET_DATA, "%s:2: expected a word, found a NUL byte");
}

/* ---- memory ---- */

#define EVERYTHING                                                                                                     \
    CONFIG("shuffle: true shuffle_buffer_size: 3 batch_size: 2 with_header: true sample_weight: 'f'",                  \
           "features { input_names: 'a' vocab_list: ['u', 'v'] embedding_dim: 4 } "                                    \
           "features { feature_name: 't' input_names: 'a' feature_type: TagFeature num_buckets: 9 kv_separator: ':' "  \
           "           separator: ';' embedding_dim: 4 } "                                                             \
           "features { input_names: 'f' feature_type: RawFeature boundaries: 1 embedding_dim: 4 } "                    \
           "features { feature_name: 'p' input_names: 'a' feature_type: PassThroughFeature } "                         \
           "features { feature_name: 'r' input_names: 'i' feature_type: RawFeature } "                                 \
           "features { feature_name: 'c' input_names: ['a', 'i'] feature_type: ComboFeature hash_bucket_size: 10 "     \
           "           combo_join_sep: '_' embedding_dim: 4 } "                                                        \
           "features { feature_name: 'l' input_names: ['i', 'a'] feature_type: LookupFeature hash_bucket_size: 10 "    \
           "           separator: ';' kv_separator: ':' embedding_dim: 4 } "                                           \
           "features { feature_name: 'e' input_names: ['f', 'i'] feature_type: ExprFeature expression: 'tf.abs(f) + "  \
           "i' } "                                                                                                     \
           "features { feature_name: 'n' input_names: 'f' feature_type: RawFeature normalizer_fn: 'tf.log1p' }",       \
           "feature_names: ['a', 't', 'f', 'p', 'r', 'c', 'l', 'e', 'n']")

typedef struct memory_case {
    rk_config *config;
    const char *path;
} memory_case;

static rocket_status run_once(void *arg)
{
    memory_case *c = arg;
    rk_schema_options schema_options = { .labels = true };
    data_world world = { .config = c->config };
    rk_stream_options options = { .paths = c->path, .training = true, .num_epochs = 2, .n_threads = 1 };
    rocket_error err = { 0 };
    rk_stream *stream = NULL;
    rk_batch *batch = NULL;

    rocket_status status = rk_schema_new(&world.schema, c->config, &schema_options, &err);
    if (status == ROCKET_OK)
        status = rk_stream_open(&stream, world.config, world.schema, &options, &err);
    do {
        if (status == ROCKET_OK)
            status = rk_stream_next(stream, &batch, &err);
        if (status == ROCKET_OK && batch)
            rk_stream_give_back(stream, batch);
    } while (status == ROCKET_OK && batch);
    assert_int_equal(status, err.status);
    rk_stream_close(stream);
    rk_schema_free(world.schema);
    return status;
}

static void survives_without_memory(void **state)
{
    test_folder folder = make_test_folder();
    char path[200];
    rocket_error err = { 0 };
    memory_case c = { config_of(EVERYTHING), path };
    static const char rows[] = "y,a,f,i,b\n1,\"1:2;3:1\",0.5,7,true\n"
                               "0,1:1;2:2;3:3;4:4;5:5,0.5,7,true\n1,,1,1,\n1,,1,1,\n1,7:1,1,1,\n";

    (void)state;
    snprintf(path, sizeof path, "%s/rows", folder.path);
    must(rk_file_write(path, rows, sizeof rows - 1, &err), &err);
    assert_survives_failed_allocations(run_once, &c);
    gzFile compressed = gzopen(path, "wb");
    assert_int_equal(gzwrite(compressed, rows, sizeof rows - 1), sizeof rows - 1);
    assert_int_equal(gzclose(compressed), Z_OK);
    assert_survives_failed_allocations(run_once, &c);
    rk_config_free(c.config);
    remove_test_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_of_features),
        cmocka_unit_test(faults_of_lookups_and_functions),
        cmocka_unit_test(faults_of_the_rest),
        cmocka_unit_test(faults_of_shared_tables),
        cmocka_unit_test(schemas_that_cannot_be_made),
        cmocka_unit_test(names_of_tables),
        cmocka_unit_test(vocabularies_from_files_and_models),
        cmocka_unit_test(survives_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
