/* A small world for tests of the data room: a config from text, files in a folder of their own, and batches printed as
 * text, so that a test compares one string with another.
 *
 * A row is printed column by column, a blank between: ids "3,5", weighted "3*0.5,5*2", nothing "-"; numbers "[1.5,2]";
 * bytes "'text'".
 */
#ifndef RK_DATA_WORLD_H
#define RK_DATA_WORLD_H

#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "check.h"
#include "faults.h"
#include "file.h"
#include "mem.h"
#include "rk_test.h"
#include "stream.h"

typedef struct data_world {
    test_folder folder;
    rk_config *config;
    rk_schema *schema;
} data_world;

static inline void must(rocket_status status, const rocket_error *err)
{
    if (status != ROCKET_OK)
        fail_msg("status %d: %s", status, err->text);
}

static inline rk_config *config_of(const char *text)
{
    rk_config_source source = { .name = "test.config", .text = text, .n = strlen(text) };
    rk_config *config = NULL;
    rocket_error err = { 0 };

    must(rk_config_parse(&config, &source, NULL, &err), &err);
    return config;
}

static inline data_world data_world_of(const char *config_text, bool labels)
{
    data_world world = { .folder = make_test_folder(), .config = config_of(config_text) };
    rk_schema_options options = { .labels = labels };
    rocket_error err = { 0 };

    must(rk_schema_new(&world.schema, world.config, &options, &err), &err);
    return world;
}

static inline void data_world_close(data_world *world)
{
    rk_schema_free(world->schema);
    rk_config_free(world->config);
    remove_test_folder(world->folder);
}

/* Path of a file in the world; two of them may be in use at once. */
static inline const char *world_path(const data_world *world, const char *name)
{
    static char paths[4][256];
    static int turn;
    char *path = paths[turn++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", world->folder.path, name);
    return path;
}

static inline const char *world_write(const data_world *world, const char *name, const void *bytes, size_t n)
{
    const char *path = world_path(world, name);
    rocket_error err = { 0 };

    must(rk_file_write(path, bytes, n, &err), &err);
    return path;
}

static inline const char *world_puts(const data_world *world, const char *name, const char *text)
{
    return world_write(world, name, text, strlen(text));
}

static inline void print_ids(rk_buf *out, const rk_column *column, int64_t row)
{
    if (column->offsets[row] == column->offsets[row + 1])
        rk_buf_puts(out, "-");
    for (int64_t i = column->offsets[row]; i < column->offsets[row + 1]; i++) {
        rk_buf_printf(out, "%s%lld", i > column->offsets[row] ? "," : "", (long long)column->ids[i]);
        if (column->weights)
            rk_buf_printf(out, "*%g", (double)column->weights[i]);
    }
}

static inline void print_floats(rk_buf *out, const rk_column *column, int64_t row)
{
    for (int64_t i = 0; i < column->width; i++)
        rk_buf_printf(out, "%s%g", i > 0 ? "," : "[", (double)column->values[row * column->width + i]);
    rk_buf_puts(out, "]");
}

static inline void print_row(rk_buf *out, const rk_batch *batch, int64_t row)
{
    for (size_t i = 0; i < batch->n_columns; i++) {
        const rk_column *column = &batch->columns[i];

        if (i > 0)
            rk_buf_puts(out, " ");
        if (column->kind == RK_COLUMN_IDS) {
            print_ids(out, column, row);
        } else if (column->kind == RK_COLUMN_FLOATS) {
            print_floats(out, column, row);
        } else {
            rk_buf_puts(out, "'");
            rk_buf_append(out, column->bytes + column->offsets[row],
                          (size_t)(column->offsets[row + 1] - column->offsets[row]));
            rk_buf_puts(out, "'");
        }
    }
}

/* One line per row, after a line "#index epoch.row" per batch if heads are wanted. */
static inline void print_batch(rk_buf *out, const rk_batch *batch, bool heads)
{
    if (heads)
        rk_buf_printf(out, "#%llu %llu.%llu\n", (unsigned long long)batch->index, (unsigned long long)batch->epoch,
                      (unsigned long long)batch->row);
    for (int64_t row = 0; row < batch->n_rows; row++) {
        print_row(out, batch, row);
        rk_buf_puts(out, "\n");
    }
}

/* All batches, at most n_batches (0: all), printed. An error ends it: the text goes to err. */
static inline rocket_status print_stream(rk_buf *out, const data_world *world, const rk_stream_options *options,
                                         uint64_t n_batches, rocket_error *err)
{
    rk_stream *stream = NULL;
    rk_batch *batch = NULL;
    rocket_status status = rk_stream_open(&stream, world->config, world->schema, options, err);

    for (uint64_t n = 0; status == ROCKET_OK && (n_batches == 0 || n < n_batches); n++) {
        status = rk_stream_next(stream, &batch, err);
        if (status != ROCKET_OK || !batch)
            break;
        print_batch(out, batch, true);
        rk_stream_give_back(stream, batch);
    }
    rk_stream_close(stream);
    return status;
}

/* One row of field texts through the schema, printed into out (size bytes); or the error. Returns out. */
static inline const char *print_fields(char *out, size_t size, const rk_schema *schema, const char *const *texts)
{
    size_t n = rk_schema_n_fields(schema);
    rk_text *fields = rk_alloc(n, sizeof *fields);
    rk_batch *batch = rk_batch_new(schema);
    rocket_error err = { 0 };
    rk_buf buf;

    for (size_t i = 0; i < n; i++)
        fields[i] = (rk_text){ texts[i], texts[i] ? strlen(texts[i]) : 0 };
    rk_buf_init(&buf, 0);
    if (rk_schema_append(schema, batch, fields, NULL, &err) == ROCKET_OK)
        print_row(&buf, batch, 0);
    else
        rk_buf_printf(&buf, "error %d: %s", err.status, err.text);
    assert_int_equal(batch->n_rows, err.status == ROCKET_OK);
    snprintf(out, size, "%s", buf.data);
    rk_buf_clear(&buf);
    rk_batch_free(batch);
    rk_free(fields);
    return out;
}

/* The rows of a file of these bytes, or the error behind its path. */
static inline void check_reading(const char *config, bool labels, const char *bytes, size_t n, const char *expected)
{
    data_world world = data_world_of(config, labels);
    rk_stream_options options = { .paths = world_write(&world, "rows", bytes, n), .n_threads = 2 };
    rocket_error err = { 0 };
    rk_buf got;

    rk_buf_init(&got, 0);
    if (print_stream(&got, &world, &options, 0, &err) == ROCKET_OK) {
        assert_string_equal(got.data, expected);
    } else {
        assert_int_equal(err.status, ROCKET_DATA);
        assert_memory_equal(err.text, options.paths, strlen(options.paths));
        assert_string_equal(err.text + strlen(options.paths), expected);
    }
    rk_buf_clear(&got);
    data_world_close(&world);
}

static inline void check_labelled_rows(const char *config, const char *text, const char *expected)
{
    check_reading(config, true, text, strlen(text), expected);
}

static inline void check_unlabelled_rows(const char *config, const char *text, const char *expected)
{
    check_reading(config, false, text, strlen(text), expected);
}

/* The faults that the data room finds in a config, one per line, without their places. */
static inline void check_faults(const char *text, const char *expected)
{
    rk_config *config = config_of(text);
    rk_faults faults;
    rk_buf got;

    rk_faults_init(&faults);
    rk_buf_init(&got, 0);
    rk_buf_puts(&got, "");
    rk_schema_check(config, &faults);
    for (size_t i = 0; i < faults.n; i++)
        rk_buf_printf(&got, "%s%s", i ? "\n" : "", faults.items[i].sentence);
    assert_string_equal(got.data, expected);
    rk_buf_clear(&got);
    rk_faults_clear(&faults);
    rk_config_free(config);
}

#endif
