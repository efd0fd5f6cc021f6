/* TFRecordInput: types, absent and repeated values, broken protobuf, broken frames with the record and byte of each. */
#include "data_world.h"
#include "tf_records.h"

#define CONFIG(data)                                                                                                   \
    "data_config { input_type: TFRecordInput label_fields: 'y' batch_size: 100 shuffle: false " data                   \
    "input_fields { input_name: 'y' input_type: INT32 } "                                                              \
    "input_fields { input_name: 'f' input_type: FLOAT default_val: '9' } "                                             \
    "input_fields { input_name: 't' input_type: STRING } } "                                                           \
    "feature_config { features { input_names: 'f' feature_type: RawFeature } "                                         \
    "features { input_names: 't' feature_type: TagFeature embedding_dim: 2 num_buckets: 1000 separator: ' ' } } "      \
    "eval_config { metrics_set { gauc { uid_field: 't' } } } "                                                         \
    "model_config { model_class: 'RocketLaunching' feature_groups { group_name: 'all' "                                \
    "feature_names: ['f', 't'] } rocket_launching { } }"

typedef struct file_of {
    rk_buf bytes, features;
} file_of;

static file_of new_file(void)
{
    file_of file;

    rk_buf_init(&file.bytes, 0);
    rk_buf_init(&file.features, 0);
    return file;
}

/* Frees the file. */
static void check_rows(const char *config, file_of *file, const char *expected)
{
    check_reading(config, true, file->bytes.data ? file->bytes.data : "", file->bytes.size, expected);
    rk_buf_clear(&file->bytes);
    rk_buf_clear(&file->features);
}

static void whole_row(file_of *file, int64_t y, float f, const char *t)
{
    put_integer(&file->features, "y", y);
    put_float(&file->features, "f", f);
    put_text(&file->features, "t", t);
    end_example(&file->bytes, &file->features);
}

static void values_and_their_absence(void **state)
{
    static const int64_t tags[] = { 3, 200, 999 };
    file_of file = new_file();
    rk_buf list;

    (void)state;
    whole_row(&file, 1, 0.5F, "7 8");
    end_example(&file.bytes, &file.features); /* an Example of nothing */
    put_frame(&file.bytes, "", 0);            /* and a record of nothing, which is the same */
    put_integers(&file.features, "t", tags, 3);
    put_integers(&file.features, "y", tags, 0);
    end_example(&file.bytes, &file.features);
    rk_buf_init(&list, 0); /* not packed; a text that comes twice: the last one counts */
    put_varint(&list, 1 << 3 | 5);
    put_little_endian(&list, 0x40200000, 4);
    put_feature(&file.features, "f", 2, &list);
    put_varint(&list, 1 << 3);
    put_varint(&list, 1);
    put_feature(&file.features, "y", 3, &list);
    put_text(&file.features, "t", "first");
    put_text(&file.features, "t", "5");
    put_text(&file.features, "nobody's", "x");
    end_example(&file.bytes, &file.features);
    rk_buf_clear(&list);
    check_rows(CONFIG(""), &file,
               "#0 0.0\n[0.5] 7,8 [1] '7 8'\n[9] - [0] ''\n[9] - [0] ''\n[9] 3,200,999 [0] '3 200 999'\n"
               "[2.5] 5 [1] '5'\n");
}

static void types_are_checked(void **state)
{
    static const int64_t two[] = { 1, 0 };
    file_of file = new_file();

    (void)state;
    whole_row(&file, 1, 1, "1");
    put_integer(&file.features, "f", 1);
    end_example(&file.bytes, &file.features);
    check_rows(CONFIG(""), &file,
               ": record 2, byte 78: field \"f\" (FLOAT): expected a float_list, found an int64_list");
    file = new_file();
    put_text(&file.features, "y", "1");
    end_example(&file.bytes, &file.features);
    check_rows(CONFIG(""), &file,
               ": record 1, byte 21: field \"y\" (INT32): expected an int64_list, found a bytes_list");
    file = new_file();
    put_integers(&file.features, "y", two, 2);
    end_example(&file.bytes, &file.features);
    check_rows(CONFIG(""), &file,
               ": record 1, byte 21: field \"y\" (INT32): expected one value, found 2 and more: a column of several is "
               "a STRING");
    file = new_file();
    put_integer(&file.features, "y", 5000000000);
    end_example(&file.bytes, &file.features);
    check_rows(CONFIG(""), &file,
               ": record 1, byte 21: field \"y\" (INT32): expected an integer of 32 bits, found \"5000000000\"");
}

static void bad_rows_are_dropped(void **state)
{
    file_of file = new_file();

    (void)state;
    whole_row(&file, 1, 1, "1");
    put_text(&file.features, "f", "x");
    end_example(&file.bytes, &file.features);
    put_frame(&file.bytes, "\x0a\x05\x0a", 3);
    put_frame(&file.bytes, "\x0b", 1);
    put_frame(&file.bytes, "\x0a\x0b\x0a\x09\x0a\x01y\x12\x04\x1a\x02\x0a\x80", 12);
    whole_row(&file, 0, 2, "2");
    check_rows(CONFIG("ignore_error: true "), &file, "#0 0.0\n[1] 1 [1] '1'\n[2] 2 [0] '2'\n");
}

static void bytes_that_are_no_example(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *expected;
    } cases[] = {
        { "\x0a\x05\x0a", 3, ": record 1, byte 12: expected a tf.Example, found a field that is cut off" },
        { "\x0b", 1, ": record 1, byte 12: expected a tf.Example, found a field of a kind that it does not have" },
        { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11,
          ": record 1, byte 12: expected a tf.Example, found a field that is cut off" },
        { "\x0a\x02\x0a\x05", 4, ": record 1, byte 14: expected a tf.Example, found a field that is cut off" },
        { "\x0a\x0b\x0a\x09\x0a\x01y\x12\x04\x1a\x02\x0a\x80", 13,
          ": record 1, byte 21: field \"y\" (INT32): expected a tf.Example, found a field that is cut off" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        file_of file = new_file();

        put_frame(&file.bytes, cases[i].bytes, cases[i].n);
        check_rows(CONFIG(""), &file, cases[i].expected);
    }
}

/* What is broken outside of a row ends the run, ignore_error or not. */
static void broken_frames(void **state)
{
    static const struct {
        size_t at, cut; /* byte that is changed, or 0; bytes of the second record that are left, or 0: all */
        const char *expected;
    } cases[] = {
        { 3, 0,
          ": record 2, byte 57: expected a record's length and its checksum, found a wrong checksum: the file is "
          "damaged, or no TFRecord file" },
        { 15, 0,
          ": record 2, byte 57: expected a record that agrees with its checksum, found a wrong checksum: the file is "
          "damaged" },
        { 0, 5,
          ": record 2, byte 57: expected the 12 bytes with which a record begins, found the end of the file after 5" },
        { 0, 30, ": record 2, byte 57: expected a record of 41 bytes, found the end of the file after 18" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        file_of file = new_file();

        whole_row(&file, 1, 1, "1");
        size_t first = file.bytes.size;
        assert_int_equal(first, 57);
        whole_row(&file, 0, 2, "2");
        if (cases[i].at > 0)
            file.bytes.data[first + cases[i].at] ^= 16;
        if (cases[i].cut > 0)
            file.bytes.size = first + cases[i].cut;
        check_rows(CONFIG("ignore_error: true "), &file, cases[i].expected);
    }
}

/* Records across the borders of blocks, one of them longer than a block. */
static void many_and_long_records(void **state)
{
    enum { N = 20000 };
    file_of file = new_file();
    rk_buf expected, tags;
    char row[64];

    (void)state;
    rk_buf_init(&expected, 0);
    rk_buf_init(&tags, 0);
    for (int i = 0; i < N; i++) {
        whole_row(&file, i % 2, (float)i / 4, i == N / 2 ? "1" : "2 3");
        if (i % 100 == 0)
            rk_buf_printf(&expected, "#%d 0.%d\n", i / 100, i);
        snprintf(row, sizeof row, "[%g] %s [%d] '%s'\n", (double)((float)i / 4), i == N / 2 ? "1" : "2,3", i % 2,
                 i == N / 2 ? "1" : "2 3");
        rk_buf_puts(&expected, row);
    }
    check_rows(CONFIG(""), &file, expected.data);
    rk_buf_clear(&expected);
    for (int i = 0; i < 200000; i++)
        rk_buf_puts(&tags, "77 ");
    file = new_file();
    whole_row(&file, 1, 1, tags.data);
    whole_row(&file, 1, 1, "7 x");
    check_rows(CONFIG(""), &file, ": record 2, byte 600114: field \"t\" (STRING): expected an integer, found \"x\"");
    rk_buf_clear(&tags);
}

static void what_the_config_may_not_say(void **state)
{
    rk_faults faults;
    rk_config *config = config_of(CONFIG("with_header: true data_compression_type: 'ZLIB' "));

    (void)state;
    rk_faults_init(&faults);
    rk_schema_check(config, &faults);
    assert_int_equal(faults.n_errors, 2);
    assert_string_equal(faults.items[0].sentence,
                        "with_header: TFRecord files have no header, features are found by name");
    assert_non_null(strstr(faults.items[1].sentence, "data_compression_type: expected GZIP or none, found ZLIB"));
    rk_faults_clear(&faults);
    rk_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_their_absence),
        cmocka_unit_test(types_are_checked),
        cmocka_unit_test(bad_rows_are_dropped),
        cmocka_unit_test(bytes_that_are_no_example),
        cmocka_unit_test(broken_frames),
        cmocka_unit_test(many_and_long_records),
        cmocka_unit_test(what_the_config_may_not_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
