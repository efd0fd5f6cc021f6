/* LibsvmInput, LibffmInput and CSVInputV2: their rows, what they refuse, and the faults of their configs. */
#include "data_world.h"

#define MODEL(features, names)                                                                                         \
    "feature_config { " features " } model_config { model_class: 'RocketLaunching' feature_groups { "                  \
    "group_name: 'all' feature_names: [" names "] } rocket_launching { } }"
#define FIELD(name, type) "input_fields { input_name: '" name "' input_type: " type " } "
#define DATA(type, rest)                                                                                               \
    "data_config { input_type: " type " label_fields: 'y' batch_size: 100 shuffle: false " rest " } "

#define SVM                                                                                                            \
    DATA("LibsvmInput",                                                                                                \
         FIELD("3", "FLOAT") FIELD("y", "INT32") FIELD("17", "INT64") FIELD("pairs", "STRING") FIELD("qid", "STRING")) \
    MODEL("features { input_names: '3' feature_type: RawFeature } "                                                    \
          "features { input_names: '17' embedding_dim: 2 num_buckets: 50 } "                                           \
          "features { input_names: 'pairs' feature_type: TagFeature embedding_dim: 2 num_buckets: 1000 "               \
          "separator: ' \\t' kv_separator: ':' } features { input_names: 'qid' feature_type: PassThroughFeature } ",   \
          "'3', '17', 'pairs', 'qid'")
#define FFM                                                                                                            \
    DATA("LibffmInput",                                                                                                \
         FIELD("y", "INT32") FIELD("0", "INT64") FIELD("1", "STRING") FIELD("2", "DOUBLE") FIELD("9", "STRING"))       \
    MODEL("features { input_names: '0' embedding_dim: 2 num_buckets: 50 } "                                            \
          "features { input_names: '1' feature_type: TagFeature embedding_dim: 2 num_buckets: 1000 "                   \
          "separator: ' ' kv_separator: ':' } features { input_names: '2' feature_type: RawFeature } "                 \
          "features { input_names: '9' feature_type: PassThroughFeature } ",                                           \
          "'0', '1', '2', '9'")

static void libsvm_rows(void **state)
{
    (void)state;
    check_labelled_rows(SVM, "+1 3:0.5 17:4 20:1\n-1 qid:7 1:2 3:-1e2\t17:60 # no number\r\n0\n1   4:1   ",
                        "#0 0.0\n[0.5] 4 3*0.5,17*4,20*1 '' [1]\n"
                        "[-100] 0 1*2,3*-100,17*60 '7' [0]\n"
                        "[0] 0 - '' [0]\n[0] 0 4*1 '' [1]\n");
}

static void libsvm_refuses(void **state)
{
    (void)state;
    check_labelled_rows(SVM, "1 3:1\n\n", ":2: expected a label, found an empty line");
    check_labelled_rows(SVM, "1 3:1\n# only a comment\n", ":2: expected a label, found an empty line");
    check_labelled_rows(SVM, "3:1 4:1\n", ":1:1: expected a label before the pairs, found \"3:1\"");
    check_labelled_rows(SVM, "1 3:1 x:2\n", ":1:7: expected index:value, found \"x:2\"");
    check_labelled_rows(SVM, "1 3:1 4\n", ":1:7: expected index:value, found \"4\"");
    check_labelled_rows(SVM, "1 -3:1\n", ":1:3: expected index:value, found \"-3:1\"");
    check_labelled_rows(SVM, "1 99999999999999999999:1\n",
                        ":1:3: expected index:value, found \"99999999999999999999:1\"");
    check_labelled_rows(SVM, "1 3:1 3:2\n", ":1:7: index 3 stands in the line twice");
    check_labelled_rows(SVM, "1 3:one\n", ":1:5: field \"3\" (FLOAT): expected a number, found \"one\"");
    check_labelled_rows(SVM, "1 17:4.5\n", ":1:6: field \"17\" (INT64): expected an integer, found \"4.5\"");
    check_labelled_rows(SVM, "1 5:x\n", ":1:3: field \"pairs\" (STRING): expected a number, found \"x\"");
    check_labelled_rows(SVM, "yes 3:1\n", ":1:1: field \"y\" (INT32): expected an integer, found \"yes\"");
}

static void rows_without_labels_can_be_scored(void **state)
{
    (void)state;
    check_unlabelled_rows(SVM, "3:2 17:1\n1 3:4\n", "#0 0.0\n[2] 1 3*2,17*1 ''\n[4] 0 3*4 ''\n");
    check_unlabelled_rows(FFM, "0:5:1\n1 2:1:0.25\n", "#0 0.0\n5 - [0] ''\n0 - [0.25] ''\n");
}

static void libffm_rows(void **state)
{
    (void)state;
    check_labelled_rows(
        FFM, "1 0:5:1 1:17:0.5 2:1:0.25\n0 1:17:1 9:1:1 1:18:2 9:2:3 1:19:-1\r\n-1\n1 0:7:1.0 7:1:1",
        "#0 0.0\n5 17*0.5 [0.25] '' [1]\n0 17*1,18*2,19*-1 [0] '1:1 2:3' [0]\n0 - [0] '' [0]\n7 - [0] '' [1]\n");
}

static void libffm_refuses(void **state)
{
    (void)state;
    check_labelled_rows(FFM, "1 0:5\n", ":1:3: expected field:index:value, found \"0:5\"");
    check_labelled_rows(FFM, "1 a:5:1\n", ":1:3: expected field:index:value, found \"a:5:1\"");
    check_labelled_rows(FFM, "1 1:1:1 0:b:1\n", ":1:9: expected field:index:value, found \"0:b:1\"");
    check_labelled_rows(FFM, "1 0:5:1 0:6:1\n",
                        ":1:9: expected one pair of field 0, found several: a column of several is a STRING");
    check_labelled_rows(
        FFM, "1 0:5:0.5\n",
        ":1:3: expected the value 1 where a column of integers takes the index, found \"0.5\": a STRING keeps both");
    check_labelled_rows(FFM, "1 2:1:x\n", ":1:3: field \"2\" (DOUBLE): expected a number, found \"x\"");
    check_labelled_rows(FFM, "1 1:1:1:1\n",
                        ":1:3: field \"1\" (STRING): expected tags with one weight each, found \"1:1:1\"");
    check_labelled_rows(FFM, "0:5:1\n", ":1:1: expected a label before the pairs, found \"0:5:1\"");
}

static void csv_v2_reads_as_csv(void **state)
{
    const char *config = DATA("CSVInputV2", "with_header: true " FIELD("y", "INT32") FIELD("s", "STRING"))
        MODEL("features { input_names: 's' feature_type: PassThroughFeature } ", "'s'");

    (void)state;
    check_labelled_rows(config, "s,y\n\"a,\"\"b\"\"\",1\nc,0\n", "#0 0.0\n'a,\"b\"' [1]\n'c' [0]\n");
    check_labelled_rows(config, "s,y\nc,0,1\n",
                        ":2: 3 fields, expected 2 (columns of data_config.input_fields); set "
                        "ignore_error to drop such rows");
}

/* Of one config: its only fault. */
static void check_fault(const char *text, const char *expected)
{
    rk_config *config = config_of(text);
    rk_faults faults;

    rk_faults_init(&faults);
    rk_schema_check(config, &faults);
    assert_int_equal(faults.n_errors, 1);
    assert_string_equal(faults.items[0].sentence, expected);
    rk_faults_clear(&faults);
    rk_config_free(config);
}

#define NONE MODEL("features { input_names: '1' feature_type: PassThroughFeature } ", "'1'")

static void faults_of_configs(void **state)
{
    (void)state;
    check_fault(DATA("LibsvmInput", FIELD("y", "INT32") FIELD("1", "STRING") "with_header: true") NONE,
                "with_header: files of libsvm and libffm have no header, columns are called by number");
    check_fault(DATA("LibsvmInput", FIELD("y", "INT32") FIELD("1", "STRING") FIELD("z", "INT32") "label_fields: 'z'")
                    NONE,
                "label_fields: a line of libsvm or libffm has one label, found 2");
    check_fault(DATA("LibsvmInput", FIELD("y", "INT32") FIELD("1", "STRING") FIELD("price", "FLOAT")) NONE,
                "input_name: expected the number of an index, or the type STRING for all pairs, found \"price\"");
    check_fault(DATA("LibsvmInput", FIELD("y", "INT32") FIELD("1", "STRING") FIELD("a", "STRING") FIELD("b", "STRING"))
                    NONE,
                "input_name: expected the number of an index, found \"b\"; all pairs go to \"a\" already");
    check_fault(DATA("LibffmInput", FIELD("y", "INT32") FIELD("1", "STRING") FIELD("a", "STRING")) NONE,
                "input_name: expected the number of a libffm field, found \"a\"");
    check_fault(DATA("LibffmInput", FIELD("y", "INT32") FIELD("1", "BOOL")) NONE,
                "input_type: expected STRING for pairs, INT for an index or FLOAT for a value, found BOOL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libsvm_rows),       cmocka_unit_test(libsvm_refuses),
        cmocka_unit_test(libffm_rows),       cmocka_unit_test(rows_without_labels_can_be_scored),
        cmocka_unit_test(libffm_refuses),    cmocka_unit_test(csv_v2_reads_as_csv),
        cmocka_unit_test(faults_of_configs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
