/* See eval_report.h. */
#include "eval_report.h"

#include <math.h>
#include <string.h>

#include "common.h"

/* ---- JSON ---- */

static void put_name(rk_buf *out, const char *name)
{
    rk_buf_json_string(out, name, strlen(name));
    rk_buf_puts(out, ": ");
}

static void put_member(rk_buf *out, const char *name, double value)
{
    rk_buf_puts(out, ", ");
    put_name(out, name);
    rk_buf_json_number(out, value);
}

static void put_intervals(rk_buf *out, const rk_eval_report *report)
{
    rk_buf_puts(out, ", \"intervals\": {\"level\": ");
    rk_buf_json_number(out, report->level);
    rk_buf_puts(out, ", \"by\": ");
    if (report->by)
        rk_buf_json_string(out, report->by, strlen(report->by));
    else
        rk_buf_puts(out, "null");
    put_member(out, "units", (double)report->n_units);
    put_member(out, "resamples", (double)report->n_resamples);
    for (size_t i = 0; i < report->n_intervals; i++) {
        rk_buf_puts(out, ", ");
        put_name(out, report->figures->item[i].name);
        rk_buf_puts(out, "[");
        rk_buf_json_number(out, report->intervals[i].low);
        rk_buf_puts(out, ", ");
        rk_buf_json_number(out, report->intervals[i].high);
        rk_buf_puts(out, "]");
    }
    rk_buf_puts(out, "}");
}

static void put_slice(rk_buf *out, const rk_slices *slices, const rk_slice *slice)
{
    if (slice->n_others > 0) {
        rk_buf_printf(out, "{\"others\": %zu", slice->n_others);
    } else {
        size_t n;
        const char *text = rk_scored_text(slices->field, slice->text, &n);

        rk_buf_puts(out, "{\"value\": ");
        rk_buf_json_string(out, text, n);
    }
    put_member(out, "rows", (double)slice->rows);
    put_member(out, "positives", (double)slice->positives);
    for (size_t i = 0; i < slices->n_results; i++)
        put_member(out, slices->results[i].name, slice->values[i]);
    rk_buf_puts(out, "}");
}

static void put_slices(rk_buf *out, const rk_eval_report *report)
{
    rk_buf_puts(out, ", \"slices\": {");
    for (size_t k = 0; k < report->n_slices; k++) {
        const rk_slices *slices = &report->slices[k];

        rk_buf_puts(out, k == 0 ? "" : ", ");
        put_name(out, slices->field->name);
        for (size_t i = 0; i < slices->n; i++) {
            rk_buf_puts(out, i == 0 ? "[" : ", ");
            put_slice(out, slices, &slices->item[i]);
        }
        rk_buf_puts(out, "]");
    }
    rk_buf_puts(out, "}");
}

static void put_json(rk_buf *out, const rk_eval_report *report)
{
    for (size_t i = 0; i < report->figures->n; i++) {
        rk_buf_puts(out, i == 0 ? "{" : ", ");
        put_name(out, report->figures->item[i].name);
        rk_buf_json_number(out, report->figures->item[i].value);
    }
    if (report->intervals)
        put_intervals(out, report);
    if (report->n_slices > 0)
        put_slices(out, report);
    rk_buf_puts(out, "}\n");
}

/* ---- a table ---- */

static void put_figures(rk_buf *out, const rk_eval_report *report)
{
    for (size_t i = 0; i < report->figures->n; i++) {
        const rk_figure *figure = &report->figures->item[i];

        rk_buf_printf(out, "%-40s %-12.6g", figure->name, figure->value);
        if (i < report->n_intervals)
            rk_buf_printf(out, " [%.6g, %.6g]", report->intervals[i].low, report->intervals[i].high);
        while (out->size > 0 && out->data[out->size - 1] == ' ')
            out->size--;
        rk_buf_puts(out, "\n");
    }
    if (report->intervals)
        rk_buf_printf(out, "[]: %g %% of %zu resamples of %zu %s%s%s\n", 100 * report->level, report->n_resamples,
                      report->n_units, report->by ? "values of \"" : "rows", report->by ? report->by : "",
                      report->by ? "\"" : "");
}

enum { VALUE_WIDTH = 24 };

/* Bytes that would upset a terminal or the columns are shown as '?'. */
static void put_value(rk_buf *out, const rk_slices *slices, const rk_slice *slice)
{
    char shown[VALUE_WIDTH + 1];
    size_t n, at = 0;
    const char *text;

    if (slice->n_others > 0) {
        rk_buf_printf(out, "(%zu others)", slice->n_others);
        return;
    }
    text = rk_scored_text(slices->field, slice->text, &n);
    for (; at < n && at < VALUE_WIDTH; at++)
        shown[at] = (unsigned char)text[at] < 0x20 || text[at] == 0x7F ? '?' : text[at];
    shown[at] = '\0';
    rk_buf_puts(out, n == 0 ? "(empty)" : shown);
}

static void put_slice_row(rk_buf *out, const rk_slices *slices, const rk_slice *slice)
{
    size_t begin = out->size;

    put_value(out, slices, slice);
    int used = (int)(out->size - begin);
    rk_buf_printf(out, "%*s %10zu %10zu", used < VALUE_WIDTH ? VALUE_WIDTH - used : 0, "", slice->rows,
                  slice->positives);
    for (size_t i = 0; i < slices->n_results; i++) {
        int width = (int)strlen(slices->results[i].name);

        if (isnan(slice->values[i]))
            rk_buf_printf(out, "  %*s", width > 9 ? width : 9, "-");
        else
            rk_buf_printf(out, "  %*.6g", width > 9 ? width : 9, slice->values[i]);
    }
    rk_buf_puts(out, "\n");
}

static void put_slice_table(rk_buf *out, const rk_slices *slices)
{
    rk_buf_printf(out, "\n%-*.*s %10s %10s", VALUE_WIDTH, VALUE_WIDTH, slices->field->name, "rows", "positives");
    for (size_t i = 0; i < slices->n_results; i++)
        rk_buf_printf(out, "  %9s", slices->results[i].name);
    rk_buf_puts(out, "\n");
    for (size_t i = 0; i < slices->n; i++)
        put_slice_row(out, slices, &slices->item[i]);
}

rocket_status rk_eval_report_print(const rk_eval_report *report, bool json, rocket_error *err)
{
    rk_buf out;

    rk_buf_init(&out, 0);
    if (json) {
        put_json(&out, report);
    } else {
        put_figures(&out, report);
        for (size_t i = 0; i < report->n_slices; i++)
            put_slice_table(&out, &report->slices[i]);
    }
    return rk_cli_print_buf(&out, err);
}
