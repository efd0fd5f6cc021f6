/* Seeded random lines: the CSV reader finds the same fields, at the same places, as a splitter that goes character by
 * character through a state machine, and both refuse the same lines. */
#include "data_world.h"
#include "rng.h"

enum { MAX_FIELDS = 64, MAX_LINE = 64 };

typedef struct split {
    bool ok;
    size_t n;
    char fields[MAX_FIELDS][MAX_LINE + 1];
    size_t lengths[MAX_FIELDS], columns[MAX_FIELDS];
} split;

/* RFC 4180 by states, a line without its end. */
static void split_naively(split *out, const char *line, size_t n)
{
    enum { START, PLAIN, QUOTED, CLOSED } state = START;

    *out = (split){ .ok = n > 0, .n = n > 0 };
    out->columns[0] = 1;
    for (size_t i = 0; i < n && out->ok; i++) {
        char c = line[i];
        size_t *length = &out->lengths[out->n - 1];

        if (state == QUOTED && c != '"') {
            out->fields[out->n - 1][(*length)++] = c;
        } else if (state == QUOTED) {
            state = CLOSED;
        } else if (state == CLOSED && c == '"') {
            out->fields[out->n - 1][(*length)++] = c;
            state = QUOTED;
        } else if (c == ',') {
            out->columns[out->n++] = i + 2;
            state = START;
        } else if (state == START && c == '"') {
            state = QUOTED;
        } else if (state == CLOSED || c == '"' || c == '\r') {
            out->ok = false;
        } else {
            out->fields[out->n - 1][(*length)++] = c;
            state = PLAIN;
        }
    }
    out->ok &= state != QUOTED;
}

static void compare(const rk_reader_def *reader, const rk_layout *layout, const char *line, size_t n)
{
    static split expected;
    rk_text fields[MAX_FIELDS] = { { NULL, 0 } };
    size_t columns[MAX_FIELDS] = { 0 };
    char scratch[MAX_LINE + 2], record[MAX_LINE + 2];
    rk_row row = { .fields = fields, .columns = columns, .scratch = scratch };
    rocket_error err = { 0 };
    rk_layout own = *layout;

    split_naively(&expected, line, n);
    own.n_columns = expected.ok ? expected.n : 1;
    memcpy(record, line, n);
    memcpy(record + n, "\r\n", 2);
    rocket_status status = reader->parse(&row, &own, (rk_text){ record, n + 2 }, &err);
    if ((status == ROCKET_OK) != expected.ok)
        fail_msg("<%.*s>: expected %s, got %s", (int)n, line, expected.ok ? "fields" : "an error", err.text);
    for (size_t i = 0; i < expected.n && expected.ok; i++)
        if (fields[i].n != expected.lengths[i] || memcmp(fields[i].data, expected.fields[i], fields[i].n) != 0 ||
            columns[i] != expected.columns[i])
            fail_msg("<%.*s>: field %d is <%.*s> at %d", (int)n, line, (int)i, (int)fields[i].n, fields[i].data,
                     (int)columns[i]);
}

static void lines_split_as_by_states(void **state)
{
    static const char alphabet[] = ",,,\"\"\"ab \r|\xff";
    rk_config *config = config_of("data_config { }");
    const rk_reader_def *reader = rk_reader_find(ROCKET__DATASET_CONFIG__INPUT_TYPE__CSVInput);
    size_t field_of[MAX_FIELDS + MAX_LINE];
    rk_rng rng = rk_rng_at(1, RK_RNG_TEST, 0, 0);
    rocket_error err = { 0 };
    rk_arena arena;
    rk_layout layout;

    (void)state;
    rk_arena_init(&arena, 0);
    must(reader->layout(&layout, &arena, config, NULL, &err), &err);
    for (size_t i = 0; i < MAX_FIELDS + MAX_LINE; i++)
        field_of[i] = i;
    layout.field_of = field_of;
    layout.n_fields = MAX_FIELDS;
    for (int round = 0; round < 400000; round++) {
        char line[MAX_LINE - 2];
        size_t n = rk_rng_below(&rng, round % 2 ? 8 : sizeof line - 1);

        for (size_t i = 0; i < n; i++)
            line[i] = alphabet[rk_rng_below(&rng, sizeof alphabet - 1)];
        if (n == 0 || line[n - 1] != '\r') /* that one would belong to the line's end */
            compare(reader, &layout, line, n);
    }
    rk_arena_clear(&arena);
    rk_config_free(config);
}

/* Fields of any text, written as CSV, come back as they were; in files cut into blocks anywhere. */
static void what_is_written_is_read(void **state)
{
    data_world world = data_world_of(
        "data_config { label_fields: 'y' batch_size: 100000 input_fields { input_name: 'y' input_type: INT32 } "
        "input_fields { input_name: 'a' } input_fields { input_name: 'b' } } "
        "feature_config { features { input_names: 'a' feature_type: PassThroughFeature } "
        "features { input_names: 'b' feature_type: PassThroughFeature } } "
        "model_config { feature_groups { group_name: 'all' feature_names: 'a' feature_names: 'b' } rocket_launching { "
        "} }",
        true);
    static const char alphabet[] = "x,\"|y z\t\\";
    rk_rng rng = rk_rng_at(2, RK_RNG_TEST, 0, 0);
    rocket_error err = { 0 };
    rk_buf csv, expected, got;

    (void)state;
    rk_buf_init(&csv, 0);
    rk_buf_init(&expected, 0);
    rk_buf_init(&got, 0);
    rk_buf_puts(&expected, "#0 0.0\n");
    for (int row = 0; row < 50000; row++) {
        rk_buf_puts(&csv, "1");
        for (int field = 0; field < 2; field++) {
            rk_buf_puts(&csv, ",\"");
            rk_buf_puts(&expected, field ? " '" : "'");
            for (uint64_t n = rk_rng_below(&rng, 20); n > 0; n--) {
                char c = alphabet[rk_rng_below(&rng, sizeof alphabet - 1)];

                rk_buf_append(&csv, "\"\"", c == '"' ? 2 : 0);
                rk_buf_append(&csv, &c, c != '"');
                rk_buf_append(&expected, &c, 1);
            }
            rk_buf_puts(&csv, "\"");
            rk_buf_puts(&expected, "'");
        }
        rk_buf_puts(&csv, row % 3 ? "\n" : "\r\n");
        rk_buf_puts(&expected, " [1]\n");
    }
    rk_stream_options options = { .paths = world_write(&world, "rows", csv.data, csv.size), .n_threads = 2 };
    must(print_stream(&got, &world, &options, 0, &err), &err);
    assert_int_equal(got.size, expected.size);
    assert_memory_equal(got.data, expected.data, got.size);
    rk_buf_clear(&csv);
    rk_buf_clear(&expected);
    rk_buf_clear(&got);
    data_world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_split_as_by_states),
        cmocka_unit_test(what_is_written_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
