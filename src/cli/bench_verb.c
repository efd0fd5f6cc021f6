/* rocket bench: how fast this machine could be, and how fast it is with a config.
 *
 * Every figure is the median of five runs with the smallest and the largest, since a machine that others use as well
 * gives runs that differ. The table is Markdown: readable on a terminal and in a document.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "error.h"
#include "file.h"
#include "stop.h"

/* ---- samples ---- */

static rk_sample sample_of(const double runs[RK_BENCH_RUNS])
{
    double sorted[RK_BENCH_RUNS];

    for (int i = 0; i < RK_BENCH_RUNS; i++) { /* insertion sort */
        int k = i;
        for (; k > 0 && sorted[k - 1] > runs[i]; k--)
            sorted[k] = sorted[k - 1];
        sorted[k] = runs[i];
    }
    return (rk_sample){ sorted[RK_BENCH_RUNS / 2], sorted[0], sorted[RK_BENCH_RUNS - 1] };
}

rk_sample rk_sample_scaled(rk_sample sample, double factor)
{
    return (rk_sample){ sample.median * factor, sample.min * factor, sample.max * factor };
}

static rocket_status run_once(double *rate, const rk_bench *bench, rk_bench_fn work, void *ctx, rocket_error *err)
{
    double began = rk_now_s(), span, sum = 0;

    do {
        double amount = 0;
        RK_TRY(work(&amount, ctx, err));
        if (rk_stop_requested())
            return rk_fail(err, ROCKET_STOPPED, "stopped by signal %d", rk_stop_signal());
        sum += amount;
        span = rk_now_s() - began;
    } while (span < bench->run_s);
    *rate = span > 0 ? sum / span : 0;
    return ROCKET_OK;
}

rocket_status rk_bench_rate(rk_sample *out, const rk_bench *bench, rk_bench_fn work, void *ctx, rocket_error *err)
{
    double runs[RK_BENCH_RUNS], warm = 0;

    RK_TRY(work(&warm, ctx, err));
    for (int i = 0; i < RK_BENCH_RUNS; i++)
        RK_TRY(run_once(&runs[i], bench, work, ctx, err));
    *out = sample_of(runs);
    return ROCKET_OK;
}

/* ---- the table ---- */

/* Four digits are what a measurement carries, and a count has no fraction; %g would write an exponent. */
static void put_figure(rk_buf *text, double value)
{
    double size = fabs(value);
    int decimals = size >= 1000 || value == floor(value) ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3;

    rk_buf_printf(text, "%.*f", decimals, value);
}

static void put_row(rk_bench *bench, const char *name, const char *unit, rk_sample sample, bool single)
{
    double values[] = { sample.median, sample.min, sample.max };

    if (bench->n_figures == 0)
        rk_buf_puts(&bench->text, "| what | unit | median | min | max |\n|---|---|---:|---:|---:|\n");
    rk_buf_printf(&bench->text, "| %s | %s |", name, unit);
    for (int i = 0; i < 3; i++) {
        rk_buf_puts(&bench->text, " ");
        if (i == 0 || !single)
            put_figure(&bench->text, values[i]);
        rk_buf_puts(&bench->text, " |");
    }
    rk_buf_puts(&bench->text, "\n");
}

static void put_json(rk_bench *bench, const char *name, const char *unit, rk_sample sample, bool single)
{
    rk_buf *text = &bench->text;

    if (bench->n_figures == 0)
        rk_buf_printf(text, "{\"threads\": %d, \"figures\": [", bench->n_threads);
    rk_buf_puts(text, bench->n_figures == 0 ? "{\"name\": " : ", {\"name\": ");
    rk_buf_json_string(text, name, strlen(name));
    rk_buf_puts(text, ", \"unit\": ");
    rk_buf_json_string(text, unit, strlen(unit));
    rk_buf_puts(text, ", \"median\": ");
    rk_buf_json_number(text, sample.median);
    if (!single) {
        rk_buf_puts(text, ", \"min\": ");
        rk_buf_json_number(text, sample.min);
        rk_buf_puts(text, ", \"max\": ");
        rk_buf_json_number(text, sample.max);
    }
    rk_buf_puts(text, "}");
}

static void report(rk_bench *bench, const char *name, const char *unit, rk_sample sample, bool single)
{
    if (rk_args_has(bench->args, "json"))
        put_json(bench, name, unit, sample, single);
    else
        put_row(bench, name, unit, sample, single);
    bench->n_figures++;
}

void rk_bench_report(rk_bench *bench, const char *name, const char *unit, rk_sample sample)
{
    report(bench, name, unit, sample, false);
}

void rk_bench_report_one(rk_bench *bench, const char *name, const char *unit, double value)
{
    report(bench, name, unit, (rk_sample){ value, value, value }, true);
}

/* ---- the verb ---- */

static rocket_status open_pools(rk_bench *bench, rocket_error *err)
{
    uint64_t threads;

    RK_TRY(rk_args_number(&threads, bench->args, "threads",
                          (rk_number_rule){ (uint64_t)rk_cpu_count(), 1, RK_MAX_THREADS }, err));
    bench->n_threads = (int)threads;
    bench->one = rk_pool_new(1);
    bench->all = threads > 1 ? rk_pool_new(bench->n_threads) : bench->one;
    RK_FAIL_IF(bench->one == NULL || bench->all == NULL, FAILED, err, "cannot start %d threads", bench->n_threads);
    return ROCKET_OK;
}

static rocket_status measure_config(rk_bench *bench, rocket_error *err)
{
    rk_config *config;

    RK_TRY(rk_cli_config(&config, bench->args, err));
    rocket_status status = rk_bench_config(bench, config, err);
    rk_config_free(config);
    return status;
}

static rocket_status measure(rk_bench *bench, rocket_error *err)
{
    bool given = rk_args_has(bench->args, "config") || rk_args_n_words(bench->args) > 0;
    uint64_t run_ms;

    const char *model = rk_args_get(bench->args, "model");
    RK_FAIL_IF(!given && model == NULL && !rk_args_has(bench->args, "limits"), USAGE, err,
               "nothing to measure: give a config, -m FILE, or --limits");
    RK_TRY(rk_args_number(&run_ms, bench->args, "run-ms", (rk_number_rule){ 1000, 1, 600000 }, err));
    bench->run_s = (double)run_ms / 1000;
    RK_TRY(open_pools(bench, err));
    if (given)
        RK_TRY(measure_config(bench, err));
    if (model != NULL)
        RK_TRY(rk_bench_score(bench, model, err));
    if (rk_args_has(bench->args, "limits"))
        RK_TRY(rk_bench_limits(bench, err));
    if (rk_args_has(bench->args, "json"))
        rk_buf_puts(&bench->text, "]}\n");
    return rk_cli_print_buf(&bench->text, err);
}

static rocket_status run(const rk_args *args, rocket_error *err)
{
    rk_bench bench = { .args = args };

    rk_buf_init(&bench.text, 0);
    rocket_status status = measure(&bench, err);
    rk_buf_clear(&bench.text);
    if (bench.all != bench.one)
        rk_pool_free(bench.all);
    rk_pool_free(bench.one);
    return status;
}

static const rk_option options[] = {
    { "config", 'c', "FILE", "pipeline config: measure parsing and training with it" },
    { "model", 'm', "FILE", "model or checkpoint: measure scoring with each net that it holds" },
    { "user", 0, "NAMES", "for -m: features that are the user's, given once for all candidates of a request" },
    { "limits", 0, NULL, "measure the machine: multiply-adds, memory, matrix products" },
    { "batch-size", 0, "N", "rows of a batch (default: data_config.batch_size; 1, 64 and 1024 for -m)" },
    { "run-ms", 0, "N", "least time of a run in milliseconds (default 1000; five runs are made)" },
    { 0 },
};

const rk_verb rk_verb_bench = {
    .name = "bench",
    .usage = "[-c pipeline.config] [-m FILE] [--limits]",
    .summary = "measure speed: the machine's limits, parsing, training, scoring",
    .options = options,
    .takes = RK_TAKES_SET | RK_TAKES_THREADS | RK_TAKES_SEED | RK_TAKES_JSON,
    .max_words = 1,
    .run = run,
};
