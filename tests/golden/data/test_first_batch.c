/* The first batch of EasyRec's golden cases: ids and weights, looked up in the initial tables and combined, are the
 * input x of the net that EasyRec computed, to float accuracy. This covers hashing, vocabularies, buckets, crosses,
 * weights, pruning, empty fields, shared tables, and the names of tables.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "file.h"
#include "json.h"
#include "rk_test.h"
#include "stream.h"

typedef struct figures {
    rk_buf bytes;
    rk_json *header;
    const char *data;
} figures;

static void figures_open(figures *out, const char *path)
{
    rocket_error err = { 0 };
    uint64_t n;

    rk_buf_init(&out->bytes, 0);
    assert_int_equal(rk_file_read(&out->bytes, path, &err), ROCKET_OK);
    memcpy(&n, out->bytes.data, sizeof n);
    assert_int_equal(rk_json_parse(&out->header, out->bytes.data + 8, n, path, &err), ROCKET_OK);
    out->data = out->bytes.data + 8 + n;
}

static const float *figure(const figures *from, const char *key, int64_t shape[2])
{
    const rk_json *entry = rk_json_get(from->header, key);
    int64_t begin;

    if (!entry)
        fail_msg("no figure %s", key);
    for (size_t i = 0; i < 2; i++)
        assert_true(rk_json_integer(rk_json_at(rk_json_get(entry, "shape"), i), &shape[i]));
    assert_true(rk_json_integer(rk_json_at(rk_json_get(entry, "data_offsets"), 0), &begin));
    return (const float *)(const void *)(from->data + begin);
}

static double divisor(const rk_feature *feature, const rk_column *column, int64_t row)
{
    double sum = 0, squares = 0;

    for (int64_t i = column->offsets[row]; i < column->offsets[row + 1]; i++) {
        double w = column->weights ? (double)column->weights[i] : 1;

        sum += w;
        squares += w * w;
    }
    switch (feature->combiner) {
    case RK_COMBINER_MEAN:
        return sum;
    case RK_COMBINER_SQRTN:
        return sqrt(squares);
    default:
        return 1;
    }
}

/* Value d of the feature in a row. */
static double look_up(const rk_feature *feature, const rk_column *column, int64_t row, int64_t d, const float *table)
{
    double sum = 0;

    if (feature->kind == RK_COLUMN_FLOATS)
        return (double)column->values[row * column->width + d];
    for (int64_t i = column->offsets[row]; i < column->offsets[row + 1]; i++) {
        assert_in_range(column->ids[i], 0, feature->n_buckets - 1);
        sum += (column->weights ? (double)column->weights[i] : 1) * (double)table[column->ids[i] * feature->width + d];
    }
    return column->offsets[row] == column->offsets[row + 1] ? 0 : sum / divisor(feature, column, row);
}

static int64_t check_feature(const figures *from, const rk_feature *feature, const rk_column *column, int64_t first,
                             const float *x, int64_t x_width)
{
    const float *table = NULL;
    int64_t shape[2];
    char key[256];

    if (feature->kind == RK_COLUMN_IDS) {
        snprintf(key, sizeof key, "step0/%s", feature->table_name);
        table = figure(from, key, shape);
        assert_int_equal(shape[0], feature->n_buckets);
        assert_int_equal(shape[1], feature->width);
    }
    for (int64_t b = 0; b < 64; b++)
        for (int64_t d = 0; d < feature->width; d++) {
            double expected = (double)x[b * x_width + first + d], got = look_up(feature, column, b, d, table);

            if (!(fabs(expected - got) < 1e-6))
                fail_msg("%s, row %d, value %d: expected %g, got %g", feature->name, (int)b, (int)d, expected, got);
        }
    return first + feature->width;
}

static void check_case(const char *name)
{
    char config_path[512], data_path[512], figures_path[512];
    rk_schema_options schema_options = { .labels = true };
    rocket_error err = { 0 };
    rk_config *config;
    rk_schema *schema;
    rk_stream *stream;
    rk_batch *batch;
    figures from;
    int64_t shape[2], at = 0;

    snprintf(config_path, sizeof config_path, ROCKET_SOURCE_DIR "/tests/golden/fixtures/easyrec/%s/pipeline.config",
             name);
    snprintf(data_path, sizeof data_path, ROCKET_SOURCE_DIR "/tests/golden/fixtures/easyrec/%s/train.csv", name);
    snprintf(figures_path, sizeof figures_path,
             ROCKET_SOURCE_DIR "/tests/golden/fixtures/easyrec/%s/golden.safetensors", name);
    figures_open(&from, figures_path);
    assert_int_equal(rk_config_load(&config, config_path, NULL, 0, NULL, &err), ROCKET_OK);
    assert_int_equal(rk_schema_new(&schema, config, &schema_options, &err), ROCKET_OK);
    rk_stream_options options = { .paths = data_path, .training = true, .n_threads = 2, .num_epochs = 1 };
    assert_int_equal(rk_stream_open(&stream, config, schema, &options, &err), ROCKET_OK);
    assert_int_equal(rk_stream_next(stream, &batch, &err), ROCKET_OK);
    assert_int_equal(batch->n_rows, 64);
    const float *x = figure(&from, "step1_forward/x", shape);
    for (size_t i = 0; i < rk_schema_n_features(schema); i++)
        at = check_feature(&from, rk_schema_feature(schema, i), &batch->columns[i], at, x, shape[1]);
    assert_int_equal(at, shape[1]);
    rk_stream_give_back(stream, batch);
    rk_stream_close(stream);
    rk_schema_free(schema);
    rk_config_free(config);
    rk_json_free(from.header);
    rk_buf_clear(&from.bytes);
}

static void adam_id_tag(void **state)
{
    (void)state;
    check_case("adam_id_tag");
}

static void lazy_adam_no_bn(void **state)
{
    (void)state;
    check_case("lazy_adam_no_bn");
}

static void adagrad_raw_combo(void **state)
{
    (void)state;
    check_case("adagrad_raw_combo");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adam_id_tag),
        cmocka_unit_test(lazy_adam_no_bn),
        cmocka_unit_test(adagrad_raw_combo),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
