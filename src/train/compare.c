/* See compare.h. Arms first, then figures: from metrics.jsonl, or by evaluating (compare_rows.c). */
#include "compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare_rows.h"
#include "error.h"
#include "mem.h"
#include "student.h"

/* ---- arms ---- */

/* What differs between the seeds of one arm: where it was written, and from where its teacher came. */
static bool is_identity(const char *path)
{
    static const char *const others[] = { "model_dir", "train_config.seed",
                                          "model_config.rocket_launching.teacher_checkpoint" };

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(path, others[i]) == 0)
            return false;
    return true;
}

static bool holds_all_of(const rk_config_values *a, const rk_config_values *b)
{
    for (size_t i = 0; i < b->n; i++) {
        const char *text = rk_config_values_get(a, b->item[i].path);

        if (is_identity(b->item[i].path) && (!text || strcmp(text, b->item[i].text) != 0))
            return false;
    }
    return true;
}

static bool same_arm(const rk_run_record *a, const rk_run_record *b)
{
    return !a->is_file && !b->is_file && a->seed != b->seed && holds_all_of(&a->values, &b->values) &&
           holds_all_of(&b->values, &a->values);
}

static bool joins(const rk_comparison *c, const rk_arm *arm, size_t run)
{
    for (size_t i = 0; i < arm->n_runs; i++)
        if (!same_arm(&c->runs[arm->runs[i]], &c->runs[run]))
            return false;
    return true;
}

static void put_into_arm(const rk_comparison *c, rk_arm *arm, size_t run)
{
    size_t at = arm->n_runs++;

    for (; at > 0 && c->runs[arm->runs[at - 1]].seed > c->runs[run].seed; at--)
        arm->runs[at] = arm->runs[at - 1];
    arm->runs[at] = run;
}

static void find_arms(rk_comparison *c, bool by_seed)
{
    c->n_arms = 0;
    for (size_t run = 0; run < c->n_runs; run++) {
        size_t a = 0;

        while (a < c->n_arms && !(by_seed && joins(c, &c->arms[a], run)))
            a++;
        if (a == c->n_arms)
            c->arms[c->n_arms++].n_runs = 0;
        put_into_arm(c, &c->arms[a], run);
    }
}

static rocket_status choose_nets(rk_comparison *c, int net, rocket_error *err)
{
    for (size_t a = 0; a < c->n_arms; a++) {
        const rk_run_record *run = &c->runs[c->arms[a].runs[0]];

        c->arms[a].net = net >= 0 ? net : run->nets[RK_LIGHT] ? RK_LIGHT : RK_BOOSTER;
        RK_FAIL_IF(!run->nets[c->arms[a].net], USAGE, err, "%s has no %s net", run->path, rk_net_names[c->arms[a].net]);
    }
    return ROCKET_OK;
}

static rocket_status make_arms(rk_comparison *c, const rk_compare_options *options, rocket_error *err)
{
    size_t most = 0, least = SIZE_MAX;

    c->arms = rk_arena_alloc(&c->arena, c->n_runs, sizeof *c->arms);
    for (size_t i = 0; c->arms && i < c->n_runs; i++)
        c->arms[i].runs = rk_arena_alloc(&c->arena, c->n_runs, sizeof *c->arms[i].runs);
    RK_FAIL_IF(c->arms == NULL || rk_arena_failed(&c->arena), FAILED, err, "out of memory");
    find_arms(c, true);
    if (c->n_arms == 1) /* nothing else to compare: the seeds, then */
        find_arms(c, false);
    for (size_t a = 0; a < c->n_arms; a++) {
        most = c->arms[a].n_runs > most ? c->arms[a].n_runs : most;
        least = c->arms[a].n_runs < least ? c->arms[a].n_runs : least;
    }
    RK_FAIL_IF(most > 1 && least == 1, USAGE, err,
               "expected one run of each arm, or at least two seeds of each; found %zu seeds of one and one of another",
               most);
    c->kind = most > 1 ? RK_COMPARE_SEEDS : options->n_resamples > 0 ? RK_COMPARE_USERS : RK_COMPARE_PLAIN;
    return ROCKET_OK;
}

/* ---- figures that training has left ---- */

static const rk_record_eval *last_eval(const rk_run_record *run)
{
    return run->n_evals > 0 ? &run->evals[run->n_evals - 1] : NULL;
}

static const char *eval_paths(const rk_run_record *run)
{
    const char *paths = rk_config_root(run->config)->eval_input_path;

    return paths ? paths : "";
}

static rocket_status check_evals(const rk_comparison *c, rocket_error *err)
{
    const rk_run_record *first = &c->runs[0];

    for (size_t i = 0; i < c->n_runs; i++) {
        const rk_run_record *run = &c->runs[i];

        RK_FAIL_IF(run->is_file, USAGE, err, "%s: a file of rows is compared by --bootstrap N with N > 0 only",
                   run->path);
        RK_FAIL_IF(!last_eval(run), DATA, err, "%s: expected an evaluation in metrics.jsonl, found none", run->path);
        RK_FAIL_IF(strcmp(eval_paths(run), eval_paths(first)) != 0, DATA, err,
                   "%s was evaluated on \"%s\", %s on \"%s\": these figures cannot be compared", first->path,
                   eval_paths(first), run->path, eval_paths(run));
    }
    return ROCKET_OK;
}

/* The name without the net's, if it ends in that. */
static bool strip_net(char out[RK_METRIC_NAME_BYTES], const char *name, int net)
{
    size_t n = strlen(name), suffix = strlen(rk_net_names[net]) + 1;

    if (n <= suffix || n - suffix >= RK_METRIC_NAME_BYTES || name[n - suffix] != '_' ||
        strcmp(name + n - suffix + 1, rk_net_names[net]) != 0)
        return false;
    memcpy(out, name, n - suffix);
    out[n - suffix] = '\0';
    return true;
}

/* By the longest name in the table with which it begins: "auc_10000" is an auc. NULL: it is no metric. */
static const rk_metric_def *metric_of(const char *name)
{
    const rk_metric_def *best = NULL;

    for (const rk_metric_def *const *def = rk_metrics; *def; def++) {
        size_t n = strlen((*def)->field);

        if (strncmp(name, (*def)->field, n) == 0 && (name[n] == '\0' || name[n] == '_') &&
            (!best || n > strlen(best->field)))
            best = *def;
    }
    return best;
}

static rk_compared_metric *add_metric(rk_comparison *c, const char *name, rk_metric_better better)
{
    rk_compared_metric *metric = &c->metrics[c->n_metrics];

    metric->arms = rk_arena_alloc(&c->arena, c->n_arms, sizeof *metric->arms);
    if (!metric->arms)
        return NULL;
    for (size_t a = 0; a < c->n_arms; a++)
        metric->arms[a] = (rk_arm_figure){ NAN, NAN, NAN, { NAN, NAN } };
    snprintf(metric->name, sizeof metric->name, "%s", name);
    metric->better = better;
    c->n_metrics++;
    return metric;
}

static double value_of(const rk_comparison *c, const rk_arm *arm, size_t i, const char *metric)
{
    char name[RK_METRIC_NAME_BYTES + 16];

    snprintf(name, sizeof name, "%s_%s", metric, rk_net_names[arm->net]);
    return rk_run_record_figure(last_eval(&c->runs[arm->runs[i]]), name);
}

static double mean_of(const double *values, size_t n, double *sd)
{
    double mean = 0, squares = 0;

    for (size_t i = 0; i < n; i++)
        mean += values[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    *sd = n > 1 ? sqrt(squares / (double)(n - 1)) : NAN;
    return mean;
}

/* Runs of both arms with the same seed, side by side; both are in the order of their seeds. */
static size_t pair_seeds(size_t pairs[][2], const rk_comparison *c, const rk_arm *a, const rk_arm *b)
{
    size_t n = 0;

    for (size_t i = 0, k = 0; i < a->n_runs && k < b->n_runs;) {
        uint64_t x = c->runs[a->runs[i]].seed, y = c->runs[b->runs[k]].seed;

        if (x == y) {
            pairs[n][0] = i;
            pairs[n++][1] = k;
        }
        i += x <= y;
        k += y <= x;
    }
    return n;
}

static void compare_arm(rk_comparison *c, rk_compared_metric *metric, size_t a)
{
    const rk_arm *arm = &c->arms[a], *first = &c->arms[0];
    rk_arm_figure *figure = &metric->arms[a];
    double values[RK_MAX_RUNS], sd;
    size_t pairs[RK_MAX_RUNS][2], n = c->kind == RK_COMPARE_SEEDS ? pair_seeds(pairs, c, first, arm) : 1;

    for (size_t i = 0; i < arm->n_runs; i++)
        values[i] = value_of(c, arm, i, metric->name);
    figure->value = mean_of(values, arm->n_runs, &figure->sd);
    if (a == 0)
        return;
    if (c->kind != RK_COMPARE_SEEDS)
        pairs[0][0] = pairs[0][1] = 0;
    for (size_t i = 0; i < n; i++)
        values[i] = value_of(c, arm, pairs[i][1], metric->name) - value_of(c, first, pairs[i][0], metric->name);
    figure->difference = mean_of(values, n, &sd);
    if (n > 1) {
        double half = rk_student_t(c->level, (int)n - 1) * sd / sqrt((double)n);
        figure->interval = (rk_interval){ figure->difference - half, figure->difference + half };
    }
}

static rocket_status check_pairs(rk_comparison *c, rocket_error *err)
{
    size_t pairs[RK_MAX_RUNS][2];

    c->n_seeds = SIZE_MAX;
    for (size_t a = 1; a < c->n_arms; a++) {
        size_t n = pair_seeds(pairs, c, &c->arms[0], &c->arms[a]);

        RK_FAIL_IF(n < 2, DATA, err, "%s and %s: expected at least two seeds that both arms have, found %zu",
                   c->runs[c->arms[0].runs[0]].path, c->runs[c->arms[a].runs[0]].path, n);
        c->n_seeds = n < c->n_seeds ? n : c->n_seeds;
    }
    return ROCKET_OK;
}

static rocket_status compare_records(rk_comparison *c, rocket_error *err)
{
    const rk_record_eval *eval;

    RK_TRY(check_evals(c, err));
    if (c->kind == RK_COMPARE_SEEDS)
        RK_TRY(check_pairs(c, err));
    eval = last_eval(&c->runs[c->arms[0].runs[0]]);
    c->metrics = rk_arena_alloc(&c->arena, eval->n, sizeof *c->metrics);
    RK_FAIL_IF(!c->metrics, FAILED, err, "out of memory");
    for (size_t i = 0; i < eval->n; i++) {
        char name[RK_METRIC_NAME_BYTES];
        const rk_metric_def *def = strip_net(name, eval->item[i].name, c->arms[0].net) ? metric_of(name) : NULL;
        rk_compared_metric *metric = def ? add_metric(c, name, def->better) : NULL;

        RK_FAIL_IF(def && !metric, FAILED, err, "out of memory");
        for (size_t a = 0; metric && a < c->n_arms; a++)
            compare_arm(c, metric, a);
    }
    RK_FAIL_IF(c->n_metrics == 0, DATA, err, "%s: no metric of the %s net in the last evaluation of metrics.jsonl",
               c->runs[0].path, rk_net_names[c->arms[0].net]);
    return ROCKET_OK;
}

/* ---- by evaluating again ---- */

/* Number of the result of the arm's net that has this name; -1: it has none. */
static int64_t result_of(const rk_metric_set *set, const char *metric, int net)
{
    char name[RK_METRIC_NAME_BYTES];

    for (size_t i = 0; i < rk_metric_set_size(set); i++) {
        const rk_metric_result *result = rk_metric_set_result(set, i);

        if (result->net == net && strip_net(name, result->name, net) && strcmp(name, metric) == 0)
            return (int64_t)i;
    }
    return -1;
}

typedef struct drawn {
    const rk_measured_run *runs;
    double *values; /* [n_resamples, width] */
    size_t width, n_resamples;
    double *column;
} drawn;

static void interval_of(rk_arm_figure *figure, const drawn *d, size_t first, size_t second, double level)
{
    for (size_t r = 0; r < d->n_resamples; r++)
        d->column[r] = d->values[r * d->width + second] - d->values[r * d->width + first];
    figure->interval = rk_percentile_interval(d->column, d->n_resamples, level);
}

static void take_metric(rk_comparison *c, rk_compared_metric *metric, const drawn *d)
{
    size_t begin = 0, first = 0;

    for (size_t a = 0; a < c->n_arms; a++) {
        const rk_measured_run *run = &d->runs[c->arms[a].runs[0]];
        int64_t i = result_of(run->set, metric->name, c->arms[a].net);
        rk_arm_figure *figure = &metric->arms[a];

        if (i >= 0)
            figure->value = run->values[i];
        if (a == 0)
            first = (size_t)i;
        else if (i >= 0) {
            figure->difference = figure->value - metric->arms[0].value;
            interval_of(figure, d, first, begin + (size_t)i, c->level);
        }
        begin += rk_metric_set_size(run->set);
    }
}

static rocket_status take_metrics(rk_comparison *c, const drawn *d, rocket_error *err)
{
    const rk_metric_set *set = d->runs[c->arms[0].runs[0]].set;

    c->metrics = rk_arena_alloc(&c->arena, rk_metric_set_size(set), sizeof *c->metrics);
    RK_FAIL_IF(!c->metrics, FAILED, err, "out of memory");
    for (size_t i = 0; i < rk_metric_set_size(set); i++) {
        const rk_metric_result *result = rk_metric_set_result(set, i);
        char name[RK_METRIC_NAME_BYTES];
        rk_compared_metric *metric;

        if (result->net != c->arms[0].net || !strip_net(name, result->name, result->net))
            continue;
        metric = add_metric(c, name, result->def->better);
        RK_FAIL_IF(!metric, FAILED, err, "out of memory");
        take_metric(c, metric, d);
    }
    return ROCKET_OK;
}

static rocket_status draw_and_take(rk_comparison *c, const rk_measured_run *runs, const rk_compare_options *options,
                                   rocket_error *err)
{
    const rk_metric_set *sets[RK_MAX_RUNS];
    rk_bootstrap bootstrap = {
        .sets = sets, .n_sets = c->n_arms, .n_units = c->n_units, .n_resamples = c->n_resamples, .seed = options->seed
    };
    drawn d = { .runs = runs, .n_resamples = c->n_resamples };
    rocket_status status;

    for (size_t a = 0; a < c->n_arms; a++) {
        sets[a] = runs[c->arms[a].runs[0]].set;
        d.width += rk_metric_set_size(sets[a]);
    }
    d.values = rk_alloc(d.n_resamples * d.width, sizeof *d.values);
    d.column = rk_alloc(d.n_resamples, sizeof *d.column);
    bootstrap.pool = rk_pool_new(options->n_threads > 0 ? options->n_threads : rk_cpu_count());
    status = d.values && d.column && bootstrap.pool
                 ? rk_bootstrap_run(d.values, &bootstrap, err)
                 : rk_fail(err, ROCKET_FAILED, "no memory for %zu resamples", d.n_resamples);
    if (status == ROCKET_OK)
        status = take_metrics(c, &d, err);
    rk_pool_free(bootstrap.pool);
    rk_free(d.values);
    rk_free(d.column);
    return status;
}

static rocket_status compare_rows(rk_comparison *c, const rk_compare_options *options, rocket_error *err)
{
    rk_measured_run *runs = rk_arena_alloc(&c->arena, c->n_runs, sizeof *runs);

    RK_FAIL_IF(!runs, FAILED, err, "out of memory");
    c->n_resamples = options->n_resamples;
    rocket_status status = rk_measure_runs(runs, c, options, err);
    if (status == ROCKET_OK)
        status = choose_nets(c, options->net, err); /* of files of rows they are known now */
    if (status == ROCKET_OK)
        status = draw_and_take(c, runs, options, err);
    for (size_t i = 0; i < c->n_runs; i++)
        rk_metric_set_free(runs[i].set);
    return status;
}

static rocket_status compare(rk_comparison *c, const char *const *paths, size_t n_paths,
                             const rk_compare_options *options, rocket_error *err)
{
    c->runs = rk_arena_alloc(&c->arena, n_paths, sizeof *c->runs);
    RK_FAIL_IF(!c->runs, FAILED, err, "out of memory");
    for (; c->n_runs < n_paths; c->n_runs++)
        RK_TRY(rk_run_record_read(&c->runs[c->n_runs], &c->arena, paths[c->n_runs], err));
    RK_TRY(make_arms(c, options, err));
    if (c->kind == RK_COMPARE_USERS)
        return compare_rows(c, options, err);
    RK_FAIL_IF(options->paths, USAGE, err, "-i: only single runs with --bootstrap are evaluated again");
    RK_TRY(check_evals(c, err));
    RK_TRY(choose_nets(c, options->net, err));
    return compare_records(c, err);
}

rocket_status rk_compare(rk_comparison *out, const char *const *paths, size_t n_paths,
                         const rk_compare_options *options, rocket_error *err)
{
    rk_comparison c = { .level = options->level };

    RK_FAIL_IF(n_paths < 2 || n_paths > RK_MAX_RUNS, USAGE, err, "expected 2 to %d runs to compare, found %zu",
               RK_MAX_RUNS, n_paths);
    rk_arena_init(&c.arena, 0);
    rocket_status status = compare(&c, paths, n_paths, options, err);
    if (status == ROCKET_OK)
        *out = c;
    else
        rk_comparison_clear(&c);
    return status;
}

void rk_comparison_clear(rk_comparison *c)
{
    for (size_t i = 0; i < c->n_runs; i++)
        rk_run_record_clear(&c->runs[i]);
    rk_arena_clear(&c->arena);
    *c = (rk_comparison){ 0 };
}

int rk_compare_verdict(const rk_compared_metric *metric, size_t arm)
{
    const rk_interval *interval = &metric->arms[arm].interval;
    int sign = interval->low > 0 ? 1 : interval->high < 0 ? -1 : 0;

    return metric->better == RK_NEITHER_IS_BETTER ? 0 : metric->better == RK_SMALLER_IS_BETTER ? -sign : sign;
}
