/* Bad rows, bad files, bad columns: status and the whole message, for each kind once. */
#include <zlib.h>
#include <zstd.h>

#include "data_world.h"

#define FIELDS                                                                                                         \
    "input_fields { input_name: 'y' input_type: INT32 } input_fields { input_name: 'price' input_type: INT32 } "       \
    "input_fields { input_name: 'ctr' input_type: FLOAT } input_fields { input_name: 'new' input_type: BOOL } "        \
    "input_fields { input_name: 'tags' input_type: STRING } "
#define CONFIG(data)                                                                                                   \
    "data_config { label_fields: 'y' batch_size: 7 shuffle: false " FIELDS data " } "                                  \
    "feature_config { features { input_names: 'price' feature_type: RawFeature } "                                     \
    "features { input_names: 'tags' feature_type: TagFeature embedding_dim: 2 num_buckets: 100 kv_separator: ':' } } " \
    "model_config { model_class: 'RocketLaunching' num_class: 2 feature_groups { group_name: 'all' "                   \
    "feature_names: 'price' feature_names: 'tags' } rocket_launching { } }"

/* %s in the expected text is the path of the file. */
static void check_text(const char *config, const char *bytes, size_t n, rocket_status status, const char *expected)
{
    data_world world = data_world_of(config, true);
    rk_stream_options options = { .paths = world_write(&world, "rows", bytes, n), .n_threads = 2 };
    char text[1200];
    rocket_error err = { 0 };
    rk_buf rows;

    rk_buf_init(&rows, 0);
    rocket_status got = print_stream(&rows, &world, &options, 0, &err);
    snprintf(text, sizeof text, "%s%s", options.paths, expected);
    assert_string_equal(err.text, text);
    assert_int_equal(got, status);
    rk_buf_clear(&rows);
    data_world_close(&world);
}

static void bad_rows(void **state)
{
    static const struct {
        const char *row, *expected;
    } cases[] = {
        { "1,2,3",
          ":3: 3 fields, expected 5 (columns of data_config.input_fields); set ignore_error to drop such rows" },
        { "1", ":3: 1 field, expected 5 (columns of data_config.input_fields); set ignore_error to drop such rows" },
        { "", ":3: 0 fields, expected 5 (columns of data_config.input_fields); set ignore_error to drop such rows" },
        { "1,2,3,1,,",
          ":3: 6 fields, expected 5 (columns of data_config.input_fields); set ignore_error to drop such rows" },
        { "1,3.0,1,1,", ":3:3: field \"price\" (INT32): expected an integer, found \"3.0\"" },
        { "1,x,1,1,", ":3:3: field \"price\" (INT32): expected an integer, found \"x\"" },
        { "1, ,1,1,", ":3:3: field \"price\" (INT32): expected an integer, found \" \"" },
        { "1,1e3,1,1,", ":3:3: field \"price\" (INT32): expected an integer, found \"1e3\"" },
        { "1,1 2,1,1,", ":3:3: field \"price\" (INT32): expected an integer, found \"1 2\"" },
        { "1,4294967296,1,1,", ":3:3: field \"price\" (INT32): expected an integer of 32 bits, found \"4294967296\"" },
        { "1,-2147483649,1,1,",
          ":3:3: field \"price\" (INT32): expected an integer of 32 bits, found \"-2147483649\"" },
        { "1,99999999999999999999999,1,1,",
          ":3:3: field \"price\" (INT32): expected an integer of 32 bits, found \"99999999999999999999999\"" },
        { "1,2,abc,1,", ":3:5: field \"ctr\" (FLOAT): expected a number, found \"abc\"" },
        { "1,2,1.5.2,1,", ":3:5: field \"ctr\" (FLOAT): expected a number, found \"1.5.2\"" },
        { "1,2,0x10,1,", ":3:5: field \"ctr\" (FLOAT): expected a number, found \"0x10\"" },
        { "1,2,3,yes,", ":3:7: field \"new\" (BOOL): expected true or false, found \"yes\"" },
        { "1,2,3,true,5", ":3:12: field \"tags\" (STRING): expected tags with one weight each, found \"5\"" },
        { "1,2,3,true,5:1|6", ":3:12: field \"tags\" (STRING): expected tags with one weight each, found \"6\"" },
        { "1,2,3,true,5:1:1", ":3:12: field \"tags\" (STRING): expected tags with one weight each, found \"5:1:1\"" },
        { "1,2,3,true,5:w", ":3:12: field \"tags\" (STRING): expected a number, found \"w\"" },
        { "1,2,3,true,a:1", ":3:12: field \"tags\" (STRING): expected an integer, found \"a\"" },
        { "1,2,3,true,\"a:1\"", ":3:12: field \"tags\" (STRING): expected an integer, found \"a\"" },
        { "2,2,3,1,", ":3:1: field \"y\" (INT32): expected a label from 0 to 1 (num_class is 2), found \"2\"" },
        { "-1,2,3,1,", ":3:1: field \"y\" (INT32): expected a label from 0 to 1 (num_class is 2), found \"-1\"" },
        { "1,2,3,1,a\"b", ":3:9: expected no quote inside an unquoted field, found one" },
        { "1,2,3,1,\"ab", ":3:9: expected a closing quote before the end of the line, found none" },
        { "1,2,3,1,\"a\"\"", ":3:9: expected a closing quote before the end of the line, found none" },
        { "1,2,3,1,\"a\"b", ":3:9: expected a separator behind the closing quote, found text (a quote inside quotes is "
                            "written \"\")" },
        { "1,2\r,3,1,", ":3:3: expected no carriage return inside a line, found one" },
        { "1,\x01\x7f,3,1,", ":3:3: field \"price\" (INT32): expected an integer, found \"\\001\\177\"" },
        { "1,aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeee,3,1,",
          ":3:3: field \"price\" (INT32): expected an integer, found \"aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd\"..." },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[400];

        snprintf(text, sizeof text, "1,2,3,1,\n0,2,nan,0,5:1\n%s\n0,0,0,0,\n", cases[i].row);
        check_text(CONFIG(""), text, strlen(text), ROCKET_DATA, cases[i].expected);
        snprintf(text, sizeof text, "1,2,3,1,\r\n0,2,nan,0,5:1\r\n%s\r\n0,0,0,0,\r\n", cases[i].row);
        check_text(CONFIG(""), text, strlen(text), ROCKET_DATA, cases[i].expected);
    }
}

/* The line is the file's own also in later blocks, behind a header, and in the second file. */
static void lines_are_counted_per_file(void **state)
{
    data_world world = data_world_of(CONFIG("with_header: true"), true);
    char paths[600], expected[800];
    rk_stream_options options = { .paths = paths, .n_threads = 3 };
    rocket_error err = { 0 };
    rk_buf rows, out;

    (void)state;
    rk_buf_init(&rows, 0);
    rk_buf_init(&out, 0);
    rk_buf_puts(&rows, "y,price,ctr,new,tags\n");
    for (int i = 0; i < 100000; i++)
        rk_buf_puts(&rows, "1,2,3,1,5:1\n");
    const char *good = world_write(&world, "good", rows.data, rows.size);
    rk_buf_puts(&rows, "1,2,3,1,5\n");
    const char *bad = world_write(&world, "bad", rows.data, rows.size);
    snprintf(paths, sizeof paths, "%s,%s", good, bad);
    snprintf(expected, sizeof expected,
             "%s:100002:9: field \"tags\" (STRING): expected tags with one weight each, found \"5\"", bad);
    assert_int_equal(print_stream(&out, &world, &options, 0, &err), ROCKET_DATA);
    assert_string_equal(err.text, expected);
    rk_buf_clear(&rows);
    rk_buf_clear(&out);
    data_world_close(&world);
}

static void fields_of_a_header(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        { "y,price,ctr,new,tags\n1,2,3,1\n", ":2: 4 fields, expected 5 (columns of data_config.input_fields); set "
                                             "ignore_error to drop such rows" },
        { "y,price,ctr,new,tags,z\n1,2,3,1,\n", ":2: 5 fields, expected 6 (columns of the header); set ignore_error to "
                                                "drop such rows" },
        { "tags,new,ctr,price,y\n,1,3,x,1\n", ":2:6: field \"price\" (INT32): expected an integer, found \"x\"" },
        { "y,prise,ctr,new,tags\n",
          ":1: column \"price\" of data_config.input_fields is not in the header; did you mean "
          "\"prise\"?" },
        { "1,2,3,4,5\n", ":1: column \"y\" of data_config.input_fields is not in the header" },
        { "y,y,price,ctr,new,tags\n", ":1: column \"y\" stands twice in the header" },
        { "\n1,2,3,1,\n", ":1: expected a header with the names of the columns, found an empty line" },
        { "", ": expected a header with the names of the columns, found an empty file" },
        { "y,\"price,ctr,new,tags\n", ":1: expected a closing quote before the end of the line, found none" },
        { "y,price,ctr,new,tags\n", ": expected rows, found none" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_text(CONFIG("with_header: true"), cases[i].text, strlen(cases[i].text), ROCKET_DATA, cases[i].expected);
}

static void no_rows(void **state)
{
    (void)state;
    check_text(CONFIG(""), "", 0, ROCKET_DATA, ": expected rows, found none");
    check_text(CONFIG("ignore_error: true"), "x\n\n1,2\n", 7, ROCKET_DATA,
               ": expected rows, found bad ones only (3, dropped by ignore_error)");
}

static void line_too_long(void **state)
{
    size_t n = (16 << 20) + 1;
    char *text = rk_alloc(n, 1);

    (void)state;
    memset(text, 'x', n);
    check_text(CONFIG(""), text, n, ROCKET_DATA, ": expected lines of at most 16777216 bytes, found a longer one");
    rk_free(text);
}

/* ---- compressed ---- */

/* Rows that do not compress to nothing. */
static void make_text(rk_buf *out)
{
    rk_buf_init(out, 0);
    for (unsigned i = 0, x = 1; i < 20000; i++, x = x * 1103515245u + 12345u)
        rk_buf_printf(out, "1,%u,0.%u,1,%u:1\n", x >> 8, x >> 4, (x >> 16) % 100);
}

static size_t compress_gzip(unsigned char *to, size_t capacity, const rk_buf *text)
{
    z_stream z = {
        .next_in = (Bytef *)text->data, .avail_in = (uInt)text->size, .next_out = to, .avail_out = (uInt)capacity
    };

    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

static void check_file(const char *name, const void *bytes, size_t n, const char *expected)
{
    data_world world = data_world_of(CONFIG(""), true);
    rk_stream_options options = { .paths = world_write(&world, name, bytes, n), .n_threads = 1 };
    char text[1200];
    rocket_error err = { 0 };
    rk_buf rows;

    rk_buf_init(&rows, 0);
    assert_int_equal(print_stream(&rows, &world, &options, 0, &err), ROCKET_DATA);
    snprintf(text, sizeof text, "%s%s", options.paths, expected);
    if (strncmp(err.text, text, strlen(text)) != 0)
        fail_msg("expected %s, got %s", text, err.text);
    rk_buf_clear(&rows);
    data_world_close(&world);
}

static void damaged_compressed_files(void **state)
{
    rk_buf text;
    char expected[200];

    (void)state;
    make_text(&text);
    size_t capacity = text.size + 1000;
    unsigned char *bytes = rk_alloc(capacity, 1);
    size_t n = compress_gzip(bytes, capacity, &text);
    for (int cut = 0; cut < 3; cut++) {
        size_t left = cut == 0 ? n - 1 : cut == 1 ? n / 2 : 5;

        snprintf(expected, sizeof expected, ": expected more gzip data, found the end of the file at byte %zu", left);
        check_file("rows.csv.gz", bytes, left, expected);
    }
    bytes[n] = 'x'; /* something behind the only member */
    check_file("rows.csv.gz", bytes, n + 1, ": expected more gzip data, found the end of the file at byte");
    memcpy(bytes + n, "xxxxxxxxxxxx", 12);
    check_file("rows.csv.gz", bytes, n + 12, ": at byte ");
    bytes[n - 8] ^= 0xff; /* the checksum; damage further up may look like text until there */
    check_file("rows.csv.gz", bytes, n, ": at byte ");
    n = ZSTD_compress(bytes, capacity, text.data, text.size, 1);
    snprintf(expected, sizeof expected, ": expected more zstd data, found the end of the file at byte %zu", n - 3);
    check_file("rows.csv.zst", bytes, n - 3, expected);
    bytes[4] |= 8; /* a bit of the frame's header that must be 0 */
    check_file("rows.csv.zst", bytes, n, ": at byte ");
    rk_free(bytes);
    rk_buf_clear(&text);
}

static void names_that_promise_something_else(void **state)
{
    (void)state;
    check_file("rows.csv.gz", "1,2,3,1,\n", 9, ": expected gzip data, as its name ends in .gz, found something else");
    check_file("rows.csv.gz", "", 0, ": expected gzip data, as its name ends in .gz, found something else");
    check_file("rows.csv.zst", "1,2,3,1,\n", 9, ": expected zstd data, as its name ends in .zst, found something else");
    check_file("rows.tar.gz", "\x1f\x8b", 2, ": expected a text file, found an archive; unpack it first");
    check_file("rows.tgz", "\x1f\x8b", 2, ": expected a text file, found an archive; unpack it first");
}

/* ---- paths ---- */

static void check_paths(const char *paths, bool training, uint64_t num_epochs, rocket_status status,
                        const char *expected)
{
    data_world world = data_world_of(CONFIG(""), true);
    rk_stream_options options = { .paths = paths, .n_threads = 1, .training = training, .num_epochs = num_epochs };
    rocket_error err = { 0 };
    rk_buf rows;

    rk_buf_init(&rows, 0);
    assert_int_equal(print_stream(&rows, &world, &options, 0, &err), status);
    assert_string_equal(err.text, expected);
    rk_buf_clear(&rows);
    data_world_close(&world);
}

static void bad_paths(void **state)
{
    (void)state;
    check_paths("/no/such/file.csv", false, 1, ROCKET_DATA, "/no/such/file.csv: no such file");
    check_paths("/no/such/*.csv", false, 1, ROCKET_DATA, "/no/such/*.csv: no file matches");
    check_paths("", false, 1, ROCKET_DATA, "expected the name of an input file, found \"\"");
    check_paths(",,", false, 1, ROCKET_DATA, "expected the name of an input file, found \",,\"");
    check_paths("/usr", false, 1, ROCKET_DATA,
                "/usr: expected a file, found a folder; name its files, as in /usr/*.csv");
    check_paths("-,-", false, 1, ROCKET_CONFIG, "-,-: expected standard input once, found it twice");
    check_paths("-", true, 0, ROCKET_CONFIG,
                "standard input can be read only once: expected data_config.num_epochs of 1, found 0");
}

static void bad_options(void **state)
{
    data_world world = data_world_of(CONFIG(""), true);
    rk_stream_options options = { .paths = "-", .n_threads = 0 };
    rk_stream *stream = NULL;
    rocket_error err = { 0 };

    (void)state;
    assert_int_equal(rk_stream_open(&stream, world.config, world.schema, &options, &err), ROCKET_USAGE);
    assert_string_equal(err.text, "expected at least 1 parsing thread, found 0");
    assert_null(stream);
    data_world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_rows),
        cmocka_unit_test(lines_are_counted_per_file),
        cmocka_unit_test(fields_of_a_header),
        cmocka_unit_test(no_rows),
        cmocka_unit_test(line_too_long),
        cmocka_unit_test(damaged_compressed_files),
        cmocka_unit_test(names_that_promise_something_else),
        cmocka_unit_test(bad_paths),
        cmocka_unit_test(bad_options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
