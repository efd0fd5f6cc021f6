/* Packed files: the same batches as from the text, shuffled or not; refused when they are stale; damage found, wherever
 * it is. */
#include <unistd.h>

#include "data_world.h"
#include "packed_file.h"

static const char config_text[] =
    "data_config { input_type: CSVInput label_fields: 'y' batch_size: 7 shuffle_buffer_size: 50 num_epochs: 2 %s "
    "input_fields { input_name: 'y' input_type: INT32 } input_fields { input_name: 's' } "
    "input_fields { input_name: 't' } input_fields { input_name: 'x' input_type: FLOAT } } "
    "feature_config { "
    "features { input_names: 's' embedding_dim: 4 hash_bucket_size: %d } "
    "features { input_names: 't' feature_type: TagFeature embedding_dim: 4 hash_bucket_size: 300 separator: '|' "
    "           kv_separator: ':' combiner: 'mean' } "
    "features { input_names: 'x' feature_type: RawFeature } } "
    "eval_config { metrics_set { gauc { uid_field: 's' } } } "
    "model_config { feature_groups { group_name: 'all' feature_names: ['s', 't', 'x'] } rocket_launching { } }";

static data_world packed_world(const char *more, int buckets)
{
    char text[sizeof config_text + 100];

    snprintf(text, sizeof text, config_text, more, buckets);
    return data_world_of(text, true);
}

static const char *write_table(const data_world *world, int n_rows)
{
    rk_buf text;

    rk_buf_init(&text, 0);
    for (int i = 0; i < n_rows; i++)
        rk_buf_printf(&text, "%d,user%d,a%d:%d.5|b:2%s,%d.25\n", i % 2, i * i % 97, i % 13, i % 5, i % 7 ? "" : "|c:0",
                      i);
    const char *path = world_write(world, "table.csv", text.data, text.size);
    rk_buf_clear(&text);
    return path;
}

static rk_pack_stats pack(const data_world *world, const char *from, const char *to, int level)
{
    rk_pack_options options = { .paths = from, .n_threads = 2, .level = level };
    rk_pack_stats stats = { 0 };
    rocket_error err = { 0 };

    must(rk_pack_write(to, world->config, world->schema, &options, &stats, &err), &err);
    return stats;
}

static rocket_status read_all(rk_buf *out, const data_world *world, const char *path, bool training, rocket_error *err)
{
    rk_stream_options options = {
        .paths = path, .training = training, .seed = 3, .n_threads = 3, .num_epochs = training ? 2 : 1
    };

    rk_buf_init(out, 0);
    return print_stream(out, world, &options, 0, err);
}

static void batches_are_those_of_the_text(void **state)
{
    data_world world = packed_world("", 1000);
    const char *table = write_table(&world, 5000), *packed = world_path(&world, "table.rkpack");

    (void)state;
    for (int level = 0; level < 2; level++) {
        rk_pack_stats stats = pack(&world, table, packed, level);

        assert_int_equal(stats.rows, 5000);
        for (int training = 0; training < 2; training++) {
            rocket_error err = { 0 };
            rk_buf expected, found;

            must(read_all(&expected, &world, table, training, &err), &err);
            must(read_all(&found, &world, packed, training, &err), &err);
            assert_true(expected.size > 1000);
            assert_string_equal(found.data, expected.data);
            rk_buf_clear(&expected);
            rk_buf_clear(&found);
        }
    }
    data_world_close(&world);
}

static void expect_refusal(const data_world *world, const char *path, const char *sentence)
{
    rocket_error err = { 0 };
    rk_buf out;

    assert_int_equal(read_all(&out, world, path, false, &err), ROCKET_DATA);
    if (!strstr(err.text, sentence))
        fail_msg("expected \"%s\", found \"%s\"", sentence, err.text);
    rk_buf_clear(&out);
}

/* A batch may be a whole record, whose memory it takes over, or some and a part of the next. */
static void batches_of_whole_records(void **state)
{
    static const uint64_t sizes[] = { 1024, 2048, 1500, 100 };
    data_world world = packed_world("", 1000);
    const char *table = write_table(&world, 5000), *packed = world_path(&world, "table.rkpack");

    (void)state;
    pack(&world, table, packed, 0);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        rk_stream_options options = { .paths = table, .n_threads = 2, .batch_size = sizes[i] };
        rocket_error err = { 0 };
        rk_buf expected, found;

        rk_buf_init(&expected, 0);
        rk_buf_init(&found, 0);
        must(print_stream(&expected, &world, &options, 0, &err), &err);
        options.paths = packed;
        must(print_stream(&found, &world, &options, 0, &err), &err);
        assert_string_equal(found.data, expected.data);
        rk_buf_clear(&expected);
        rk_buf_clear(&found);
    }
    data_world_close(&world);
}

static void stale_files_are_refused(void **state)
{
    data_world world = packed_world("", 1000), other = packed_world("", 1001);
    data_world batches = packed_world("prefetch_size: 9", 1000);
    const char *table = write_table(&world, 100), *packed = world_path(&world, "table.rkpack");
    rocket_error err = { 0 };
    rk_buf out;

    (void)state;
    pack(&world, table, packed, 0);
    expect_refusal(&other, packed, "packed with another data_config, feature_config or other vocabularies");
    must(read_all(&out, &batches, packed, false, &err), &err); /* rows do not depend on that */
    rk_buf_clear(&out);
    write_table(&world, 101);
    expect_refusal(&world, packed, "table.csv, which has changed since; run rocket pack again");
    assert_int_equal(unlink(table), 0);
    must(read_all(&out, &world, packed, false, &err), &err); /* the table may go */
    rk_buf_clear(&out);
    data_world_close(&world);
    data_world_close(&other);
    data_world_close(&batches);
}

static void texts_and_packed_files_do_not_mix(void **state)
{
    data_world world = packed_world("", 1000);
    const char *table = write_table(&world, 10), *packed = world_path(&world, "table.rkpack");
    char both[1024];

    (void)state;
    pack(&world, table, packed, 0);
    snprintf(both, sizeof both, "%s,%s", table, packed);
    expect_refusal(&world, both, "expected packed files only or none, found 1 of 2");
    data_world_close(&world);
}

/* One byte changed, at every place: an error that names the file, never rows. In the text's first bytes it may look
 * like no packed file at all: then it is a damaged table. */
static void damage_is_found_everywhere(void **state)
{
    data_world world = packed_world("", 1000);
    const char *table = write_table(&world, 40), *packed = world_path(&world, "table.rkpack");
    rocket_error err = { 0 };
    rk_buf bytes, out;

    (void)state;
    pack(&world, table, packed, 1);
    rk_buf_init(&bytes, 0);
    must(rk_file_read(&bytes, packed, &err), &err);
    for (size_t i = 0; i < bytes.size; i += i < 64 ? 1 : 7) {
        bytes.data[i] ^= 0x10;
        must(rk_file_write(packed, bytes.data, bytes.size, &err), &err);
        expect_refusal(&world, packed, "table.rkpack");
        bytes.data[i] ^= 0x10;
    }
    for (size_t n = 8; n < bytes.size; n += 97) {
        must(rk_file_write(packed, bytes.data, n, &err), &err);
        expect_refusal(&world, packed, "table.rkpack");
    }
    must(rk_file_write(packed, bytes.data, bytes.size, &err), &err);
    must(read_all(&out, &world, packed, false, &err), &err);
    rk_buf_clear(&out);
    rk_buf_clear(&bytes);
    data_world_close(&world);
}

/* The place of a damaged record is said. */
static void damage_is_placed(void **state)
{
    data_world world = packed_world("", 1000);
    const char *table = write_table(&world, 5000), *packed = world_path(&world, "table.rkpack");
    rocket_error err = { 0 };
    rk_buf bytes;

    (void)state;
    pack(&world, table, packed, 0);
    rk_buf_init(&bytes, 0);
    must(rk_file_read(&bytes, packed, &err), &err);
    bytes.data[bytes.size - 1000] ^= 1;
    must(rk_file_write(packed, bytes.data, bytes.size, &err), &err);
    expect_refusal(&world, packed, "table.rkpack: record 6, byte ");
    rk_buf_clear(&bytes);
    data_world_close(&world);
}

static void survives_without_memory(void **state)
{
    data_world world = packed_world("", 1000);
    const char *table = write_table(&world, 100), *packed = world_path(&world, "table.rkpack");

    (void)state;
    for (uint64_t n = 1;; n++) {
        rk_pack_options options = { .paths = table, .n_threads = 1 };
        rk_pack_stats stats;
        rocket_error err = { 0 };

        rk_alloc_fail_at(n);
        rocket_status status = rk_pack_write(packed, world.config, world.schema, &options, &stats, &err);
        bool met = !rk_alloc_fail_pending();
        rk_alloc_fail_at(0);
        assert_int_equal(status, met ? ROCKET_FAILED : ROCKET_OK);
        if (!met)
            break;
    }
    data_world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_are_those_of_the_text), cmocka_unit_test(batches_of_whole_records),
        cmocka_unit_test(stale_files_are_refused),       cmocka_unit_test(texts_and_packed_files_do_not_mix),
        cmocka_unit_test(damage_is_found_everywhere),    cmocka_unit_test(damage_is_placed),
        cmocka_unit_test(survives_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
