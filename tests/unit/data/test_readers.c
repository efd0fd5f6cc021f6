/* Readers of lines beside CSVInput: their rows, what they refuse, and the faults of their configs. */
#include "data_world.h"

#define FEATURES                                                                                                       \
    "feature_config { features { input_names: 'i' feature_type: RawFeature } "                                         \
    "features { input_names: 'f' feature_type: RawFeature } features { input_names: 'b' feature_type: "                \
    "PassThroughFeature } "                                                                                            \
    "features { input_names: 's' feature_type: PassThroughFeature } } "                                                \
    "model_config { model_class: 'RocketLaunching' feature_groups { group_name: 'all' "                                \
    "feature_names: ['i', 'f', 'b', 's'] } rocket_launching { } }"
#define FIELDS                                                                                                         \
    "input_fields { input_name: 'i' input_type: INT32 default_val: '7' } "                                             \
    "input_fields { input_name: 'y' input_type: INT32 } input_fields { input_name: 'f' input_type: FLOAT } "           \
    "input_fields { input_name: 'b' input_type: BOOL } input_fields { input_name: 's' input_type: STRING } "
#define CONFIG(data) "data_config { label_fields: 'y' batch_size: 100 shuffle: false " FIELDS data " } " FEATURES
#define RTP "input_type: RTPInput selected_cols: '1, 3' separator: '|' "

static void packed_rows(void **state)
{
    (void)state;
    check_labelled_rows(CONFIG(RTP), "x;1;;5|0.5|true|a;b\nx;0;\"q\";6|1|false|abc\r\n",
                        "#0 0.0\n[5] [0.5] 'true' 'a' [1]\n[6] [1] 'false' 'abc' [0]\n");
    check_labelled_rows(CONFIG(RTP), "x;1;z;|||;more;still more", "#0 0.0\n[7] [0] '' '' [1]\n");
    check_labelled_rows(CONFIG(RTP), "x;;z;1.9|||\nx;;z;-1.9|||\nx;;z; 1e2 |||",
                        "#0 0.0\n[1] [0] '' '' [0]\n[-1] [0] '' '' [0]\n[100] [0] '' '' [0]\n");
    check_labelled_rows(CONFIG(RTP "rtp_separator: ','"), "x,1,z,\"3|4|true|a,\"\"b\"\"\"",
                        "#0 0.0\n[3] [4] 'true' 'a,\"b\"' [1]\n");
}

/* Labels stand in the order of label_fields, which need not be that of input_fields. */
static void labels_before_and_behind(void **state)
{
    (void)state;
    check_labelled_rows("data_config { label_fields: ['i', 'y'] batch_size: 100 shuffle: false input_type: RTPInput "
                        "selected_cols: '2,0,1' separator: '|' " FIELDS " } "
                        "feature_config { features { input_names: 's' feature_type: PassThroughFeature } "
                        "features { input_names: 'f' feature_type: RawFeature } } "
                        "model_config { model_class: 'RocketLaunching' feature_groups { group_name: 'all' "
                        "feature_names: ['s', 'f'] } rocket_launching { } }",
                        "8;0.5|true|x;3\n", "#0 0.0\n'x' [0.5] [3]\n");
}

static void bad_packed_rows(void **state)
{
    static const struct {
        const char *row, *expected;
    } cases[] = {
        { "", ":2: 1 field, expected at least 4 (data_config.selected_cols); set ignore_error to drop such rows" },
        { "x;1;z",
          ":2: 3 fields, expected at least 4 (data_config.selected_cols); set ignore_error to drop such rows" },
        { "x;1;z;1|2|true", ":2:7: 3 packed features, expected 4 (data_config.input_fields without the labels); set "
                            "ignore_error to drop such rows" },
        { "x;1;z;1|2|true|a|", ":2:7: 5 packed features, expected 4 (data_config.input_fields without the labels); set "
                               "ignore_error to drop such rows" },
        { "x;1;z;", ":2:7: 1 packed feature, expected 4 (data_config.input_fields without the labels); set "
                    "ignore_error to drop such rows" },
        { "x;1.5;z;1|2|true|a", ":2:3: field \"y\" (INT32): expected an integer, found \"1.5\"" },
        { "x;1;z;one|2|true|a", ":2:7: field \"i\" (INT32): expected a number, found \"one\"" },
        { "x;1;z;2147483648|2|true|a",
          ":2:7: field \"i\" (INT32): expected a number within 32 bits, found \"2147483648\"" },
        { "x;1;z;nan|2|true|a", ":2:7: field \"i\" (INT32): expected a number within 32 bits, found \"nan\"" },
        { "x;1;z;1|two|true|a", ":2:9: field \"f\" (FLOAT): expected a number, found \"two\"" },
        { "x;1;z;\"1|\"\"two|true|a\"", ":2:7: field \"f\" (FLOAT): expected a number, found \"\"two\"" },
        { "\"x;1;z;1|2|true|a", ":2:1: expected a closing quote before the end of the line, found none" },
    };
    char text[100], expected[300];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "x;1;z;1|2|true|a\n%s\n", cases[i].row);
        snprintf(expected, sizeof expected, "%s", cases[i].expected);
        check_labelled_rows(CONFIG(RTP), text, expected);
    }
}

static void bad_packed_rows_are_dropped(void **state)
{
    (void)state;
    check_labelled_rows(CONFIG(RTP "ignore_error: true"), "x;1;z;1|2\nx;1;z;1|2|true|a\nx;y;z;1|2|true|a\n",
                        "#0 0.0\n[1] [2] 'true' 'a' [1]\n");
}

static void fields_without_quotes(void **state)
{
    (void)state;
    check_labelled_rows(CONFIG("input_type: CSVInputEx"), "1,0,2,true,\"a\"\"\n,1,,,a\rb\r\n 3 ,1,4,True,\"",
                        "#0 0.0\n[1] [2] 'true' '\"a\"\"' [0]\n[7] [0] '' 'a\rb' [1]\n[3] [4] 'True' '\"' [1]\n");
    check_labelled_rows(CONFIG("input_type: CSVInputEx with_header: true"), "s,n,b,y,f,i\n\"x,,yes,1,2.5,4\n",
                        "#0 0.0\n[4] [2.5] 'yes' '\"x' [1]\n");
    check_labelled_rows(
        CONFIG("input_type: CSVInputEx"), "1,0,2,true,\"a,b\"\n",
        ":1: 6 fields, expected 5 (columns of data_config.input_fields); set ignore_error to drop such rows");
    check_labelled_rows(
        CONFIG("input_type: CSVInputEx"), "\n",
        ":1: 1 field, expected 5 (columns of data_config.input_fields); set ignore_error to drop such rows");
    check_labelled_rows(CONFIG("input_type: CSVInputEx"), "1.5,0,2,true,a\n",
                        ":1:1: field \"i\" (INT32): expected an integer, found \"1.5\"");
}

/* What CSVInputEx makes of a BOOL, as the number that a feature sees. */
static void words_of_bools(void **state)
{
    (void)state;
    check_labelled_rows(
        "data_config { label_fields: 'y' batch_size: 9 shuffle: false input_type: CSVInputEx " FIELDS " } "
        "feature_config { features { input_names: 'b' feature_type: RawFeature } } model_config { model_class: "
        "'RocketLaunching' feature_groups { group_name: 'all' feature_names: 'b' } rocket_launching { } }",
        "1,0,2,true,\n1,0,2,True,\n1,0,2,TRUE,\n1,0,2,1,\n1,0,2,,\n",
        "#0 0.0\n[1] [0]\n[1] [0]\n[0] [0]\n[0] [0]\n[0] [0]\n");
}

static void faults_of_configs(void **state)
{
    (void)state;
    check_faults(CONFIG(RTP), "");
    check_faults(CONFIG("input_type: CSVInputEx"), "");
    check_faults(CONFIG("input_type: RTPInput separator: '|'"),
                 "selected_cols: expected the columns of 1 label and of the packed features, 2 numbers, found \"\"");
    check_faults(
        CONFIG("input_type: RTPInput separator: '|' selected_cols: '1,2,3'"),
        "selected_cols: expected the columns of 1 label and of the packed features, 2 numbers, found \"1,2,3\"");
    check_faults(CONFIG("input_type: RTPInput separator: '|' selected_cols: '1,x'"),
                 "selected_cols: expected indices of columns from 0 to 9999 between commas, found \"1,x\"");
    check_faults(CONFIG("input_type: RTPInput separator: '|' selected_cols: '-1,2'"),
                 "selected_cols: expected indices of columns from 0 to 9999 between commas, found \"-1,2\"");
    check_faults(CONFIG("input_type: RTPInput separator: '|' selected_cols: '2,2'"),
                 "selected_cols: column 2 stands in \"2,2\" twice");
    check_faults(CONFIG(RTP "rtp_separator: '|'"),
                 "separator: expected another character than rtp_separator, found the same");
    check_faults(CONFIG(RTP "rtp_separator: ';;'"),
                 "rtp_separator: expected one character that is no quote and no line end, found \";;\"");
    check_faults(CONFIG(RTP "with_header: true"),
                 "with_header: files of RTPInput have no header, selected_cols says where the columns are");
    check_faults(CONFIG("selected_cols: '1,2' rtp_separator: '|'"),
                 "selected_cols changes nothing here: only RTPInput reads it\n"
                 "rtp_separator changes nothing here: only RTPInput reads it");
}

typedef struct memory_case {
    const rk_config *config;
    const rk_schema *schema;
    const char *path;
} memory_case;

static rocket_status read_all(void *arg)
{
    const memory_case *c = arg;
    rk_stream_options options = { .paths = c->path, .n_threads = 1 };
    rk_stream *stream = NULL;
    rk_batch *batch = NULL;
    rocket_status status = rk_stream_open(&stream, c->config, c->schema, &options, NULL);

    while (status == ROCKET_OK) {
        status = rk_stream_next(stream, &batch, NULL);
        if (status != ROCKET_OK || !batch)
            break;
        rk_stream_give_back(stream, batch);
    }
    rk_stream_close(stream);
    return status;
}

static void survive_without_memory(void **state)
{
    static const struct {
        const char *config, *text;
    } cases[] = {
        { CONFIG(RTP), "x;1;;5|0.5|true|a;b\nx;0;\"q\";6|1|false|abc\n" },
        { CONFIG("input_type: CSVInputEx with_header: true"), "s,n,b,y,f,i\n\"x,,yes,1,2.5,4\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        data_world world = data_world_of(cases[i].config, true);
        memory_case c = { world.config, world.schema, world_puts(&world, "rows", cases[i].text) };

        assert_survives_failed_allocations(read_all, &c);
        data_world_close(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_rows),           cmocka_unit_test(labels_before_and_behind),
        cmocka_unit_test(bad_packed_rows),       cmocka_unit_test(bad_packed_rows_are_dropped),
        cmocka_unit_test(fields_without_quotes), cmocka_unit_test(words_of_bools),
        cmocka_unit_test(faults_of_configs),     cmocka_unit_test(survive_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
