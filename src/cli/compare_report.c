/* See compare_report.h. Arms are called A, B, C ... in the table, for paths are long. */
#include "compare_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- what both forms print ---- */

static const rk_run_record *first_run(const rk_comparison *c, size_t arm)
{
    return &c->runs[c->arms[arm].runs[0]];
}

static bool is_told(const char *path)
{
    return strcmp(path, "model_dir") != 0 && strcmp(path, "train_config.seed") != 0;
}

static bool seen_before(const rk_comparison *c, size_t arm, const char *path)
{
    for (size_t a = 0; a < arm; a++)
        if (rk_config_values_get(&first_run(c, a)->values, path))
            return true;
    return false;
}

static bool differs(const char **texts, const rk_comparison *c, const char *path)
{
    bool differ = false;

    for (size_t a = 0; a < c->n_arms; a++) {
        texts[a] = rk_config_values_get(&first_run(c, a)->values, path);
        if (first_run(c, a)->is_file)
            continue;
        differ |= !texts[a] != !texts[0] || (texts[a] && texts[0] && strcmp(texts[a], texts[0]) != 0);
    }
    return differ;
}

void rk_compare_each_difference(const rk_comparison *c,
                                void (*each)(void *ctx, const char *path, const char *const *texts), void *ctx)
{
    const char *texts[RK_MAX_RUNS];

    for (size_t a = 0; a < c->n_arms && !first_run(c, 0)->is_file; a++) {
        const rk_config_values *values = &first_run(c, a)->values;

        for (size_t i = 0; i < values->n; i++) {
            const char *path = values->item[i].path;

            if (is_told(path) && !seen_before(c, a, path) && differs(texts, c, path))
                each(ctx, path, texts);
        }
    }
}

rk_curve rk_compare_curve(const rk_comparison *c, const rk_compared_metric *metric, size_t arm)
{
    const rk_run_record *run = first_run(c, arm);
    rk_curve curve = { .n = run->n_evals };
    char name[RK_METRIC_NAME_BYTES + 16];

    snprintf(name, sizeof name, "%s_%s", metric->name, rk_net_names[c->arms[arm].net]);
    for (size_t i = 0; i < run->n_evals; i++) {
        double value = rk_run_record_figure(&run->evals[i], name);
        bool better = metric->better == RK_SMALLER_IS_BETTER ? value < curve.best : value > curve.best;

        if (i == 0) {
            curve.first = curve.best = value;
            curve.first_step = curve.best_step = run->evals[i].step;
        } else if (better || isnan(curve.best)) {
            curve.best = value;
            curve.best_step = run->evals[i].step;
        }
        curve.last = value;
        curve.last_step = run->evals[i].step;
    }
    return curve;
}

/* A ... Z, AA ... */
static const char *arm_name(char name[3], size_t arm)
{
    char *last = arm < 26 ? name : name + 1;

    name[0] = (char)('A' + arm / 26 - 1);
    last[0] = (char)('A' + arm % 26);
    last[1] = '\0';
    return name;
}

static void put_arm_name(rk_buf *out, size_t arm)
{
    char name[3];

    rk_buf_puts(out, arm_name(name, arm));
}

static void put_with_interval(rk_buf *out, const rk_comparison *c, const rk_arm_figure *figure, double sign)
{
    double low = sign * figure->interval.low, high = sign * figure->interval.high;

    if (c->kind == RK_COMPARE_SEEDS)
        rk_buf_printf(out, "%.4f +- %.4f", sign * figure->difference,
                      (figure->interval.high - figure->interval.low) / 2);
    else
        rk_buf_printf(out, "%.4f [%.4f, %.4f]", sign * figure->difference, low < high ? low : high,
                      low < high ? high : low);
}

void rk_compare_report_verdict(rk_buf *out, const rk_comparison *c, size_t m, size_t arm)
{
    const rk_compared_metric *metric = &c->metrics[m];
    const rk_arm_figure *figure = &metric->arms[arm];
    int verdict = rk_compare_verdict(metric, arm);

    put_arm_name(out, arm);
    if (isnan(figure->difference)) {
        rk_buf_printf(out, " and A cannot be compared: %s is not defined for both", metric->name);
    } else if (c->kind == RK_COMPARE_PLAIN) {
        rk_buf_printf(out, " differs from A by %+.4f %s; without resamples or seeds nothing tells this from noise",
                      figure->difference, metric->name);
    } else if (verdict == 0) {
        rk_buf_puts(out, " and A: no difference beyond the noise, ");
        put_with_interval(out, c, figure, 1);
        rk_buf_printf(out, " %s", metric->name);
    } else {
        rk_buf_printf(out, " is %s than A by ", verdict > 0 ? "better" : "worse");
        put_with_interval(out, c, figure, figure->difference < 0 ? -1 : 1);
        rk_buf_printf(out, " %s", metric->name);
    }
}

/* ---- text ---- */

static void put_arms(rk_buf *out, const rk_comparison *c)
{
    for (size_t a = 0; a < c->n_arms; a++) {
        const rk_arm *arm = &c->arms[a];

        put_arm_name(out, a);
        rk_buf_printf(out, "  %s (%s net", first_run(c, a)->path, rk_net_names[arm->net]);
        for (size_t i = 0; i < arm->n_runs && !first_run(c, a)->is_file; i++)
            rk_buf_printf(out, "%s%llu", i == 0 ? "; seed " : ", ", (unsigned long long)c->runs[arm->runs[i]].seed);
        rk_buf_puts(out, ")\n");
    }
}

static void put_header(rk_buf *out, const rk_comparison *c, const char *title)
{
    rk_buf_printf(out, "\n%-28s", title);
    for (size_t a = 0; a < c->n_arms; a++) {
        char name[3];

        rk_buf_printf(out, " %14s", arm_name(name, a));
    }
    rk_buf_puts(out, "\n");
}

typedef struct telling {
    rk_buf *out;
    size_t n_arms, n;
} telling;

static void put_difference(void *ctx, const char *path, const char *const *texts)
{
    telling *t = ctx;

    rk_buf_printf(t->out, "%s%s\n", t->n++ == 0 ? "\nwhere the configs differ\n" : "", path);
    for (size_t a = 0; a < t->n_arms; a++) {
        rk_buf_puts(t->out, "    ");
        put_arm_name(t->out, a);
        rk_buf_printf(t->out, "  %s\n", texts[a] ? texts[a] : "-");
    }
}

static void put_count(rk_buf *out, int64_t count)
{
    if (count > 0)
        rk_buf_printf(out, " %14lld", (long long)count);
    else
        rk_buf_printf(out, " %14s", "-");
}

static double mean_seconds(const rk_comparison *c, size_t a)
{
    double sum = 0;

    for (size_t i = 0; i < c->arms[a].n_runs; i++)
        sum += c->runs[c->arms[a].runs[i]].seconds / (double)c->arms[a].n_runs;
    return sum;
}

static const char *const cost_names[] = { "steps", "multiplications", "parameters", "embedding values",
                                          "bytes of the model" };
enum { N_COSTS = sizeof cost_names / sizeof cost_names[0] };

static int64_t cost_of(const rk_comparison *c, size_t a, int which)
{
    const rk_run_record *run = first_run(c, a);
    const rk_cost *cost = &run->cost[c->arms[a].net];
    const int64_t all[N_COSTS] = { (int64_t)run->steps, cost->multiplications, cost->dense_params, cost->table_params,
                                   run->model_bytes };

    return all[which];
}

static void put_costs(rk_buf *out, const rk_comparison *c)
{
    put_header(out, c, "cost");
    for (int i = 0; i < N_COSTS; i++) {
        rk_buf_printf(out, "%-28s", cost_names[i]);
        for (size_t a = 0; a < c->n_arms; a++)
            put_count(out, cost_of(c, a, i));
        rk_buf_puts(out, "\n");
    }
    rk_buf_printf(out, "%-28s", "seconds of training");
    for (size_t a = 0; a < c->n_arms; a++)
        rk_buf_printf(out, " %14.1f", mean_seconds(c, a));
    rk_buf_puts(out, "\n");
}

static void put_curves(rk_buf *out, const rk_comparison *c, const rk_compared_metric *metric)
{
    rk_buf_printf(out, "\n%s while training\n", metric->name);
    for (size_t a = 0; a < c->n_arms; a++) {
        rk_curve curve = rk_compare_curve(c, metric, a);

        if (curve.n == 0)
            continue;
        put_arm_name(out, a);
        rk_buf_printf(out, "  %zu evaluation%s: %.4f at step %llu, best %.4f at %llu, last %.4f at %llu\n", curve.n,
                      curve.n == 1 ? "" : "s", curve.first, (unsigned long long)curve.first_step, curve.best,
                      (unsigned long long)curve.best_step, curve.last, (unsigned long long)curve.last_step);
    }
}

static void put_metric_row(rk_buf *out, const rk_comparison *c, const rk_compared_metric *metric)
{
    static const char *const verdicts[] = { "worse", "", "better" };

    for (size_t a = 0; a < c->n_arms; a++) {
        const rk_arm_figure *figure = &metric->arms[a];

        rk_buf_printf(out, "%-28s ", a == 0 ? metric->name : "");
        put_arm_name(out, a);
        rk_buf_printf(out, "  %10.6f", figure->value);
        if (!isnan(figure->sd))
            rk_buf_printf(out, "  sd %.6f", figure->sd);
        if (a > 0 && !isnan(figure->difference))
            rk_buf_printf(out, "  %+.6f", figure->difference);
        if (a > 0 && !isnan(figure->interval.low))
            rk_buf_printf(out, "  [%+.6f, %+.6f]  %s", figure->interval.low, figure->interval.high,
                          verdicts[1 + rk_compare_verdict(metric, a)]);
        while (out->size > 0 && out->data[out->size - 1] == ' ')
            out->size--;
        rk_buf_puts(out, "\n");
    }
}

static void put_basis(rk_buf *out, const rk_comparison *c)
{
    if (c->kind == RK_COMPARE_SEEDS)
        rk_buf_printf(
            out,
            "\nfigures at the end of training; differences to A paired by seed, %g %% intervals (Student's t, "
            "%zu seeds and more)\n",
            100 * c->level, c->n_seeds);
    else if (c->kind == RK_COMPARE_USERS)
        rk_buf_printf(out,
                      "\n%zu rows; differences to A, %g %% of %zu resamples of %zu %s%s%s, the same for all runs\n",
                      c->n_rows, 100 * c->level, c->n_resamples, c->n_units, c->by ? "values of \"" : "rows",
                      c->by ? c->by : "", c->by ? "\"" : "");
    else
        rk_buf_puts(out, "\nfigures at the end of training\n");
}

void rk_compare_report_text(rk_buf *out, const rk_comparison *c, size_t m)
{
    telling t = { out, c->n_arms, 0 };

    put_arms(out, c);
    rk_compare_each_difference(c, put_difference, &t);
    if (!first_run(c, 0)->is_file) {
        put_costs(out, c);
        put_curves(out, c, &c->metrics[m]);
    }
    put_basis(out, c);
    for (size_t i = 0; i < c->n_metrics; i++)
        put_metric_row(out, c, &c->metrics[i]);
    rk_buf_puts(out, "\n");
    for (size_t a = 1; a < c->n_arms; a++) {
        rk_compare_report_verdict(out, c, m, a);
        rk_buf_puts(out, "\n");
    }
    if (c->kind == RK_COMPARE_USERS)
        rk_buf_puts(out, "(the noise of the users; how much another seed changes, only more seeds of each arm show)\n");
}

/* ---- JSON ---- */

static void put_name(rk_buf *out, const char *name)
{
    rk_buf_json_string(out, name, strlen(name));
    rk_buf_puts(out, ": ");
}

static void put_number(rk_buf *out, const char *name, double value)
{
    put_name(out, name);
    rk_buf_json_number(out, value);
}

static void put_curve(rk_buf *out, const rk_comparison *c, size_t m, size_t a)
{
    rk_curve curve = rk_compare_curve(c, &c->metrics[m], a);

    rk_buf_printf(out, ", \"curve\": {\"evaluations\": %zu", curve.n);
    if (curve.n > 0) {
        const double values[] = { curve.first, curve.best, curve.last };
        const uint64_t steps[] = { curve.first_step, curve.best_step, curve.last_step };
        static const char *const names[] = { "first", "best", "last" };

        for (int i = 0; i < 3; i++) {
            rk_buf_printf(out, ", \"%s\": {\"step\": %llu, ", names[i], (unsigned long long)steps[i]);
            put_number(out, "value", values[i]);
            rk_buf_puts(out, "}");
        }
    }
    rk_buf_puts(out, "}");
}

static void put_arm(rk_buf *out, const rk_comparison *c, size_t m, size_t a)
{
    const rk_arm *arm = &c->arms[a];
    static const char *const keys[N_COSTS] = { "steps", "multiplications", "parameters", "embedding_values",
                                               "model_bytes" };

    rk_buf_printf(out, "%s{\"net\": \"%s\", \"runs\": [", a == 0 ? "" : ", ", rk_net_names[arm->net]);
    for (size_t i = 0; i < arm->n_runs; i++) {
        const rk_run_record *run = &c->runs[arm->runs[i]];

        rk_buf_puts(out, i == 0 ? "{\"path\": " : ", {\"path\": ");
        rk_buf_json_string(out, run->path, strlen(run->path));
        if (!run->is_file)
            rk_buf_printf(out, ", \"seed\": %llu", (unsigned long long)run->seed);
        rk_buf_puts(out, "}");
    }
    rk_buf_puts(out, "]");
    if (!first_run(c, a)->is_file) {
        for (int i = 0; i < N_COSTS; i++) {
            rk_buf_puts(out, ", ");
            put_number(out, keys[i], cost_of(c, a, i) > 0 ? (double)cost_of(c, a, i) : NAN);
        }
        rk_buf_puts(out, ", ");
        put_number(out, "seconds", mean_seconds(c, a));
        put_curve(out, c, m, a);
    }
    rk_buf_puts(out, "}");
}

static void put_json_difference(void *ctx, const char *path, const char *const *texts)
{
    telling *t = ctx;

    rk_buf_puts(t->out, t->n++ == 0 ? "" : ", ");
    put_name(t->out, path);
    for (size_t a = 0; a < t->n_arms; a++) {
        rk_buf_puts(t->out, a == 0 ? "[" : ", ");
        if (texts[a])
            rk_buf_json_string(t->out, texts[a], strlen(texts[a]));
        else
            rk_buf_puts(t->out, "null");
    }
    rk_buf_puts(t->out, "]");
}

static void put_metric(rk_buf *out, const rk_comparison *c, const rk_compared_metric *metric)
{
    put_name(out, metric->name);
    for (size_t a = 0; a < c->n_arms; a++) {
        const rk_arm_figure *figure = &metric->arms[a];

        rk_buf_puts(out, a == 0 ? "[{" : ", {");
        put_number(out, "value", figure->value);
        rk_buf_puts(out, ", ");
        put_number(out, "sd", figure->sd);
        if (a > 0) {
            rk_buf_puts(out, ", ");
            put_number(out, "difference", figure->difference);
            rk_buf_puts(out, ", ");
            put_number(out, "low", figure->interval.low);
            rk_buf_puts(out, ", ");
            put_number(out, "high", figure->interval.high);
            rk_buf_printf(out, ", \"verdict\": %d", rk_compare_verdict(metric, a));
        }
        rk_buf_puts(out, "}");
    }
    rk_buf_puts(out, "]");
}

void rk_compare_report_json(rk_buf *out, const rk_comparison *c, size_t m)
{
    static const char *const kinds[] = { "none", "users", "seeds" };
    telling t = { out, c->n_arms, 0 };

    rk_buf_printf(out, "{\"noise\": \"%s\", ", kinds[c->kind]);
    put_number(out, "level", c->level);
    if (c->kind == RK_COMPARE_USERS) {
        rk_buf_printf(out, ", \"rows\": %zu, \"resamples\": %zu, \"units\": %zu, \"by\": ", c->n_rows, c->n_resamples,
                      c->n_units);
        if (c->by)
            rk_buf_json_string(out, c->by, strlen(c->by));
        else
            rk_buf_puts(out, "null");
    }
    rk_buf_puts(out, ", \"arms\": [");
    for (size_t a = 0; a < c->n_arms; a++)
        put_arm(out, c, m, a);
    rk_buf_puts(out, "], \"config\": {");
    rk_compare_each_difference(c, put_json_difference, &t);
    rk_buf_puts(out, "}, \"metrics\": {");
    for (size_t i = 0; i < c->n_metrics; i++) {
        rk_buf_puts(out, i == 0 ? "" : ", ");
        put_metric(out, c, &c->metrics[i]);
    }
    rk_buf_puts(out, "}, \"verdicts\": [");
    for (size_t a = 1; a < c->n_arms; a++) {
        rk_buf text;

        rk_buf_init(&text, 0);
        rk_compare_report_verdict(&text, c, m, a);
        rk_buf_puts(out, a == 1 ? "" : ", ");
        rk_buf_json_string(out, text.data ? text.data : "", text.size);
        rk_buf_clear(&text);
    }
    rk_buf_puts(out, "]}\n");
}
