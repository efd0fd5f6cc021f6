/* See bootstrap.h. A resample is one piece of work: it draws its counts and asks every set for its values. */
#include "bootstrap.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "mem.h"
#include "resolve.h"
#include "rng.h"

const char *rk_unit_field(const rk_config *config)
{
    static const char *const users[] = { "gauc", "session_auc" };
    const Rocket__EvalConfig *eval = rk_config_view(config)->eval;

    for (size_t k = 0; k < sizeof users / sizeof users[0]; k++)
        for (size_t i = 0; i < eval->n_metrics_set; i++) {
            const ProtobufCMessage *options = NULL;
            const char *name = rk_oneof_name(&eval->metrics_set[i]->base, &options);

            if (name && strcmp(name, users[k]) == 0)
                return rk_metric_find(name)->group_field(options);
        }
    return NULL;
}

typedef struct work {
    const rk_bootstrap *bootstrap;
    uint32_t *counts; /* [n_threads, n_units] */
    double *values;
    size_t width; /* values of a resample */
    atomic_int failed;
} work;

static void draw(uint32_t *counts, const rk_bootstrap *bootstrap, size_t resample)
{
    rk_rng rng = rk_rng_at(bootstrap->seed, RK_RNG_BOOTSTRAP, resample, 0);

    memset(counts, 0, bootstrap->n_units * sizeof *counts);
    for (size_t i = 0; i < bootstrap->n_units; i++)
        counts[rk_rng_below(&rng, bootstrap->n_units)]++;
}

static void resample(void *arg, int piece, int thread)
{
    work *w = arg;
    uint32_t *counts = w->counts + (size_t)thread * w->bootstrap->n_units;
    double *values = w->values + (size_t)piece * w->width;

    draw(counts, w->bootstrap, (size_t)piece);
    for (size_t i = 0; i < w->bootstrap->n_sets; i++) {
        if (rk_metric_set_values(values, w->bootstrap->sets[i], counts, NULL) != ROCKET_OK)
            atomic_store(&w->failed, 1);
        values += rk_metric_set_size(w->bootstrap->sets[i]);
    }
}

static size_t width_of(const rk_bootstrap *bootstrap)
{
    size_t width = 0;

    for (size_t i = 0; i < bootstrap->n_sets; i++)
        width += rk_metric_set_size(bootstrap->sets[i]);
    return width;
}

rocket_status rk_bootstrap_run(double *values, const rk_bootstrap *bootstrap, rocket_error *err)
{
    work w = { .bootstrap = bootstrap, .values = values, .width = width_of(bootstrap) };

    w.counts = rk_alloc((size_t)rk_pool_threads(bootstrap->pool) * bootstrap->n_units, sizeof *w.counts);
    RK_FAIL_IF(!w.counts, FAILED, err, "no memory to draw from %zu units", bootstrap->n_units);
    rk_pool_run(bootstrap->pool, (int)bootstrap->n_resamples, resample, &w);
    rk_free(w.counts);
    RK_FAIL_IF(atomic_load(&w.failed), FAILED, err, "no memory for the metrics of a resample");
    return ROCKET_OK;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double percentile(const double *sorted, size_t n, double share)
{
    double place = share * (double)(n - 1);
    size_t i = (size_t)place;
    double part = place - (double)i;

    return i + 1 < n ? sorted[i] + part * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

rk_interval rk_percentile_interval(double *values, size_t n, double level)
{
    size_t defined = 0;

    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            values[defined++] = values[i];
    if (defined == 0 || 2 * defined < n)
        return (rk_interval){ NAN, NAN };
    qsort(values, defined, sizeof *values, by_value);
    return (rk_interval){ percentile(values, defined, (1 - level) / 2), percentile(values, defined, (1 + level) / 2) };
}

rocket_status rk_bootstrap_intervals(rk_interval *out, const rk_bootstrap *bootstrap, double level, rocket_error *err)
{
    size_t width = width_of(bootstrap), n = bootstrap->n_resamples;
    double *values = rk_alloc(n * width, sizeof *values), *column = rk_alloc(n, sizeof *column);
    rocket_status status = values && column ? rk_bootstrap_run(values, bootstrap, err)
                                            : rk_fail(err, ROCKET_FAILED, "no memory for %zu resamples", n);

    for (size_t i = 0; i < width && status == ROCKET_OK; i++) {
        for (size_t r = 0; r < n; r++)
            column[r] = values[r * width + i];
        out[i] = rk_percentile_interval(column, n, level);
    }
    rk_free(values);
    rk_free(column);
    return status;
}
