/* Every feature type, table-driven: field texts in, ids, weights and numbers out (easyrec.md 3.3-3.7). Expected hashes
 * are those of TensorFlow (easyrec.md 3.9), computed here from the fingerprints.
 */
#include "data_world.h"
#include "hash.h"

#define FIELD(name, type) "input_fields { input_name: '" name "' input_type: " type " } "
#define CONFIG(fields, features, names)                                                                                \
    "data_config { label_fields: 'y' input_type: CSVInput " FIELD("y", "INT32") fields                                 \
        "} "                                                                                                           \
        "feature_config { " features "} "                                                                              \
        "model_config { model_class: 'RocketLaunching' feature_groups { group_name: 'all' " names "} "                 \
        "rocket_launching { } }"

/* One feature on one or two fields: rows of texts and what they become. */
typedef struct row_case {
    const char *a, *b; /* the fields behind the label */
    const char *expected;
} row_case;

static void check_rows(const char *config, const row_case *cases, size_t n)
{
    data_world world = data_world_of(config, false);
    char got[1024];

    for (size_t i = 0; i < n; i++) {
        const char *texts[3] = { "0", cases[i].a, cases[i].b };

        print_fields(got, sizeof got, world.schema, texts);
        if (strcmp(got, cases[i].expected) != 0)
            fail_msg("case %zu (%s): expected %s, got %s", i, cases[i].a ? cases[i].a : "absent", cases[i].expected,
                     got);
    }
    data_world_close(&world);
}

#define CHECK(config, ...)                                                                                             \
    do {                                                                                                               \
        static const row_case cases[] = { __VA_ARGS__ };                                                               \
        check_rows(config, cases, sizeof cases / sizeof *cases);                                                       \
    } while (0)

#define ONE(type, feature) CONFIG(FIELD("a", type), "features { input_names: 'a' " feature " } ", "feature_names: 'a' ")

static void id_by_hash(void **state)
{
    (void)state;
    CHECK(ONE("STRING", "feature_type: IdFeature embedding_dim: 4 hash_bucket_size: 100000"), { "a", NULL, "63939" },
          { "hello", NULL, "296" }, { "430548_1007", NULL, "42692" }, { "-1", NULL, "76430" },
          { "\xe4\xb8\xad\xe6\x96\x87", NULL, "66955" }, { "", NULL, "-" }, { NULL, NULL, "-" });
    CHECK(ONE("INT32", "feature_type: IdFeature embedding_dim: 4 hash_bucket_size: 100000"), { "1", NULL, "34849" },
          { "-1", NULL, "76430" }, { " 12345 ", NULL, "84728" }, { "0", NULL, "72735" },
          { "", NULL, "72735" }, /* the default of a number is 0 */
          { "1.0", NULL, "error 4: field \"a\" (INT32): expected an integer, found \"1.0\"" },
          { "2147483648", NULL, "error 4: field \"a\" (INT32): expected an integer of 32 bits, found \"2147483648\"" },
          { "x", NULL, "error 4: field \"a\" (INT32): expected an integer, found \"x\"" });
    CHECK(ONE("INT64", "feature_type: IdFeature embedding_dim: 4 hash_bucket_size: 100000"),
          { "0100000", NULL, "61500" },
          { "9223372036854775808", NULL,
            "error 4: field \"a\" (INT64): expected an integer of 64 bits, found \"9223372036854775808\"" });
}

/* Texts whose hash is not in the published vectors. */
static void id_by_hash_of_printed_values(void **state)
{
    data_world world =
        data_world_of(CONFIG(FIELD("a", "FLOAT") FIELD("b", "BOOL"),
                             "features { input_names: 'a' embedding_dim: 4 hash_bucket_size: 1000 precision: 3 } "
                             "features { input_names: 'b' embedding_dim: 4 hash_bucket_size: 1000 } ",
                             "feature_names: 'a' feature_names: 'b' "),
                      false);
    static const char *const rows[][4] = {
        { "1.5", "true", "1.500", "true" },
        { "", "", "0.000", "false" },
        { "-0.0004", "0", "-0.000", "false" },
        { "1e3", "TRUE", "1000.000", "true" },
        { "nan", "1", "nan", "true" },
        { "-inf", "False", "-inf", "false" },
        { "16777217", "1", "16777216.000", "true" }, /* a FLOAT is a float */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *texts[3] = { "0", rows[i][0], rows[i][1] };
        char got[256], expected[256];

        snprintf(expected, sizeof expected, "%d %d", (int)(rk_fingerprint64(rows[i][2], strlen(rows[i][2])) % 1000),
                 (int)(rk_fingerprint64(rows[i][3], strlen(rows[i][3])) % 1000));
        assert_string_equal(print_fields(got, sizeof got, world.schema, texts), expected);
    }
    data_world_close(&world);
}

static void id_by_number(void **state)
{
    (void)state;
    CHECK(ONE("INT64", "embedding_dim: 4 num_buckets: 5"), { "0", NULL, "0" }, { "4", NULL, "4" }, { "5", NULL, "0" },
          { "-1", NULL, "-" }, { "-2", NULL, "0" }, { "9223372036854775807", NULL, "0" }, { "", NULL, "0" });
    CHECK(ONE("STRING", "embedding_dim: 4 num_buckets: 5"), { "3", NULL, "3" }, { " 3", NULL, "3" },
          { "-1", NULL, "-" }, { "9", NULL, "0" },
          { "", NULL, "error 4: field \"a\" (STRING): expected an integer, found \"\"" },
          { "3.0", NULL, "error 4: field \"a\" (STRING): expected an integer, found \"3.0\"" });
}

static void id_by_vocabulary(void **state)
{
    (void)state;
    CHECK(ONE("STRING", "embedding_dim: 4 vocab_list: ['x', 'y', 'z z']"), { "x", NULL, "0" }, { "y", NULL, "1" },
          { "z z", NULL, "2" }, { "Y", NULL, "0" }, { "y ", NULL, "0" }, { "", NULL, "-" });
    /* hash_bucket_size wins over vocab_list, that over num_buckets */
    CHECK(ONE("STRING", "embedding_dim: 4 vocab_list: ['a'] hash_bucket_size: 100000 num_buckets: 3"),
          { "a", NULL, "63939" });
    CHECK(ONE("STRING", "embedding_dim: 4 vocab_list: ['a', 'b'] num_buckets: 3"), { "b", NULL, "1" });
}

static void defaults(void **state)
{
    (void)state;
    CHECK(ONE("INT32", "embedding_dim: 4 num_buckets: 5"), { "", NULL, "0" });
    CHECK(CONFIG("input_fields { input_name: 'a' input_type: INT32 default_val: '-1' } "
                 "input_fields { input_name: 'b' input_type: STRING default_val: 'a' } ",
                 "features { input_names: 'a' embedding_dim: 4 num_buckets: 5 } "
                 "features { input_names: 'b' embedding_dim: 4 hash_bucket_size: 100000 } ",
                 "feature_names: 'a' feature_names: 'b' "),
          { "", "", "- 63939" }, { "2", "hello", "2 296" }, { NULL, NULL, "- 63939" });
}

static void tags(void **state)
{
    (void)state;
    CHECK(ONE("STRING", "feature_type: TagFeature embedding_dim: 4 hash_bucket_size: 100000"),
          { "a|hello|a", NULL, "63939,296,63939" }, { "||a||", NULL, "63939" }, { "", NULL, "-" }, { "|", NULL, "-" });
    CHECK(ONE("STRING", "feature_type: TagFeature embedding_dim: 4 hash_bucket_size: 100000 separator: ';,'"),
          { "a;hello,a,;1", NULL, "63939,296,63939,34849" }); /* every character cuts */
    CHECK(ONE("STRING", "feature_type: TagFeature embedding_dim: 4 num_buckets: 5"),
          { "4|0|5|-1| 3", NULL, "4,0,0,0,3" },
          { "1|x", NULL, "error 4: field \"a\" (STRING): expected an integer, found \"x\"" });
    CHECK(ONE("STRING", "feature_type: TagFeature embedding_dim: 4 vocab_list: ['p', 'q']"),
          { "q|p|other", NULL, "1,0,0" });
}

static void tags_with_weights(void **state)
{
    (void)state;
    CHECK(ONE("STRING", "feature_type: TagFeature embedding_dim: 4 num_buckets: 9 kv_separator: ':'"),
          { "4:0.5|0:2", NULL, "4*0.5,0*2" }, { "3:0|2:-1", NULL, "3*0,2*-1" }, { "", NULL, "-" },
          { "4", NULL, "error 4: field \"a\" (STRING): expected tags with one weight each, found \"4\"" },
          { "4:1:2", NULL, "error 4: field \"a\" (STRING): expected tags with one weight each, found \"4:1:2\"" },
          { "4:", NULL, "error 4: field \"a\" (STRING): expected a number, found \"\"" },
          { "4:x", NULL, "error 4: field \"a\" (STRING): expected a number, found \"x\"" });
    /* mean and sqrtn prune weights that are not above 0; sum does not (above) */
    CHECK(ONE("STRING", "feature_type: TagFeature embedding_dim: 4 num_buckets: 9 kv_separator: ':' combiner: 'mean'"),
          { "3:0|2:-1|5:1e-3|1:nan", NULL, "5*0.001" }, { "3:0", NULL, "-" });
    CHECK(
        ONE("STRING", "feature_type: TagFeature embedding_dim: 4 num_buckets: 9 kv_separator: ':=' combiner: 'sqrtn'"),
        { "3:0|2=4", NULL, "2*4" });
    CHECK(
        CONFIG(
            FIELD("a", "STRING") FIELD("b", "STRING"),
            "features { input_names: 'a' input_names: 'b' feature_type: TagFeature embedding_dim: 4 num_buckets: 9 } ",
            "feature_names: 'a' "),
        { "1|2", "0.5|3", "1*0.5,2*3" }, { "", "", "-" }, { "|1|", "||2", "1*2" },
        { "1|2", "1", "error 4: field \"b\" (STRING): expected as many weights as tags, found fewer" },
        { "1", "1|2", "error 4: field \"b\" (STRING): expected as many weights as tags, found more" },
        { "x", "1", "error 4: field \"a\" (STRING): expected an integer, found \"x\"" },
        { "1", "x", "error 4: field \"b\" (STRING): expected a number, found \"x\"" });
}

static void raw_numbers(void **state)
{
    (void)state;
    CHECK(ONE("FLOAT", "feature_type: RawFeature"), { "1.5", NULL, "[1.5]" }, { "", NULL, "[0]" },
          { " -2e1", NULL, "[-20]" }, { "inf", NULL, "[inf]" },
          { "1,5", NULL, "error 4: field \"a\" (FLOAT): expected a number, found \"1,5\"" });
    CHECK(ONE("DOUBLE", "feature_type: RawFeature min_val: 10 max_val: 20"), { "15", NULL, "[0.5]" },
          { "30", NULL, "[2]" }, { "5", NULL, "[-0.5]" }); /* no clamping */
    CHECK(ONE("INT32", "feature_type: RawFeature min_val: 3 max_val: 3"), { "7", NULL, "[7]" });
    CHECK(ONE("STRING", "feature_type: RawFeature raw_input_dim: 3 separator: ';'"), { "1;2;3", NULL, "[1,2,3]" },
          { "1;2", NULL, "[1,2,0]" }, { "", NULL, "[0,0,0]" }, { ";;4", NULL, "[4,0,0]" },
          { "1;2;3;4", NULL, "error 4: field \"a\" (STRING): expected at most 3 numbers, found more in \"1;2;3;4\"" });
    CHECK(ONE("STRING", "feature_type: RawFeature raw_input_dim: 2 embedding_dim: 4"), { "0.5|-2", NULL, "0*0.5,1*-2" },
          { "3", NULL, "0*3,1*0" });
    CHECK(ONE("STRING", "feature_type: RawFeature raw_input_dim: 2 embedding_dim: 4 combiner: 'mean'"),
          { "0.5|-2", NULL, "0*0.5" });
}

/* Behind the scaling, in front of buckets; in float. */
static void raw_normalized(void **state)
{
    (void)state;
    CHECK(ONE("FLOAT", "feature_type: RawFeature normalizer_fn: 'tf.math.log1p'"), { "0", NULL, "[0]" },
          { "1.7182818", NULL, "[1]" }, { "-1", NULL, "[-inf]" });
    CHECK(ONE("FLOAT", "feature_type: RawFeature normalizer_fn: 'tf.log' min_val: 1 max_val: 3"), { "3", NULL, "[0]" },
          { "5.4365637", NULL, "[0.796733]" });
    CHECK(ONE("STRING", "feature_type: RawFeature normalizer_fn: 'tf.sqrt' raw_input_dim: 3"),
          { "4|9|2.25", NULL, "[2,3,1.5]" });
    CHECK(ONE("FLOAT", "feature_type: RawFeature normalizer_fn: 'tf.identity'"), { "-7", NULL, "[-7]" });
    CHECK(ONE("FLOAT", "feature_type: RawFeature normalizer_fn: 'tf.math.square' embedding_dim: 4 boundaries: [0, 10]"),
          { "-3", NULL, "1" }, { "4", NULL, "2" });
    CHECK(ONE("FLOAT", "feature_type: RawFeature normalizer_fn: 'tf.math.square' embedding_dim: 4"),
          { "-3", NULL, "0*9" });
}

static void lookups(void **state)
{
#define LOOKUP(key, options)                                                                                           \
    CONFIG(FIELD("a", key) FIELD("b", "STRING"),                                                                       \
           "features { feature_name: 'x' feature_type: LookupFeature input_names: 'a' input_names: 'b' "               \
           "embedding_dim: 4 hash_bucket_size: 100000 kv_separator: ':' " options " } ",                               \
           "feature_names: 'x' ")
    (void)state;
    CHECK(
        LOOKUP("STRING", ""), { "k", "k:abc|j:1|k:hello", "61385,296" }, { "j", "k:abc|j:1", "34849" },
        { "z", "k:abc", "-" }, { "", "k:abc", "-" }, { "k", "", "-" }, { "k", "||k::abc|", "61385" },
        { "kk", "k:abc|kkk:1", "-" },
        { "k", "k:abc|j", "error 4: field \"b\" (STRING): expected pairs of key and value, found \"j\"" },
        { "k", "k:a:b", "error 4: field \"b\" (STRING): expected pairs of key and value, found \"k:a:b\"" },
        { "k", "j:", "error 4: field \"b\" (STRING): expected pairs of key and value, found \"j:\"" },
        { "k", "k:1|k:1|k:1|k:1|k:1|k:1|k:1|k:1|k:1|k:1|k:1",
          "error 4: field \"b\" (STRING): expected at most 10 values of a key (lookup_max_sel_elem_num), found more" });
    CHECK(LOOKUP("INT64", ""), { " 12 ", "12:abc|012:1", "61385" }, { "-1", "-1:hello", "296" });
    CHECK(
        LOOKUP("STRING", "separator: ';' lookup_max_sel_elem_num: 1"), { "k", "k:0;j:1", "72735" },
        { "k", "k:0;k:1",
          "error 4: field \"b\" (STRING): expected at most 1 values of a key (lookup_max_sel_elem_num), found more" });
}

static void expressions(void **state)
{
#define EXPR(a, b, text)                                                                                               \
    CONFIG(                                                                                                            \
        FIELD("a", a) FIELD("b", b),                                                                                   \
        "features { feature_name: 'x' feature_type: ExprFeature input_names: 'a' input_names: 'b' expression: '" text  \
        "' } ",                                                                                                        \
        "feature_names: 'x' ")
    (void)state;
    CHECK(EXPR("INT32", "DOUBLE", "a / b"), { "3", "2", "[1.5]" }, { "1", "0", "[inf]" }, { "", "4", "[0]" });
    CHECK(EXPR("STRING", "INT64", "(a >= b) & (b > 0)"), { "2.5", "2", "[1]" }, { "1", "2", "[0]" },
          { "x", "2", "error 4: field \"a\" (STRING): expected a number, found \"x\"" },
          { "", "2", "error 4: field \"a\" (STRING): expected a number, found \"\"" });
    CHECK(EXPR("FLOAT", "INT64", "tf.math.log1p(a) + tf.maximum(b, 2)"), { "0", "1", "[2]" }, { "0", "3", "[3]" });
    CHECK(EXPR("INT64", "INT64", "a == b"), { "16777216", "16777217", "[0]" }); /* doubles, not floats */
}

static void raw_in_buckets(void **state)
{
    (void)state;
    CHECK(ONE("FLOAT", "feature_type: RawFeature embedding_dim: 4 boundaries: [0, 10, 20.5]"), { "-1", NULL, "0" },
          { "0", NULL, "1" }, { "9.99", NULL, "1" }, { "10", NULL, "2" }, { "20.5", NULL, "3" }, { "1e30", NULL, "3" },
          { "nan", NULL, "3" }, { "-inf", NULL, "0" });
    CHECK(ONE("FLOAT", "feature_type: RawFeature embedding_dim: 4 num_buckets: 4 min_val: 0 max_val: 8"),
          { "-0.1", NULL, "0" }, { "0", NULL, "1" }, { "1.9", NULL, "1" }, { "2", NULL, "2" }, { "6", NULL, "4" },
          { "100", NULL, "4" });
    /* each number of a vector has buckets of its own */
    CHECK(ONE("STRING", "feature_type: RawFeature embedding_dim: 4 boundaries: [0, 10] raw_input_dim: 2"),
          { "5|50", NULL, "1,5" }, { "-5", NULL, "0,4" });
}

static void raw_lists_of_vectors(void **state)
{
#define LISTS(how) "feature_type: RawFeature raw_input_dim: 2 separator: ',' seq_multi_sep: ';' combiner: '" how "'"
    (void)state;
    CHECK(ONE("STRING", LISTS("sum")), { "1,2;3,4;5,6", NULL, "[9,12]" }, { "", NULL, "[0,0]" });
    CHECK(ONE("STRING", LISTS("mean")), { "1,2;3,4;5,6", NULL, "[3,4]" }, { "7", NULL, "[7,0]" });
    CHECK(ONE("STRING", LISTS("max")), { "1,2;-3,4", NULL, "[1,4]" }, { "-1,-2", NULL, "[-1,-2]" });
    CHECK(ONE("STRING", LISTS("min")), { "1,2;-3,4", NULL, "[-3,2]" },
          { "1,2,3", NULL, "error 4: field \"a\" (STRING): expected at most 2 numbers, found more in \"1,2,3\"" });
    /* without an explicit combiner seq_multi_sep means nothing */
    CHECK(ONE("STRING", "feature_type: RawFeature raw_input_dim: 2 separator: ',' seq_multi_sep: ';'"),
          { "1,2", NULL, "[1,2]" },
          { "1,2;3", NULL, "error 4: field \"a\" (STRING): expected a number, found \"2;3\"" });
}

#define COMBO(type_b, more)                                                                                            \
    CONFIG(FIELD("a", "STRING") FIELD("b", type_b),                                                                    \
           "features { feature_name: 'c' input_names: 'a' input_names: 'b' feature_type: ComboFeature "                \
           "embedding_dim: 4 hash_bucket_size: 100000 " more "} ",                                                     \
           "feature_names: 'c' ")

static void combos(void **state)
{
    (void)state;
    CHECK(COMBO("STRING", ""), { "a", "x", "18892" }, { "", "", "78373" }, { "20", "F", "75602" });
    CHECK(CONFIG(FIELD("a", "INT32") FIELD("b", "STRING"),
                 "features { feature_name: 'c' input_names: 'a' input_names: 'b' feature_type: ComboFeature "
                 "embedding_dim: 4 hash_bucket_size: 100000 } ",
                 "feature_names: 'c' "),
          { "003", "x", "87372" });
    /* the split input is hashed first, although it stands second */
    CHECK(COMBO("STRING", "combo_input_seps: '' combo_input_seps: '|' "), { "z", "p|q", "14585,59137" },
          { "z", "", "-" }, { "z", "|p|", "14585" });
}

static void joined_combos(void **state)
{
    static const char *const joined[] = { "a_X_p", "p_X_a", "q_X_a", "a_X_" };
    int expected[4];
    char texts[4][32];

    (void)state;
    for (int i = 0; i < 4; i++) {
        expected[i] = (int)(rk_fingerprint64(joined[i], strlen(joined[i])) % 100000);
        snprintf(texts[i], sizeof texts[i], "%d", expected[i]);
    }
    snprintf(texts[1], sizeof texts[1], "%d,%d", expected[1], expected[2]);
    row_case plain[] = { { "a", "p", texts[0] }, { "a", "", texts[3] } }, split[] = { { "a", "p|q", texts[1] } };
    check_rows(COMBO("STRING", "combo_join_sep: '_X_' "), plain, 2);
    check_rows(COMBO("STRING", "combo_join_sep: '_X_' combo_input_seps: '' combo_input_seps: '|' "), split, 1);
}

static void pass_through(void **state)
{
    (void)state;
    CHECK(ONE("STRING", "feature_type: PassThroughFeature"), { "as it is ", NULL, "'as it is '" }, { "", NULL, "''" });
}

static void too_many_combinations(void **state)
{
    data_world world = data_world_of(COMBO("STRING", "combo_input_seps: '|' combo_input_seps: '|' "), false);
    static char tags[600];
    const char *texts[3] = { "0", tags, tags };
    char got[256];

    (void)state;
    for (size_t i = 0; i + 2 < sizeof tags; i += 2)
        memcpy(tags + i, "x|", 2);
    assert_string_equal(print_fields(got, sizeof got, world.schema, texts),
                        "error 4: field \"a\" (STRING): expected at most 65536 combinations, found more");
    data_world_close(&world);
}

/* Labels, weights and the columns that metrics and predict ask for. */
static void labels_weights_and_bytes(void **state)
{
    static const char text[] =
        "data_config { label_fields: 'y' sample_weight: 'w' input_type: CSVInput " FIELD("y", "INT32")
            FIELD("w", "FLOAT") FIELD("u", "STRING")
                FIELD("a", "INT32") "} "
                                    "feature_config { features { input_names: 'a' feature_type: RawFeature } } "
                                    "eval_config { metrics_set { gauc { uid_field: 'u' } } metrics_set { session_auc { "
                                    "session_id_field: 'a' } } "
                                    "metrics_set { gauc { uid_field: 'u' reduction: 'mean_by_sample_num' } } } "
                                    "model_config { model_class: 'RocketLaunching' num_class: 3 "
                                    "feature_groups { group_name: 'all' feature_names: 'a' } rocket_launching { } }";
    static const struct {
        const char *texts[4];
        const char *expected;
    } rows[] = {
        { { "2", "0.5", "anna", " 7" }, "[7] [2] [0.5] 'anna' ' 7'" },
        { { "", "", "", "" }, "[0] [0] [0] '' ''" },
        { { "3", "1", "u", "1" },
          "error 4: field \"y\" (INT32): expected a label from 0 to 2 (num_class is 3), found \"3\"" },
        { { "-1", "1", "u", "1" },
          "error 4: field \"y\" (INT32): expected a label from 0 to 2 (num_class is 3), found \"-1\"" },
        { { "1", "-1", "u", "1" },
          "error 4: field \"w\" (FLOAT): expected a sample weight that is finite and not negative, found \"-1\"" },
        { { "1", "nan", "u", "1" },
          "error 4: field \"w\" (FLOAT): expected a sample weight that is finite and not negative, found \"nan\"" },
    };
    data_world world = data_world_of(text, true);
    char got[256];

    (void)state;
    assert_int_equal(rk_schema_n_columns(world.schema), 5);
    assert_int_equal(rk_schema_label(world.schema), 1);
    assert_int_equal(rk_schema_weight(world.schema), 2);
    assert_int_equal(rk_schema_bytes(world.schema, "u"), 3);
    assert_int_equal(rk_schema_bytes(world.schema, "a"), 4);
    assert_int_equal(rk_schema_bytes(world.schema, "y"), -1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(print_fields(got, sizeof got, world.schema, rows[i].texts), rows[i].expected);
    data_world_close(&world);
}

static void labels_as_text_and_numbers(void **state)
{
    static const struct {
        const char *label, *expected;
    } rows[] = {
        { "1", "[5] [1]" },
        { "0.25", "[5] [0.25]" },
        { "", "error 4: field \"y\" (STRING): expected a number, found \"\"" },
        { "yes", "error 4: field \"y\" (STRING): expected a number, found \"yes\"" },
        { "inf", "error 4: field \"y\" (STRING): expected a finite label, found \"inf\"" },
    };
    data_world world = data_world_of(
        "data_config { label_fields: 'y' " FIELD("y", "STRING")
            FIELD("a", "INT32") "} "
                                "feature_config { features { input_names: 'a' feature_type: RawFeature } } "
                                "model_config { feature_groups { group_name: 'all' feature_names: 'a' } "
                                "rocket_launching { } }",
        true);
    char got[256];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *texts[2] = { rows[i].label, "5" };

        assert_string_equal(print_fields(got, sizeof got, world.schema, texts), rows[i].expected);
    }
    data_world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(id_by_hash),
        cmocka_unit_test(id_by_hash_of_printed_values),
        cmocka_unit_test(id_by_number),
        cmocka_unit_test(id_by_vocabulary),
        cmocka_unit_test(defaults),
        cmocka_unit_test(tags),
        cmocka_unit_test(tags_with_weights),
        cmocka_unit_test(raw_numbers),
        cmocka_unit_test(raw_normalized),
        cmocka_unit_test(lookups),
        cmocka_unit_test(expressions),
        cmocka_unit_test(raw_in_buckets),
        cmocka_unit_test(raw_lists_of_vectors),
        cmocka_unit_test(combos),
        cmocka_unit_test(joined_combos),
        cmocka_unit_test(pass_through),
        cmocka_unit_test(too_many_combinations),
        cmocka_unit_test(labels_weights_and_bytes),
        cmocka_unit_test(labels_as_text_and_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
