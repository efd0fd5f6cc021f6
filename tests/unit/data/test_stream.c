/* The stream: same rows for any number of threads, epochs and batches that straddle them, resuming, dropping, files of
 * every kind, closing at any time, bounded memory.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "data_world.h"
#include "pool.h"
#include "rng.h"

#define FIELDS                                                                                                         \
    "input_fields { input_name: 'y' input_type: INT32 } input_fields { input_name: 'id' input_type: INT64 } "          \
    "input_fields { input_name: 'tags' input_type: STRING } "
#define CONFIG(data)                                                                                                   \
    "data_config { label_fields: 'y' batch_size: 7 " FIELDS data " } "                                                 \
    "feature_config { features { input_names: 'id' feature_type: RawFeature } "                                        \
    "features { input_names: 'tags' feature_type: TagFeature embedding_dim: 2 num_buckets: 100000 "                    \
    "kv_separator: ':' } } "                                                                                           \
    "eval_config { metrics_set { gauc { uid_field: 'tags' } } } "                                                      \
    "model_config { model_class: 'RocketLaunching' feature_groups { group_name: 'all' "                                \
    "feature_names: 'id' feature_names: 'tags' } rocket_launching { } }"

/* Rows first ... first+n-1: label, number, and as many tags as number % 4. */
static void make_rows(rk_buf *out, int first, int n)
{
    for (int i = first; i < first + n; i++) {
        rk_buf_printf(out, "%d,%d,", i % 2, i);
        for (int t = 0; t < i % 4; t++)
            rk_buf_printf(out, "%s%d:0.%d", t ? "|" : "", i + t, t + 1);
        rk_buf_puts(out, "\n");
    }
}

static const char *write_rows(const data_world *world, const char *name, int first, int n)
{
    rk_buf rows;

    rk_buf_init(&rows, 0);
    make_rows(&rows, first, n);
    const char *path = world_write(world, name, rows.data, rows.size);
    rk_buf_clear(&rows);
    return path;
}

/* The numbers (column 0) of the rows in their order, "|" between batches. */
static void stream_numbers(rk_buf *out, const data_world *world, const rk_stream_options *options, int n_batches)
{
    rk_stream *stream = NULL;
    rk_batch *batch = NULL;
    rocket_error err = { 0 };

    must(rk_stream_open(&stream, world->config, world->schema, options, &err), &err);
    for (int n = 0; n_batches == 0 || n < n_batches; n++) {
        must(rk_stream_next(stream, &batch, &err), &err);
        if (!batch)
            break;
        for (int64_t i = 0; i < batch->n_rows; i++)
            rk_buf_printf(out, "%g ", (double)batch->columns[0].values[i]);
        rk_buf_printf(out, "| ");
        rk_stream_give_back(stream, batch);
    }
    rk_stream_close(stream);
}

static void assert_numbers(const data_world *world, const rk_stream_options *options, int n_batches,
                           const char *expected)
{
    rk_buf got;

    rk_buf_init(&got, 0);
    rk_buf_puts(&got, "");
    stream_numbers(&got, world, options, n_batches);
    assert_string_equal(got.data, expected);
    rk_buf_clear(&got);
}

static void in_file_order(void **state)
{
    data_world world = data_world_of(CONFIG("shuffle: true"), true);
    const char *path = write_rows(&world, "rows.csv", 0, 16);
    rk_stream_options options = { .paths = path, .n_threads = 1, .num_epochs = 5, .seed = 3 };

    (void)state; /* without training: one pass, no shuffle, the last batch partial */
    assert_numbers(&world, &options, 0, "0 1 2 3 4 5 6 | 7 8 9 10 11 12 13 | 14 15 | ");
    options.batch_size = 16;
    assert_numbers(&world, &options, 0, "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 | ");
    data_world_close(&world);
}

static void batches_straddle_epochs(void **state)
{
    data_world world = data_world_of(CONFIG("shuffle: false"), true);
    const char *path = write_rows(&world, "rows.csv", 0, 5);
    rk_stream_options options = { .paths = path, .training = true, .n_threads = 2, .num_epochs = 3 };
    rk_buf got;
    rocket_error err = { 0 };

    (void)state;
    assert_numbers(&world, &options, 0, "0 1 2 3 4 0 1 | 2 3 4 0 1 2 3 | 4 | ");
    options.num_epochs = 0; /* for ever */
    assert_numbers(&world, &options, 4, "0 1 2 3 4 0 1 | 2 3 4 0 1 2 3 | 4 0 1 2 3 4 0 | 1 2 3 4 0 1 2 | ");
    rk_buf_init(&got, 0);
    must(print_stream(&got, &world, &options, 3, &err), &err);
    assert_non_null(strstr(got.data, "#0 0.0\n[0] - [0] ''\n[1] 1*0.1 [1] '1:0.1'\n"));
    assert_non_null(strstr(got.data, "#1 1.2\n[2] 2*0.1,3*0.2 [0] '2:0.1|3:0.2'\n"));
    assert_non_null(strstr(got.data, "#2 2.4\n[4] - "));
    rk_buf_clear(&got);
    data_world_close(&world);
}

/* A world of several files, large enough for many blocks, with bad rows in between. */
static const char *write_large(const data_world *world, char *paths, size_t size)
{
    rk_buf rows;
    int n = 0;

    paths[0] = '\0';
    for (int file = 0; file < 3; file++) {
        char name[32];

        rk_buf_init(&rows, 0);
        for (int part = 0; part < 40; part++, n += 500) {
            make_rows(&rows, n, 500);
            if (part % 7 == 3)
                rk_buf_puts(&rows, "1,bad,\n1,2\n");
            if (part == 9) { /* a line for which one block grows: pieces of files must not change with it */
                rk_buf_puts(&rows, "1,7,1:1");
                for (int i = 0; i < 30000; i++)
                    rk_buf_puts(&rows, "|1:1");
                rk_buf_puts(&rows, "\n");
            }
        }
        snprintf(name, sizeof name, "part-%d.csv", file);
        size_t used = strlen(paths);
        snprintf(paths + used, size - used, "%s%s", file ? "," : "", world_write(world, name, rows.data, rows.size));
        rk_buf_clear(&rows);
    }
    return paths;
}

static void assert_same_streams(const data_world *world, const rk_stream_options *a, const rk_stream_options *b,
                                const char *head)
{
    rocket_error err = { 0 };
    rk_buf left, right;

    rk_buf_init(&left, 0);
    rk_buf_init(&right, 0);
    must(print_stream(&left, world, a, 0, &err), &err);
    must(print_stream(&right, world, b, 0, &err), &err);
    const char *rest = head ? strstr(left.data, head) : left.data;
    assert_non_null(rest);
    assert_true(right.size > 1000);
    assert_true(strcmp(rest, right.data) == 0); /* too long to be printed */
    rk_buf_clear(&left);
    rk_buf_clear(&right);
}

enum { PATHS_BYTES = 800 };

/* Two passes over the large files, shuffled. paths: [PATHS_BYTES], kept by the caller. */
static rk_stream_options two_passes(const data_world *world, char *paths, int n_threads)
{
    return (rk_stream_options){ .paths = write_large(world, paths, PATHS_BYTES),
                                .training = true,
                                .n_threads = n_threads,
                                .num_epochs = 2,
                                .seed = 5,
                                .batch_size = 512 };
}

static void same_rows_for_any_number_of_threads(void **state)
{
    data_world world = data_world_of(CONFIG("shuffle: true shuffle_buffer_size: 1000 ignore_error: true"), true);
    char paths[PATHS_BYTES];
    rk_stream_options one = two_passes(&world, paths, 1);

    (void)state;
    for (int threads = 2; threads <= 8; threads += threads == 2 ? 1 : 5) {
        rk_stream_options more = one;

        more.n_threads = threads;
        assert_same_streams(&world, &one, &more, NULL);
    }
    data_world_close(&world);
}

static void resuming_gives_the_same_batches(void **state)
{
    data_world world = data_world_of(CONFIG("shuffle: true shuffle_buffer_size: 1000 ignore_error: true"), true);
    char paths[PATHS_BYTES];
    rk_stream_options whole = two_passes(&world, paths, 2);

    (void)state;
    for (uint64_t skip = 1; skip < 300; skip = 3 * skip + 1) { /* into the second epoch too */
        rk_stream_options resumed = whole;
        char head[32];

        resumed.skip_batches = skip < 232 ? skip : 232;
        snprintf(head, sizeof head, "#%llu ", (unsigned long long)resumed.skip_batches);
        assert_same_streams(&world, &whole, &resumed, head);
    }
    whole.skip_batches = 1000000; /* beyond the end */
    assert_numbers(&world, &whole, 0, "");
    data_world_close(&world);
}

/* Counted over files and anew in every epoch, in batches that straddle both. */
static void the_rows_of_a_shard(void **state)
{
    data_world world = data_world_of(CONFIG("shuffle: false"), true);
    const char *a = write_rows(&world, "a", 0, 4), *b = write_rows(&world, "b", 4, 6);
    char paths[600];
    rk_stream_options options = { .paths = paths, .training = true, .n_threads = 2, .num_epochs = 2, .batch_size = 4 };

    (void)state;
    snprintf(paths, sizeof paths, "%s,%s", a, b);
    options.shard = (rk_shard){ .index = 1, .n = 3 };
    assert_numbers(&world, &options, 0, "1 4 7 1 | 4 7 | ");
    options.shard.others = true;
    assert_numbers(&world, &options, 0, "0 2 3 5 | 6 8 9 0 | 2 3 5 6 | 8 9 | ");
    options.skip_batches = 2;
    assert_numbers(&world, &options, 0, "2 3 5 6 | 8 9 | ");
    data_world_close(&world);
    world = data_world_of(CONFIG("shuffle: false file_shard: true"), true);
    a = write_rows(&world, "a", 0, 4), b = write_rows(&world, "b", 4, 6);
    snprintf(paths, sizeof paths, "%s,%s", a, b);
    options = (rk_stream_options){ .paths = paths, .n_threads = 1, .shard = { .index = 1, .n = 2 } };
    assert_numbers(&world, &options, 0, "4 5 6 7 8 9 | ");
    data_world_close(&world);
}

static void a_shuffled_shard_for_any_number_of_threads_and_resumed(void **state)
{
    data_world world = data_world_of(CONFIG("shuffle: true shuffle_buffer_size: 1000 ignore_error: true"), true);
    char paths[PATHS_BYTES];
    rk_stream_options one = two_passes(&world, paths, 1);

    (void)state;
    one.shard = (rk_shard){ .index = 2, .n = 3 };
    rk_stream_options more = one;
    more.n_threads = 3;
    assert_same_streams(&world, &one, &more, NULL);
    more.skip_batches = 50; /* of 78 */
    assert_same_streams(&world, &one, &more, "#50 ");
    data_world_close(&world);
}

static int compare_ints(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* Two epochs of n rows: every row once in each, in different orders, no order that of the file. */
static void shuffled_epochs_are_permutations(void **state)
{
    enum { N = 1000 };
    data_world world = data_world_of(CONFIG("shuffle: true shuffle_buffer_size: 100"), true);
    rk_stream_options options = { .paths = write_rows(&world, "rows.csv", 0, N),
                                  .training = true,
                                  .n_threads = 2,
                                  .num_epochs = 2,
                                  .seed = 9,
                                  .batch_size = N };
    static int rows[2][N];
    rk_stream *stream;
    rk_batch *batch;
    rocket_error err = { 0 };
    int moved = 0;

    (void)state;
    must(rk_stream_open(&stream, world.config, world.schema, &options, &err), &err);
    for (int epoch = 0; epoch < 2; epoch++) {
        must(rk_stream_next(stream, &batch, &err), &err);
        assert_int_equal(batch->n_rows, N);
        for (int i = 0; i < N; i++) {
            rows[epoch][i] = (int)batch->columns[0].values[i];
            assert_true(rows[epoch][i] <= i + 100); /* a row cannot come before it was in the buffer */
        }
        rk_stream_give_back(stream, batch);
    }
    for (int i = 0; i < N; i++)
        moved += rows[0][i] != rows[1][i];
    assert_true(moved > N / 2);
    for (int epoch = 0; epoch < 2; epoch++) {
        qsort(rows[epoch], N, sizeof(int), compare_ints);
        for (int i = 0; i < N; i++)
            assert_int_equal(rows[epoch][i], i);
    }
    rk_stream_close(stream);
    data_world_close(&world);
}

/* What shuffling is, done as plainly as can be: order[i] is the row that comes out as number i. */
static void shuffle_naively(int *order, int n, int buffer_size, uint64_t seed)
{
    rk_rng rng = rk_rng_at(seed, RK_RNG_SHUFFLE, 0, 0);
    int *buffer = rk_alloc((size_t)buffer_size, sizeof *buffer), waiting = 0, out = 0;

    for (int row = 0; row < n || waiting > 0; row++) {
        if (row >= n || waiting == buffer_size) {
            uint64_t drawn = rk_rng_below(&rng, (uint64_t)waiting);

            order[out++] = buffer[drawn];
            buffer[drawn] = buffer[--waiting];
        }
        if (row < n)
            buffer[waiting++] = row;
    }
    rk_free(buffer);
}

/* Every column of every row, whether it was drawn while its block was at hand or waited packed. */
static void check_shuffled_rows(const data_world *world, int buffer_size)
{
    enum { N = 30000 }; /* some blocks */
    static int order[N];
    const char *path = write_rows(world, "rows.csv", 0, N);
    rk_stream_options options = { .paths = path, .training = true, .n_threads = 2, .num_epochs = 1, .seed = 9 };
    rocket_error err = { 0 };
    rk_stream *stream;
    rk_batch *batch;
    int row = 0;
    rk_buf expected, found;

    rk_buf_init(&expected, 0);
    rk_buf_init(&found, 0);
    shuffle_naively(order, N, buffer_size, options.seed);
    must(rk_stream_open(&stream, world->config, world->schema, &options, &err), &err);
    for (must(rk_stream_next(stream, &batch, &err), &err); batch; must(rk_stream_next(stream, &batch, &err), &err)) {
        for (int64_t i = 0; i < batch->n_rows; i++, row++) {
            rk_buf_reset(&expected);
            rk_buf_reset(&found);
            print_row(&found, batch, i);
            rk_buf_printf(&expected, "[%d] ", order[row]);
            for (int t = 0; t < order[row] % 4; t++)
                rk_buf_printf(&expected, "%s%d*0.%d", t ? "," : "", order[row] + t, t + 1);
            rk_buf_printf(&expected, "%s[%d]", order[row] % 4 ? " " : "- ", order[row] % 2);
            assert_non_null(found.data);
            assert_memory_equal(found.data, expected.data, expected.size);
        }
        rk_stream_give_back(stream, batch);
    }
    assert_int_equal(row, N);
    rk_stream_close(stream);
    rk_buf_clear(&expected);
    rk_buf_clear(&found);
}

static void shuffled_rows_are_whole(void **state)
{
    data_world small = data_world_of(CONFIG("shuffle: true shuffle_buffer_size: 1"), true);
    data_world middle = data_world_of(CONFIG("shuffle: true shuffle_buffer_size: 900"), true);
    data_world large = data_world_of(CONFIG("shuffle: true shuffle_buffer_size: 20000"), true);

    (void)state;
    check_shuffled_rows(&small, 1);
    check_shuffled_rows(&middle, 900);
    check_shuffled_rows(&large, 20000);
    data_world_close(&small);
    data_world_close(&middle);
    data_world_close(&large);
}

static void bad_rows_are_as_if_they_were_not_there(void **state)
{
    static const char config[] = CONFIG("shuffle: true shuffle_buffer_size: 50 ignore_error: true");
    data_world with = data_world_of(config, true), without = data_world_of(config, true);
    rk_buf rows, clean, left, right;
    rocket_error err = { 0 };
    rk_stream *stream;
    rk_batch *batch;

    (void)state;
    rk_buf_init(&rows, 0);
    rk_buf_init(&clean, 0);
    rk_buf_init(&left, 0);
    rk_buf_init(&right, 0);
    for (int i = 0; i < 300; i++) {
        make_rows(&rows, i, 1);
        make_rows(&clean, i, 1);
        if (i % 10 == 0)
            rk_buf_puts(&rows, i % 20 ? "x,1,\n" : "1,2,5:0.1|bad\n");
    }
    rk_stream_options a = { .paths = world_write(&with, "a.csv", rows.data, rows.size),
                            .training = true,
                            .n_threads = 2,
                            .num_epochs = 2,
                            .seed = 1 };
    rk_stream_options b = a;
    b.paths = world_write(&without, "b.csv", clean.data, clean.size);
    must(print_stream(&left, &with, &a, 0, &err), &err);
    must(print_stream(&right, &without, &b, 0, &err), &err);
    assert_string_equal(left.data, right.data);

    must(rk_stream_open(&stream, with.config, with.schema, &a, &err), &err);
    do {
        must(rk_stream_next(stream, &batch, &err), &err);
        rk_stream_give_back(stream, batch);
    } while (batch);
    rk_stream_stats stats = rk_stream_get_stats(stream);
    assert_int_equal(stats.rows, 600);
    assert_int_equal(stats.dropped_rows, 60);
    assert_int_equal(stats.bytes, 2 * rows.size);
    rk_stream_close(stream);
    rk_buf_clear(&rows);
    rk_buf_clear(&clean);
    rk_buf_clear(&left);
    rk_buf_clear(&right);
    data_world_close(&with);
    data_world_close(&without);
}

/* ---- kinds of files ---- */

static size_t gzip(unsigned char *to, size_t capacity, const char *text)
{
    z_stream z = {
        .next_in = (z_const Bytef *)text, .avail_in = (uInt)strlen(text), .next_out = to, .avail_out = (uInt)capacity
    };

    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

static void compressed_files(void **state)
{
    data_world world = data_world_of(CONFIG("shuffle: false"), true);
    unsigned char bytes[4096];
    rk_stream_options options = { .n_threads = 1 };

    (void)state;
    size_t n = gzip(bytes, sizeof bytes, "1,10,\n1,11,");
    options.paths = world_write(&world, "a.csv.gz", bytes, n);
    assert_numbers(&world, &options, 0, "10 11 | ");
    options.paths = world_write(&world, "no_extension", bytes, n); /* recognised by its first bytes */
    assert_numbers(&world, &options, 0, "10 11 | ");
    data_world_close(&world);
}

static void members_and_frames_are_one_text(void **state)
{
    data_world world = data_world_of(CONFIG("shuffle: false"), true);
    static const char first[] = "1,10,\n1,1", second[] = "1,\n1,12,\n";
    unsigned char bytes[4096];
    rk_stream_options options = { .n_threads = 1 };

    (void)state;
    size_t n = gzip(bytes, sizeof bytes, first);
    n += gzip(bytes + n, sizeof bytes - n, second);
    options.paths = world_write(&world, "a.csv.gz", bytes, n);
    assert_numbers(&world, &options, 0, "10 11 12 | ");
    n = ZSTD_compress(bytes, sizeof bytes, first, strlen(first), 3);
    n += ZSTD_compress(bytes + n, sizeof bytes - n, second, strlen(second), 3);
    options.paths = world_write(&world, "a.csv.zst", bytes, n);
    assert_numbers(&world, &options, 0, "10 11 12 | ");
    data_world_close(&world);
}

static void lists_globs_and_markers(void **state)
{
    data_world world = data_world_of(CONFIG("shuffle: false"), true);
    char paths[800];
    rk_stream_options options = { .paths = paths, .n_threads = 1 };

    (void)state;
    world_puts(&world, "part-2", "1,2,");
    world_puts(&world, "part-1", "1,1,\r\n");
    world_puts(&world, "part-10", "1,10,\n");
    world_puts(&world, "_SUCCESS", "not rows");
    world_puts(&world, "last", "1,99,\n");
    snprintf(paths, sizeof paths, "%s,,%s,", world_path(&world, "last"), world_path(&world, "part-*"));
    assert_numbers(&world, &options, 0, "99 1 10 2 | ");
    snprintf(paths, sizeof paths, "%s", world_path(&world, "[_p]*"));
    assert_numbers(&world, &options, 0, "1 10 2 | ");
    world_puts(&world, "a[1]", "1,7,\n"); /* a name that looks like a glob is a name first */
    snprintf(paths, sizeof paths, "%s", world_path(&world, "a[1]"));
    assert_numbers(&world, &options, 0, "7 | ");
    data_world_close(&world);
}

static void write_a_pipe(void *path)
{
    FILE *file = fopen(path, "w");

    fputs("y,tags,id\n1,,10\n", file);
    fclose(file);
}

static void headers(void **state)
{
    data_world world = data_world_of(CONFIG("shuffle: false with_header: true"), true);
    char paths[800];
    rk_stream_options options = { .paths = paths, .n_threads = 2 };

    (void)state;
    /* a subset in any order, unknown columns, quoted names; the headers of later files are the same */
    world_puts(&world, "a", "extra,tags,\"id\",y,z\nq,5:1,10,1,\nq,,11,0,r\n");
    world_puts(&world, "b", "extra,tags,\"id\",y,z\r\nq,,12,1,\n");
    world_puts(&world, "c", "extra,tags,\"id\",y,z");
    snprintf(paths, sizeof paths, "%s,%s,%s", world_path(&world, "a"), world_path(&world, "b"),
             world_path(&world, "c"));
    assert_numbers(&world, &options, 0, "10 11 12 | ");
    data_world_close(&world);
}

/* A file whose columns stand in another order would be read as something else. */
static void headers_that_differ(void **state)
{
    data_world world = data_world_of(CONFIG("shuffle: false with_header: true ignore_error: true"), true);
    char paths[800], expected[1200];
    rk_stream_options options = { .paths = paths, .n_threads = 1 };
    rk_stream *stream;
    rocket_error err = { 0 };

    (void)state;
    const char *a = world_puts(&world, "a", "y,id,tags\n1,10,\n"), *b = world_puts(&world, "b", "y,tags,id\n1,,10\n");
    snprintf(paths, sizeof paths, "%s,%s", a, b);
    assert_int_equal(rk_stream_open(&stream, world.config, world.schema, &options, &err), ROCKET_DATA);
    snprintf(expected, sizeof expected, "%s:1:3: expected the header of %s, where \"id\" stands, found \"tags\"", b, a);
    assert_string_equal(err.text, expected);
    world_puts(&world, "b", "y,id,tags,new\n1,10,,\n");
    memset(&err, 0, sizeof err);
    assert_int_equal(rk_stream_check(world.config, world.schema, &options, &err), ROCKET_DATA);
    assert_non_null(strstr(err.text, "where \"\" stands, found \"new\""));
    data_world_close(&world);
}

/* The header of a second pipe is seen when its turn comes, and no row of it is dropped in silence. */
static void the_header_of_a_second_pipe(void **state)
{
    data_world world = data_world_of(CONFIG("shuffle: false with_header: true ignore_error: true"), true);
    char paths[800];
    rk_stream_options options = { .paths = paths, .n_threads = 1 };
    rocket_error err = { 0 };
    rk_buf got;

    (void)state;
    const char *a = world_puts(&world, "a", "y,id,tags\n1,10,\n"), *pipe = world_path(&world, "pipe");
    assert_int_equal(mkfifo(pipe, 0600), 0);
    rk_thread *thread = rk_thread_start(write_a_pipe, (void *)(uintptr_t)pipe);
    snprintf(paths, sizeof paths, "%s,%s", a, pipe);
    rk_buf_init(&got, 0);
    assert_int_equal(print_stream(&got, &world, &options, 0, &err), ROCKET_DATA);
    assert_non_null(strstr(err.text, "pipe:1:3: expected the header of "));
    rk_thread_join(thread);
    rk_buf_clear(&got);
    data_world_close(&world);
}

/* Numbers of rows in the order of one epoch, with a buffer that leaves them in the order of the files. */
static int switches_between_files(const char *data, bool training)
{
    enum { N = 8000 };
    data_world world = data_world_of(data, true);
    char paths[800];
    rk_stream_options options = { .paths = paths, .training = training, .n_threads = 2, .num_epochs = 1, .seed = 1 };
    rk_stream *stream;
    rk_batch *batch;
    rocket_error err = { 0 };
    int switches = 0, before = -1;
    static bool seen[2 * N];

    memset(seen, 0, sizeof seen);
    options.batch_size = (uint64_t)N * 2;
    const char *a = write_rows(&world, "a", 0, N), *b = write_rows(&world, "b", N, N);
    snprintf(paths, sizeof paths, "%s,%s", a, b);
    must(rk_stream_open(&stream, world.config, world.schema, &options, &err), &err);
    must(rk_stream_next(stream, &batch, &err), &err);
    assert_int_equal(batch->n_rows, 2 * N);
    for (int i = 0; i < 2 * N; i++) {
        int number = (int)batch->columns[0].values[i], file = number >= N;

        assert_false(seen[number]);
        seen[number] = true;
        switches += i > 0 && file != before;
        before = file;
    }
    rk_stream_close(stream);
    data_world_close(&world);
    return switches;
}

static void shuffled_files_take_turns(void **state)
{
    (void)state;
    assert_true(switches_between_files(CONFIG("shuffle: true shuffle_buffer_size: 1"), true) >= 4);
    assert_int_equal(switches_between_files(CONFIG("shuffle: true shuffle_buffer_size: 1 num_parallel_calls: 1"), true),
                     1);
    assert_int_equal(switches_between_files(CONFIG("shuffle: false"), true), 1);
    assert_int_equal(switches_between_files(CONFIG("shuffle: true shuffle_buffer_size: 1"), false), 1);
}

static void separators(void **state)
{
    static const struct {
        const char *config, *text;
    } cases[] = {
        { CONFIG("shuffle: false separator: '\\t'"), "1\t10\t\n1\t11\t5:1\n" },
        { CONFIG("shuffle: false separator: '\\001'"), "1\00110\001\n1\00111\0015:1\n" },
        { CONFIG("shuffle: false separator: ' '"), "1 10 \n1 11 5:1\n" },
        { CONFIG("shuffle: false separator: ';'"), "1;\"10\";\"\"\n\"1\";11;\"5:1\"" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        data_world world = data_world_of(cases[i].config, true);
        rk_stream_options options = { .paths = world_puts(&world, "rows", cases[i].text), .n_threads = 1 };

        assert_numbers(&world, &options, 0, "10 11 | ");
        data_world_close(&world);
    }
}

/* ---- pipes ---- */

typedef struct writer {
    int fd;
    uint64_t n_bytes;
    int first_row;
} writer;

static void write_to_pipe(void *arg)
{
    writer *w = arg;
    rk_buf rows;

    rk_buf_init(&rows, 0);
    if (w->first_row < 0)
        rk_buf_puts(&rows, "tags,y,id\n,1,10\n,0,11\n");
    else
        make_rows(&rows, w->first_row, 1000);
    for (uint64_t sent = 0; sent < w->n_bytes || sent == 0; sent += rows.size)
        for (size_t at = 0; at < rows.size;) {
            ssize_t n = write(w->fd, rows.data + at, rows.size - at);

            if (n <= 0)
                break;
            at += (size_t)n;
        }
    close(w->fd);
    rk_buf_clear(&rows);
}

/* Standard input becomes the pipe that the thread writes to; returns what it was. */
static int redirect_stdin(writer *w, rk_thread **thread)
{
    int ends[2], saved = dup(STDIN_FILENO);

    assert_int_equal(pipe(ends), 0);
    assert_true(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
    close(ends[0]);
    w->fd = ends[1];
    *thread = rk_thread_start(write_to_pipe, w);
    return saved;
}

static void restore_stdin(int saved, rk_thread *thread)
{
    rk_thread_join(thread);
    assert_true(dup2(saved, STDIN_FILENO) == STDIN_FILENO);
    close(saved);
}

static void standard_input_with_a_header(void **state)
{
    data_world world = data_world_of(CONFIG("shuffle: false with_header: true"), true);
    rk_stream_options options = { .paths = "-", .n_threads = 1 };
    writer w = { .first_row = -1 };
    rk_thread *thread;
    int saved = redirect_stdin(&w, &thread);

    (void)state;
    assert_numbers(&world, &options, 0, "10 11 | ");
    restore_stdin(saved, thread);
    data_world_close(&world);
}

/* 200 MB through a pipe, shuffled: what is alive at any time is a few blocks and batches. */
static void memory_is_bounded(void **state)
{
    data_world world = data_world_of(CONFIG("shuffle: true shuffle_buffer_size: 10000"), true);
    rk_stream_options options = { .paths = "-", .training = true, .n_threads = 2, .num_epochs = 1, .batch_size = 4096 };
    writer w = { .n_bytes = 200 << 20 };
    rocket_error err = { 0 };
    rk_thread *thread;
    rk_stream *stream;
    rk_batch *batch;
    int saved = redirect_stdin(&w, &thread);
    uint64_t before = rk_alloc_live_bytes(), count = 0;

    (void)state;
    must(rk_stream_open(&stream, world.config, world.schema, &options, &err), &err);
    for (int n = 0;; n++) {
        must(rk_stream_next(stream, &batch, &err), &err);
        if (!batch)
            break;
        assert_true(rk_alloc_live_bytes() - before < 64 << 20);
        rk_stream_give_back(stream, batch);
        if (n == 1000)
            count = rk_alloc_count();
    }
    assert_true(rk_stream_get_stats(stream).bytes >= 200 << 20);
    assert_true(rk_stream_get_stats(stream).rows > 4096 * 1500);
    assert_true(rk_alloc_count() - count <
                2000); /* slots of the shuffle that meet their longest row, nothing per row */
    rk_stream_close(stream);
    restore_stdin(saved, thread);
    data_world_close(&world);
}

/* ---- the end ---- */

static void closing_at_any_time(void **state)
{
    data_world world = data_world_of(CONFIG("shuffle: true shuffle_buffer_size: 100 ignore_error: true"), true);
    char paths[800];
    rk_stream_options options = {
        .paths = write_large(&world, paths, sizeof paths), .training = true, .n_threads = 3, .batch_size = 64
    };
    rocket_error err = { 0 };

    (void)state;
    for (int taken = 0; taken < 40; taken++) {
        rk_stream *stream;
        rk_batch *batch = NULL;

        must(rk_stream_open(&stream, world.config, world.schema, &options, &err), &err);
        for (int i = 0; i < taken; i++) {
            must(rk_stream_next(stream, &batch, &err), &err);
            if (i + 1 < taken) /* the last one is never given back */
                rk_stream_give_back(stream, batch);
        }
        rk_stream_close(stream);
    }
    data_world_close(&world);
}

static void the_end_and_errors_stay(void **state)
{
    data_world world = data_world_of(CONFIG("shuffle: false"), true);
    rk_stream_options options = { .paths = world_puts(&world, "rows", "1,1,\n1,2,\n1,x,\n1,3,\n"),
                                  .n_threads = 1,
                                  .batch_size = 1 };
    char expected[400];
    rk_stream *stream;
    rk_batch *batch;
    rocket_error err = { 0 };

    (void)state;
    snprintf(expected, sizeof expected, "%s:3:3: field \"id\" (INT64): expected an integer, found \"x\"",
             options.paths);
    must(rk_stream_open(&stream, world.config, world.schema, &options, &err), &err);
    for (int i = 0; i < 2; i++) { /* the batches before the bad row */
        must(rk_stream_next(stream, &batch, &err), &err);
        assert_non_null(batch);
        rk_stream_give_back(stream, batch);
    }
    for (int i = 0; i < 3; i++) {
        memset(&err, 0, sizeof err);
        assert_int_equal(rk_stream_next(stream, &batch, &err), ROCKET_DATA);
        assert_string_equal(err.text, expected);
    }
    rk_stream_close(stream);
    options.paths = world_puts(&world, "rows", "1,1,\n");
    memset(&err, 0, sizeof err);
    must(rk_stream_open(&stream, world.config, world.schema, &options, &err), &err);
    must(rk_stream_next(stream, &batch, &err), &err);
    rk_stream_give_back(stream, batch);
    for (int i = 0; i < 3; i++) {
        must(rk_stream_next(stream, &batch, &err), &err);
        assert_null(batch);
    }
    rk_stream_close(stream);
    data_world_close(&world);
}

/* Long lines, also far longer than a block; no line end at the end of the file. */
static void long_lines(void **state)
{
    data_world world = data_world_of(CONFIG("shuffle: false"), true);
    rk_stream_options options = { .n_threads = 2, .batch_size = 2 };
    rk_stream *stream;
    rk_batch *batch;
    rocket_error err = { 0 };
    rk_buf rows;

    (void)state;
    rk_buf_init(&rows, 0);
    make_rows(&rows, 0, 100);
    for (int line = 0; line < 2; line++) {
        rk_buf_puts(&rows, "1,5,");
        for (int i = 0; i < 100000; i++)
            rk_buf_printf(&rows, "|%d:1", i);
        if (line == 0)
            rk_buf_puts(&rows, "\n");
    }
    options.paths = world_write(&world, "rows", rows.data, rows.size);
    must(rk_stream_open(&stream, world.config, world.schema, &options, &err), &err);
    for (int i = 0; i < 51; i++) {
        must(rk_stream_next(stream, &batch, &err), &err);
        assert_non_null(batch);
        if (i == 50)
            assert_int_equal(batch->columns[1].offsets[2], 200000);
        rk_stream_give_back(stream, batch);
    }
    rk_stream_close(stream);
    rk_buf_clear(&rows);
    data_world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_file_order),
        cmocka_unit_test(batches_straddle_epochs),
        cmocka_unit_test(same_rows_for_any_number_of_threads),
        cmocka_unit_test(resuming_gives_the_same_batches),
        cmocka_unit_test(the_rows_of_a_shard),
        cmocka_unit_test(a_shuffled_shard_for_any_number_of_threads_and_resumed),
        cmocka_unit_test(shuffled_epochs_are_permutations),
        cmocka_unit_test(shuffled_rows_are_whole),
        cmocka_unit_test(bad_rows_are_as_if_they_were_not_there),
        cmocka_unit_test(compressed_files),
        cmocka_unit_test(members_and_frames_are_one_text),
        cmocka_unit_test(lists_globs_and_markers),
        cmocka_unit_test(headers),
        cmocka_unit_test(headers_that_differ),
        cmocka_unit_test(the_header_of_a_second_pipe),
        cmocka_unit_test(shuffled_files_take_turns),
        cmocka_unit_test(separators),
        cmocka_unit_test(standard_input_with_a_header),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(closing_at_any_time),
        cmocka_unit_test(the_end_and_errors_stay),
        cmocka_unit_test(long_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
