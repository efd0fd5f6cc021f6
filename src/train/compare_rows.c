/* See compare_rows.h. Rows of the first run are kept to compare the others' with; of these only the accumulators stay.
 */
#include "compare_rows.h"

#include <string.h>

#include "error.h"
#include "evaluate.h"
#include "log.h"
#include "rows_file.h"

/* Metrics for files of rows, which have no config. */
static rocket_status config_of_file(rk_config **out, rk_arena *arena, const char *by, rocket_error *err)
{
    const char *text = by ? rk_arena_printf(arena,
                                            "data_config { input_fields { input_name: \"%s\" } }\n"
                                            "model_config { num_class: 1 }\n"
                                            "eval_config { metrics_set { gauc { uid_field: \"%s\" } } }\n",
                                            by, by)
                          : "model_config { num_class: 1 }";

    RK_FAIL_IF(!text, FAILED, err, "out of memory");
    RK_FAIL_IF(by && strpbrk(by, "\"\\\n"), USAGE, err, "--by: expected the name of a column, found %s", by);
    rk_config_source source = { .name = "rows.config", .text = text, .n = strlen(text) };
    return rk_config_parse(out, &source, NULL, err);
}

static rocket_status score_file(rk_scored_rows *rows, rk_run_record *run, rk_comparison *c,
                                const rk_compare_options *options, rocket_error *err)
{
    rk_rows_names names = { .label = options->label, .by = c->by };

    RK_TRY(config_of_file(&run->config, &c->arena, c->by, err));
    RK_TRY(rk_rows_read(rows, run->path, &names, err));
    memcpy(run->nets, rows->nets, sizeof run->nets);
    return ROCKET_OK;
}

static rocket_status score_with(rk_scored_rows *rows, rk_run *run, const rk_run_record *record, const char *by,
                                const rk_compare_options *options, rocket_error *err)
{
    rk_keep keep = { .fields = &by, .n_fields = by != NULL, .rows = rows };
    rk_run_state state;
    rk_figures figures;

    RK_TRY(rk_bundle_load_weights(&state, record->checkpoint, run->weights, err));
    RK_TRY(rk_evaluate_keeping(&figures, &keep, run, options->paths, state.step, err));
    rk_log(RK_LOG_INFO, "%s: %llu rows in %.1f s", record->checkpoint, (unsigned long long)figures.rows,
           figures.seconds);
    rk_figures_clear(&figures);
    return ROCKET_OK;
}

static rocket_status score_folder(rk_scored_rows *rows, const rk_run_record *record, const char *by,
                                  const rk_compare_options *options, rocket_error *err)
{
    rk_run_options how = { .n_threads = options->n_threads, .kept = &by, .n_kept = by != NULL };
    rk_run *run;

    RK_FAIL_IF(!record->checkpoint, DATA, err,
               "%s: expected a checkpoint to evaluate, found none; --bootstrap 0 compares what metrics.jsonl says",
               record->path);
    rocket_status status = rk_run_open(&run, record->config, &how, err);
    if (status == ROCKET_OK) {
        status = score_with(rows, run, record, by, options, err);
        rk_run_close(run);
    }
    if (status != ROCKET_OK)
        rk_error_prefix(err, "%s", record->path);
    return status;
}

static rocket_status fail_row(const rk_comparison *c, size_t i, size_t row, const char *what, rocket_error *err)
{
    return rk_fail(err, ROCKET_DATA, "%s and %s were not evaluated on the same rows: row %zu has another %s",
                   c->runs[0].path, c->runs[i].path, row + 1, what);
}

static rocket_status check_same(const rk_comparison *c, const rk_scored_rows *a, const rk_scored_rows *b, size_t i,
                                rocket_error *err)
{
    const rk_scored_field *x = c->by ? rk_scored_rows_field(a, c->by) : NULL;
    const rk_scored_field *y = c->by ? rk_scored_rows_field(b, c->by) : NULL;

    RK_FAIL_IF(a->n != b->n, DATA, err, "%s and %s were not evaluated on the same rows: %zu and %zu of them",
               c->runs[0].path, c->runs[i].path, a->n, b->n);
    for (size_t row = 0; row < a->n; row++) {
        size_t n, m;

        if (a->labels[row] < b->labels[row] || a->labels[row] > b->labels[row])
            return fail_row(c, i, row, "label", err);
        if (!x || !y)
            continue;
        const char *text = rk_scored_text(x, x->numbers[row], &n), *other = rk_scored_text(y, y->numbers[row], &m);
        if (n != m || memcmp(text, other, n) != 0)
            return fail_row(c, i, row, c->by, err);
    }
    return ROCKET_OK;
}

static rocket_status measure(rk_measured_run *out, rk_comparison *c, const rk_scored_rows *rows,
                             const rk_config *config, rocket_error *err)
{
    const rk_scored_field *by = c->by ? rk_scored_rows_field(rows, c->by) : NULL;
    rk_row_choice choice = { .n = rows->n, .units = true, .by = by };

    RK_TRY(rk_scored_rows_measure(&out->set, rows, config, &choice, err));
    out->values = rk_arena_alloc(&c->arena, rk_metric_set_size(out->set), sizeof *out->values);
    RK_FAIL_IF(!out->values, FAILED, err, "out of memory");
    c->n_rows = rows->n;
    c->n_units = by ? by->n_texts : rows->n;
    return rk_metric_set_values(out->values, out->set, NULL, err);
}

/* Of the first config; files of rows have none. */
static const char *choose_by(const rk_comparison *c, const rk_compare_options *options)
{
    const char *by = options->by;

    for (size_t i = 0; i < c->n_runs && !by; i++)
        by = c->runs[i].is_file ? NULL : rk_unit_field(c->runs[i].config);
    return by;
}

static rocket_status measure_run(rk_measured_run *out, rk_comparison *c, size_t i, rk_scored_rows *first,
                                 const rk_compare_options *options, rocket_error *err)
{
    rk_run_record *run = &c->runs[i];
    rk_scored_rows rows, *mine = i == 0 ? first : &rows;
    rocket_status status =
        run->is_file ? score_file(mine, run, c, options, err) : score_folder(mine, run, c->by, options, err);

    if (status != ROCKET_OK)
        return status;
    if (i > 0)
        status = check_same(c, first, mine, i, err);
    if (status == ROCKET_OK)
        status = measure(out, c, mine, run->config, err);
    if (i > 0)
        rk_scored_rows_clear(mine);
    return status;
}

rocket_status rk_measure_runs(rk_measured_run *runs, rk_comparison *c, const rk_compare_options *options,
                              rocket_error *err)
{
    rk_scored_rows first = { 0 };
    rocket_status status = ROCKET_OK;

    c->by = choose_by(c, options);
    for (size_t i = 0; i < c->n_runs && status == ROCKET_OK; i++)
        status = measure_run(&runs[i], c, i, &first, options, err);
    rk_scored_rows_clear(&first);
    return status;
}
