/* rocket generate: a simulated click log with its config, and the best figures that any model can reach on it.
 *
 * Rows are made in pieces by all threads and written in order, so the files do not depend on the threads.
 */
#include <stdio.h>
#include <string.h>

#include "common.h"
#include "error.h"
#include "file.h"
#include "generate_config.h"
#include "mem.h"
#include "pool.h"
#include "stop.h"
#include "truth.h"

enum { PIECE_ROWS = 2048, MAX_PIECES = 64 };

/* One file in the making: rows [first, first + n) of the world. */
typedef struct log_file {
    const rk_simulator *simulator;
    rk_pool *pool;
    uint64_t first, n;
    rk_impression *impressions; /* [n] */
    rk_buf pieces[MAX_PIECES];
    uint64_t at; /* rows written so far */
} log_file;

static void make_piece(void *arg, int piece, int thread)
{
    log_file *file = arg;
    uint64_t begin = file->at + (uint64_t)piece * PIECE_ROWS, end = begin + PIECE_ROWS;

    (void)thread;
    rk_buf_reset(&file->pieces[piece]);
    for (uint64_t i = begin; i < end && i < file->n; i++)
        rk_simulator_row(file->simulator, file->first + i, &file->pieces[piece], &file->impressions[i]);
}

static rocket_status write_rows(log_file *file, rk_atomic_file *out, const char *path, rocket_error *err)
{
    int n_pieces = 4 * rk_pool_threads(file->pool) < MAX_PIECES ? 4 * rk_pool_threads(file->pool) : MAX_PIECES;

    for (; file->at < file->n; file->at += (uint64_t)n_pieces * PIECE_ROWS) {
        if (rk_stop_requested())
            return rk_fail(err, ROCKET_STOPPED, "stopped; %s was not written", path);
        rk_pool_run(file->pool, n_pieces, make_piece, file);
        for (int i = 0; i < n_pieces; i++) {
            RK_FAIL_IF(rk_buf_failed(&file->pieces[i]), FAILED, err, "no memory for the rows of %s", path);
            rk_atomic_write(out, file->pieces[i].data, file->pieces[i].size);
        }
    }
    return ROCKET_OK;
}

/* Make the file and measure what is true of it. */
static rocket_status write_log(rk_truth *truth, log_file *file, const char *path, rocket_error *err)
{
    rk_atomic_file *out;
    rocket_status status;

    RK_TRY(rk_atomic_open(&out, path, err));
    file->impressions = rk_alloc(file->n, sizeof *file->impressions);
    for (int i = 0; i < MAX_PIECES; i++)
        rk_buf_init(&file->pieces[i], 0);
    status = file->impressions ? write_rows(file, out, path, err)
                               : rk_fail(err, ROCKET_FAILED, "no memory for %llu rows", (unsigned long long)file->n);
    if (status == ROCKET_OK)
        status = rk_truth_measure(truth, file->impressions, file->n, err);
    for (int i = 0; i < MAX_PIECES; i++)
        rk_buf_clear(&file->pieces[i]);
    rk_free(file->impressions);
    if (status == ROCKET_OK)
        return rk_atomic_commit(out, err);
    rk_atomic_abort(out);
    return status;
}

static rocket_status write_config(const rk_simulator *simulator, const char *folder, const char *path, uint64_t n_rows,
                                  rocket_error *err)
{
    rk_buf text;
    rocket_status status;

    rk_buf_init(&text, 0);
    rk_generate_config(&text, simulator, folder, n_rows);
    status = rk_buf_failed(&text) ? rk_fail(err, ROCKET_FAILED, "no memory for the config")
                                  : rk_file_write(path, text.data, text.size, err);
    rk_buf_clear(&text);
    return status;
}

typedef struct request {
    const char *folder, *train_path, *test_path, *config_path;
    uint64_t n_rows, n_test_rows, seed;
    rk_simulator_options world;
    rk_pool *pool;
} request;

static void print_truth(const rk_args *args, const request *what, const rk_truth *train, const rk_truth *test)
{
    rk_figure figures[] = {
        { "train_rows", (double)what->n_rows },
        { "train_click_rate", train->click_rate },
        { "test_rows", (double)what->n_test_rows },
        { "test_click_rate", test->click_rate },
        { "best_auc", test->auc },
        { "best_gauc", test->gauc },
        { "best_log_loss", test->log_loss },
    };

    rk_cli_print_figures(args, &(rk_figures){ .item = figures, .n = sizeof figures / sizeof *figures });
}

static rocket_status generate(const rk_args *args, const request *what, rocket_error *err)
{
    rk_simulator *simulator;
    rk_truth train, test;
    rocket_status status;

    RK_TRY(rk_mkdirs(what->folder, err));
    RK_TRY(rk_simulator_new(&simulator, what->seed, &what->world, err));
    log_file train_file = { .simulator = simulator, .pool = what->pool, .n = what->n_rows };
    log_file test_file = { .simulator = simulator, .pool = what->pool, .first = what->n_rows, .n = what->n_test_rows };

    status = write_log(&train, &train_file, what->train_path, err);
    if (status == ROCKET_OK)
        status = write_log(&test, &test_file, what->test_path, err);
    if (status == ROCKET_OK)
        status = write_config(simulator, what->folder, what->config_path, what->n_rows, err);
    if (status == ROCKET_OK)
        print_truth(args, what, &train, &test);
    rk_simulator_free(simulator);
    return status;
}

static rocket_status read_request(request *out, const rk_args *args, rk_arena *arena, rocket_error *err)
{
    const rk_simulator_options world = RK_SIMULATOR_OPTIONS_INIT;
    const uint64_t most = 1000000000;

    out->folder = rk_args_word(args, 0);
    out->train_path = rk_arena_printf(arena, "%s/train.csv", out->folder);
    out->test_path = rk_arena_printf(arena, "%s/test.csv", out->folder);
    out->config_path = rk_arena_printf(arena, "%s/pipeline.config", out->folder);
    RK_FAIL_IF(rk_arena_failed(arena), FAILED, err, "no memory for the names of the files");
    RK_TRY(rk_args_number(&out->n_rows, args, "rows", (rk_number_rule){ 400000, 1, most }, err));
    RK_TRY(rk_args_number(&out->n_test_rows, args, "test-rows", (rk_number_rule){ 100000, 1, most }, err));
    RK_TRY(rk_args_number(&out->seed, args, "seed", (rk_number_rule){ 1, 0, UINT64_MAX }, err));
    RK_TRY(rk_args_number(&out->world.n_users, args, "users", (rk_number_rule){ world.n_users, 1, RK_SIMULATOR_MAX },
                          err));
    RK_TRY(rk_args_number(&out->world.n_tags, args, "tags", (rk_number_rule){ 0, 0, RK_SIMULATOR_MAX_TAGS }, err));
    return rk_args_number(&out->world.n_ads, args, "ads", (rk_number_rule){ world.n_ads, 1, RK_SIMULATOR_MAX }, err);
}

static rocket_status run(const rk_args *args, rocket_error *err)
{
    request what = { 0 };
    uint64_t threads;
    rk_arena arena;
    rocket_status status;

    RK_TRY(rk_args_number(&threads, args, "threads", (rk_number_rule){ (uint64_t)rk_cpu_count(), 1, RK_MAX_THREADS },
                          err));
    rk_arena_init(&arena, 0);
    status = read_request(&what, args, &arena, err);
    what.pool = rk_pool_new((int)threads);
    if (status == ROCKET_OK)
        status = what.pool ? generate(args, &what, err) : rk_fail(err, ROCKET_FAILED, "no memory for threads");
    rk_pool_free(what.pool);
    rk_arena_clear(&arena);
    return status;
}

static const rk_option options[] = {
    { "rows", 0, "N", "rows of train.csv (default: 400000)" },
    { "test-rows", 0, "N", "rows of test.csv (default: 100000)" },
    { "users", 0, "N", "users of the world (default: 20000)" },
    { "ads", 0, "N", "ads of the world (default: 5000)" },
    { "tags", 0, "N", "fill the two lists up to N tags on average (default: only what acts on the click)" },
    { 0 },
};

const rk_verb rk_verb_generate = {
    .name = "generate",
    .usage = "DIR [--rows N] [--test-rows N]",
    .summary = "a simulated click log with known click rates, and its config",
    .options = options,
    .takes = RK_TAKES_THREADS | RK_TAKES_SEED | RK_TAKES_JSON,
    .min_words = 1,
    .max_words = 1,
    .run = run,
};
