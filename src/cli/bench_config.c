/* Speed with a config: text to batches, batches to weights.
 *
 * Training is measured twice: from the file, where reading, parsing and training overlap, and over batches that were
 * copied before, which leaves out the input. What a step must compute is counted from the graph, so that the rate can
 * be written as a share of the multiply-adds that the processor can do. The same table is packed for a while, to read
 * and train from that. Checkpoints and evaluations are left out.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "bench.h"
#include "error.h"
#include "file.h"
#include "fma_peak.h"
#include "mem.h"
#include "number.h"
#include "op.h"
#include "packed_file.h"
#include "resolve.h"

enum { KEPT_BATCHES = 32 };

typedef struct bench_work {
    rk_bench *bench;
    rk_run *run;
    rk_stream_options stream_options;
    rk_stream *stream; /* of training from file */
    rk_arena arena;    /* kept batches */
    rk_batch kept[KEPT_BATCHES];
    size_t n_kept;
    uint64_t step;
    rk_stream_stats pass; /* of the last parsing pass */
    double flops;         /* per example in training */
} bench_work;

/* ---- what a step computes ---- */

/* has[id]: the gradient of some loss arrives at the node. */
static void spread_gradients(const rk_graph *graph, bool *has)
{
    for (int i = 0; i < rk_graph_n_losses(graph); i++) {
        const rk_loss *loss = rk_graph_loss_at(graph, i);
        for (int k = 0; k < loss->n_inputs; k++)
            has[loss->inputs[k]] = true;
    }
    for (int id = rk_graph_n_nodes(graph) - 1; id >= 0; id--) {
        const rk_node *node = rk_graph_node(graph, id);
        for (int k = 0; has[id] && node->op != NULL && !node->op->blocks_gradient && k < node->n_inputs; k++)
            has[node->inputs[k]] = true;
    }
}

/* Operations per example: two per multiplication forward, two for the gradient of the weights and two for that of the
 * input, each where it is wanted. */
static rocket_status count_operations(double *flops, const rk_graph *graph, rocket_error *err)
{
    bool *has = rk_alloc((size_t)rk_graph_n_nodes(graph), sizeof *has);

    RK_FAIL_IF(has == NULL, FAILED, err, "out of memory");
    spread_gradients(graph, has);
    *flops = 0;
    for (int id = 0; id < rk_graph_n_nodes(graph); id++) {
        const rk_node *node = rk_graph_node(graph, id);
        if (node->op == NULL || node->op->multiplications == NULL)
            continue;
        bool weights = has[id] && node->n_params > 0 && rk_graph_param_at(graph, node->params[0])->trainable;
        bool input = has[id] && rk_graph_node(graph, node->inputs[0])->needs_gradient;
        *flops += 2.0 * (1 + weights + input) * (double)node->op->multiplications(graph, node);
    }
    rk_free(has);
    return ROCKET_OK;
}

/* ---- parsing ---- */

static rocket_status parse_file(double *amount, void *ctx, rocket_error *err)
{
    bench_work *work = ctx;
    rk_stream *stream;
    rk_batch *batch;

    RK_TRY(rk_stream_open(&stream, work->run->config, work->run->schema, &work->stream_options, err));
    rocket_status status = rk_stream_next(stream, &batch, err);
    while (status == ROCKET_OK && batch != NULL) {
        rk_stream_give_back(stream, batch);
        status = rk_stream_next(stream, &batch, err);
    }
    work->pass = rk_stream_get_stats(stream);
    rk_stream_close(stream);
    *amount = (double)work->pass.rows;
    return status;
}

/* what: "parsing", or "reading packed", whose bytes are its own; text_bytes of a row that it replaces, or 0. */
static rocket_status measure_reading(bench_work *work, const char *what, int n_threads, double text_bytes,
                                     rocket_error *err)
{
    rk_sample rate;
    char name[96];

    work->stream_options.training = false;
    work->stream_options.n_threads = n_threads;
    RK_TRY(rk_bench_rate(&rate, work->bench, parse_file, work, err));
    RK_FAIL_IF(work->pass.rows == 0, DATA, err, "%s: no rows to measure with", work->stream_options.paths);
    snprintf(name, sizeof name, "%s, %d parsing thread%s", what, n_threads, n_threads == 1 ? "" : "s");
    rk_bench_report(work->bench, name, "rows/s", rate);
    double bytes_per_row = (double)work->pass.bytes / (double)work->pass.rows;
    rk_bench_report(work->bench, name, "MB/s", rk_sample_scaled(rate, bytes_per_row * 1e-6));
    if (text_bytes > 0)
        rk_bench_report(work->bench, name, "MB/s of the text", rk_sample_scaled(rate, text_bytes * 1e-6));
    return ROCKET_OK;
}

/* With one thread, and with all. */
static rocket_status measure_input(bench_work *work, const char *what, double text_bytes, rocket_error *err)
{
    RK_TRY(measure_reading(work, what, 1, text_bytes, err));
    return work->bench->n_threads > 1 ? measure_reading(work, what, work->bench->n_threads, text_bytes, err)
                                      : ROCKET_OK;
}

/* ---- training ---- */

static rocket_status train_batch(bench_work *work, const rk_batch *batch, rocket_error *err)
{
    double norm;

    RK_TRY(rk_run_feed(work->run, batch, err));
    RK_TRY(rk_exec_forward(work->run->exec, batch->n_rows, true, work->step, err));
    RK_TRY(rk_exec_backward(work->run->exec, err));
    return rk_updater_step(work->run->updater, work->run->exec, work->step++, &norm, err);
}

static rocket_status next_batch(rk_batch **batch, bench_work *work, rocket_error *err)
{
    RK_TRY(rk_stream_next(work->stream, batch, err));
    RK_FAIL_IF(*batch == NULL, DATA, err, "%s: no rows to measure with", work->stream_options.paths);
    return ROCKET_OK;
}

static rocket_status train_from_file(double *amount, void *ctx, rocket_error *err)
{
    bench_work *work = ctx;
    rk_batch *batch;

    RK_TRY(next_batch(&batch, work, err));
    *amount = (double)batch->n_rows;
    rocket_status status = train_batch(work, batch, err);
    rk_stream_give_back(work->stream, batch);
    return status;
}

static rocket_status train_from_memory(double *amount, void *ctx, rocket_error *err)
{
    bench_work *work = ctx;
    const rk_batch *batch = &work->kept[work->step % work->n_kept];

    *amount = (double)batch->n_rows;
    return train_batch(work, batch, err);
}

static void *copied(rk_arena *arena, const void *values, int64_t count, size_t size)
{
    void *copy = values != NULL ? rk_arena_alloc(arena, (size_t)count, size) : NULL;

    if (copy != NULL && count > 0)
        memcpy(copy, values, (size_t)count * size);
    return copy;
}

static void keep_column(rk_arena *arena, rk_column *to, const rk_column *from, int64_t n_rows)
{
    int64_t n_items = from->offsets != NULL ? from->offsets[n_rows] : 0;

    *to = *from;
    to->values = copied(arena, from->values, n_rows * from->width, sizeof *from->values);
    to->offsets = copied(arena, from->offsets, n_rows + 1, sizeof *from->offsets);
    to->ids = copied(arena, from->ids, n_items, sizeof *from->ids);
    to->weights = copied(arena, from->weights, n_items, sizeof *from->weights);
    to->bytes = copied(arena, from->bytes, n_items, 1);
}

/* The stream lends few batches at a time, so they are copied. */
static rocket_status keep_batches(bench_work *work, rocket_error *err)
{
    while (work->n_kept < KEPT_BATCHES) {
        rk_batch *batch, *kept = &work->kept[work->n_kept];
        RK_TRY(next_batch(&batch, work, err));
        *kept = *batch;
        kept->columns = rk_arena_alloc(&work->arena, batch->n_columns, sizeof *kept->columns);
        for (size_t i = 0; kept->columns != NULL && i < batch->n_columns; i++)
            keep_column(&work->arena, &kept->columns[i], &batch->columns[i], batch->n_rows);
        rk_stream_give_back(work->stream, batch);
        RK_FAIL_IF(rk_arena_failed(&work->arena), FAILED, err, "out of memory");
        work->n_kept++;
    }
    return ROCKET_OK;
}

/* ---- memory of the process ---- */

/* The kernel's high-water mark of resident memory; 0 when it does not tell. */
static double peak_bytes(void)
{
    static const char key[] = "VmHWM:";
    double kilobytes = 0;
    rk_buf text;

    rk_buf_init(&text, 1 << 16);
    if (rk_file_read(&text, "/proc/self/status", NULL) == ROCKET_OK && !rk_buf_failed(&text) && text.data != NULL) {
        const char *line = strstr(text.data, key), *number = line != NULL ? line + sizeof key - 1 : "";
        number += strspn(number, " \t");
        if (!rk_parse_double(number, strcspn(number, " \t\n"), &kilobytes))
            kilobytes = 0;
    }
    rk_buf_clear(&text);
    return kilobytes * 1024;
}

/* ---- all ---- */

static void report_training(bench_work *work, const char *name, rk_sample rate, double peak)
{
    char line[96];

    rk_bench_report(work->bench, name, "examples/s", rate);
    rk_bench_report(work->bench, name, "GFLOP/s", rk_sample_scaled(rate, work->flops * 1e-9));
    if (peak <= 0)
        return;
    snprintf(line, sizeof line, "%s, share of the multiply-add peak", name);
    rk_bench_report(work->bench, line, "%", rk_sample_scaled(rate, work->flops * 100 / peak));
}

static rocket_status measure_training(bench_work *work, double peak, rocket_error *err)
{
    rk_sample rate;

    work->stream_options.training = true;
    work->stream_options.n_threads = work->bench->n_threads;
    RK_TRY(rk_stream_open(&work->stream, work->run->config, work->run->schema, &work->stream_options, err));
    double began = rk_now_s();
    RK_TRY(rk_bench_rate(&rate, work->bench, train_from_file, work, err));
    double waited = rk_stream_get_stats(work->stream).waited_s / (rk_now_s() - began);
    report_training(work, "training from file", rate, peak);
    rk_bench_report_one(work->bench, "training from file, time spent waiting for data", "%", waited * 100);
    rk_bench_report_one(work->bench, "training from file, peak memory", "MB", peak_bytes() * 1e-6);
    RK_TRY(keep_batches(work, err));
    rk_stream_close(work->stream);
    work->stream = NULL;
    RK_TRY(rk_bench_rate(&rate, work->bench, train_from_memory, work, err));
    report_training(work, "training from memory", rate, peak);
    return ROCKET_OK;
}

/* ---- the packed cache ---- */

static rocket_status measure_packed_file(bench_work *work, const char *path, double peak, rocket_error *err)
{
    rk_pack_options options = { .paths = work->stream_options.paths, .n_threads = work->bench->n_threads };
    rk_pack_stats stats = { 0 };
    rk_sample rate;

    RK_TRY(rk_pack_write(path, work->run->config, work->run->schema, &options, &stats, err));
    work->stream_options.paths = path;
    RK_TRY(measure_input(work, "reading the packed cache", (double)stats.text_bytes / (double)stats.rows, err));
    work->stream_options.training = true;
    RK_TRY(rk_stream_open(&work->stream, work->run->config, work->run->schema, &work->stream_options, err));
    RK_TRY(rk_bench_rate(&rate, work->bench, train_from_file, work, err));
    report_training(work, "training from packed cache", rate, peak);
    return ROCKET_OK;
}

/* The table is packed into a file for as long as this takes, where temporary files go. */
static rocket_status measure_packed(bench_work *work, double peak, rocket_error *err)
{
    const char *folder = getenv("TMPDIR");
    char *path;
    int file;

    if (rk_pack_recognise(work->stream_options.paths)) /* it was packed before, so all figures are of that */
        return ROCKET_OK;
    path = rk_arena_printf(&work->arena, "%s/rocket-bench-XXXXXX", folder != NULL ? folder : "/tmp");
    RK_FAIL_IF(path == NULL, FAILED, err, "out of memory");
    file = mkstemp(path);
    if (file < 0)
        return rk_fail_errno(err, path, "make a file for the packed cache", errno);
    close(file);
    rocket_status status = measure_packed_file(work, path, peak, err);
    rk_stream_close(work->stream);
    work->stream = NULL;
    unlink(path);
    return status;
}

static rocket_status measure_all(bench_work *work, rocket_error *err)
{
    rk_bench *bench = work->bench;
    rk_sample peak = { 0 };

    if (rk_fma_peak_supported())
        RK_TRY(rk_bench_fma_peak(&peak, bench, bench->all, err));
    RK_TRY(count_operations(&work->flops, work->run->model->graph, err));
    rk_bench_report_one(bench, "threads", "", bench->n_threads);
    rk_bench_report_one(bench, "rows of a batch", "", (double)work->stream_options.batch_size);
    rk_bench_report_one(bench, "operations of training per example", "MFLOP", work->flops * 1e-6);
    if (peak.median > 0)
        rk_bench_report(bench, "multiply-adds from registers", "GFLOP/s", rk_sample_scaled(peak, 1e-9));
    RK_TRY(measure_training(work, peak.median, err));
    RK_TRY(measure_input(work, "parsing", 0, err));
    return measure_packed(work, peak.median, err);
}

rocket_status rk_bench_config(rk_bench *bench, const rk_config *config, rocket_error *err)
{
    bench_work work = { .bench = bench };
    rk_run_options options;
    uint64_t batch_size;

    RK_TRY(rk_args_number(&batch_size, bench->args, "batch-size",
                          (rk_number_rule){ rk_config_view(config)->data->batch_size, 1, 1 << 20 }, err));
    RK_TRY(rk_cli_run_options(&options, bench->args, err));
    options.training = true;
    options.n_threads = bench->n_threads;
    RK_TRY(rk_run_open(&work.run, config, &options, err));
    rk_arena_init(&work.arena, 0);
    work.stream_options = (rk_stream_options){ .paths = rk_config_root(config)->train_input_path,
                                               .seed = work.run->seed,
                                               .batch_size = batch_size };
    rocket_status status = work.stream_options.paths == NULL || work.stream_options.paths[0] == '\0'
                               ? rk_fail(err, ROCKET_CONFIG, "%s: no train_input_path", rk_config_name(config))
                               : measure_all(&work, err);
    rk_stream_close(work.stream);
    rk_arena_clear(&work.arena);
    rk_run_close(work.run);
    return status;
}
