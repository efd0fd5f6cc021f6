/* A table as TensorFlow wrote it (make_tfrecord.py), plain and compressed, against the same table as CSV. */
#include "data_world.h"

#define CONFIG(type)                                                                                                   \
    "data_config { input_type: " type " label_fields: 'y' batch_size: 100 shuffle: false "                             \
    "input_fields { input_name: 'y' input_type: INT32 } input_fields { input_name: 'id' input_type: INT64 } "          \
    "input_fields { input_name: 'price' input_type: FLOAT default_val: '2.5' } "                                       \
    "input_fields { input_name: 'on' input_type: BOOL } input_fields { input_name: 'word' input_type: STRING } "       \
    "input_fields { input_name: 'tags' input_type: STRING default_val: '4' } "                                         \
    "input_fields { input_name: 'vector' input_type: STRING } } "                                                      \
    "feature_config { features { input_names: 'id' embedding_dim: 2 hash_bucket_size: 1000 } "                         \
    "features { input_names: 'price' feature_type: RawFeature } "                                                      \
    "features { input_names: 'on' embedding_dim: 2 hash_bucket_size: 1000 } "                                          \
    "features { input_names: 'word' embedding_dim: 2 hash_bucket_size: 1000 } "                                        \
    "features { feature_name: 'words' input_names: 'word' feature_type: PassThroughFeature } "                         \
    "features { input_names: 'tags' feature_type: TagFeature embedding_dim: 2 num_buckets: 10 } "                      \
    "features { input_names: 'vector' feature_type: RawFeature raw_input_dim: 2 separator: ';' } } "                   \
    "model_config { model_class: 'RocketLaunching' feature_groups { group_name: 'all' "                                \
    "feature_names: ['id', 'price', 'on', 'word', 'words', 'tags', 'vector'] } rocket_launching { } }"

static const char csv[] = "1,12345678901,0.1,1,abc,7|8,1.5;-2.25\n"
                          "0,-1,3,0,,,0.5\n"
                          "0,,,,,,\n"
                          "1,2147483647,1e-20,1,\xe4\xb8\xad\xe6\x96\x87,9,1234.5678;0.3\n"
                          "0,-9223372036854775808,16777216,0,\"a,b\"\"c\"\"\",1|2|3,\n"
                          "1,0,-0.001,1,%s,5,100000;123456.7\n";

static void print_file(rk_buf *out, const char *config, const char *path)
{
    data_world world = data_world_of(config, true);
    rk_stream_options options = { .paths = path, .n_threads = 1 };
    rocket_error err = { 0 };

    must(print_stream(out, &world, &options, 0, &err), &err);
    data_world_close(&world);
}

static void as_the_same_table_in_csv(void **state)
{
    static const char *const files[] = { "rows.tfrecord", "rows.tfrecord.gz" };
    char word[301], text[1000], path[300];
    test_folder folder = make_test_folder();
    rocket_error err = { 0 };
    rk_buf expected, got;

    (void)state;
    memset(word, 'x', 300);
    word[300] = '\0';
    snprintf(text, sizeof text, csv, word);
    snprintf(path, sizeof path, "%s/rows.csv", folder.path);
    must(rk_file_write(path, text, strlen(text), &err), &err);
    rk_buf_init(&expected, 0);
    rk_buf_init(&got, 0);
    print_file(&expected, CONFIG("CSVInput"), path);
    for (size_t i = 0; i < 2; i++) {
        char golden[400];

        snprintf(golden, sizeof golden, "%s/tests/golden/fixtures/tfrecord/%s", ROCKET_SOURCE_DIR, files[i]);
        rk_buf_reset(&got);
        print_file(&got, CONFIG("TFRecordInput"), golden);
        assert_string_equal(got.data, expected.data);
    }
    rk_buf_clear(&expected);
    rk_buf_clear(&got);
    remove_test_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(as_the_same_table_in_csv) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
