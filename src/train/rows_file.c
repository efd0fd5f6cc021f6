/* See rows_file.h. Fields are split as everywhere in the data room (csv_line.h). */
#include "rows_file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "csv_line.h"
#include "error.h"
#include "file.h"
#include "mem.h"
#include "number.h"
#include "value.h"

/* ---- writing ---- */

static void put_text(rk_buf *out, const char *text, size_t n)
{
    bool plain = !memchr(text, ',', n) && !memchr(text, '"', n) && !memchr(text, '\n', n) && !memchr(text, '\r', n);

    if (plain) {
        rk_buf_append(out, text, n);
        return;
    }
    rk_buf_puts(out, "\"");
    for (size_t i = 0; i < n; i++)
        rk_buf_append(out, text[i] == '"' ? "\"\"" : &text[i], text[i] == '"' ? 2 : 1);
    rk_buf_puts(out, "\"");
}

static void put_float(rk_buf *out, float value)
{
    char digits[RK_NUMBER_BYTES];

    rk_buf_append(out, digits, rk_format_float(digits, value));
}

static void put_header(rk_buf *out, const rk_scored_rows *rows)
{
    rk_buf_puts(out, "label");
    for (size_t i = 0; i < rows->n_fields; i++) {
        rk_buf_puts(out, ",");
        put_text(out, rows->fields[i].name, strlen(rows->fields[i].name));
    }
    for (int net = 0; net < RK_N_NETS; net++)
        if (rows->nets[net])
            rk_buf_printf(out, ",logits_%s,probs_%s", rk_net_names[net], rk_net_names[net]);
    rk_buf_puts(out, "\n");
}

static void put_row(rk_buf *out, const rk_scored_rows *rows, size_t row)
{
    put_float(out, rows->labels[row]);
    for (size_t i = 0; i < rows->n_fields; i++) {
        size_t n;
        const char *text = rk_scored_text(&rows->fields[i], rows->fields[i].numbers[row], &n);

        rk_buf_puts(out, ",");
        put_text(out, text, n);
    }
    for (int net = 0; net < RK_N_NETS; net++) {
        const float *z = rows->logits[net], *p = rows->probs[net];

        if (!rows->nets[net])
            continue;
        rk_buf_puts(out, ",");
        put_float(out, rows->n_classes == 1 ? z[row] : z[2 * row + 1] - z[2 * row]);
        rk_buf_puts(out, ",");
        put_float(out, rows->n_classes == 1 ? p[row] : p[2 * row + 1]);
    }
    rk_buf_puts(out, "\n");
}

rocket_status rk_rows_write(const char *path, const rk_scored_rows *rows, rocket_error *err)
{
    enum { FLUSH_BYTES = 1 << 20 };
    rk_atomic_file *file;
    rk_buf text;

    RK_FAIL_IF(rows->n_classes > 2, CONFIG, err, "%s: rows are written for num_class 1 or 2, this model has %lld", path,
               (long long)rows->n_classes);
    RK_TRY(rk_atomic_open(&file, path, err));
    rk_buf_init(&text, 0);
    put_header(&text, rows);
    for (size_t row = 0; row < rows->n; row++) {
        put_row(&text, rows, row);
        if (text.size < FLUSH_BYTES || rk_buf_failed(&text))
            continue;
        rk_atomic_write(file, text.data, text.size);
        rk_buf_reset(&text);
    }
    bool failed = rk_buf_failed(&text);
    if (!failed)
        rk_atomic_write(file, text.data, text.size);
    rk_buf_clear(&text);
    if (failed) {
        rk_atomic_abort(file);
        return rk_fail(err, ROCKET_FAILED, "%s: out of memory", path);
    }
    return rk_atomic_commit(file, err);
}

/* ---- reading ---- */

enum { ABSENT = -1 };

typedef struct reading {
    const char *name;
    const rk_rows_names *names;
    rk_scored_rows *rows;
    rk_csv_stops stops;
    char *scratch;   /* of the longest line */
    rk_text *fields; /* [RK_MAX_ROWS_COLUMNS] of the line */
    int n_columns, label, by;
    int logits[RK_N_NETS], probs[RK_N_NETS];
    size_t line;
    rk_column column; /* of the row's text */
    int64_t offsets[2];
} reading;

static rocket_status split(reading *r, rk_text line, int *n, rocket_error *err)
{
    rk_csv_cursor cursor = {
        .p = line.data, .end = line.data + line.n, .stops = &r->stops, .separator = ',', .scratch = r->scratch
    };

    for (*n = 0; *n < RK_MAX_ROWS_COLUMNS; cursor.p++) {
        rocket_status status = rk_csv_take(&cursor, &r->fields[*n], err);
        if (status != ROCKET_OK) {
            rk_error_prefix(err, "%s:%zu", r->name, r->line);
            return status;
        }
        ++*n;
        if (cursor.p >= cursor.end)
            return ROCKET_OK;
    }
    return rk_fail(err, ROCKET_DATA, "%s:%zu: expected at most %d columns, found more", r->name, r->line,
                   RK_MAX_ROWS_COLUMNS);
}

static int find_column(const reading *r, const char *name)
{
    for (int i = 0; i < r->n_columns; i++)
        if (r->fields[i].n == strlen(name) && memcmp(r->fields[i].data, name, r->fields[i].n) == 0)
            return i;
    return ABSENT;
}

static rocket_status need_column(int *out, const reading *r, const char *name, const char *option, rocket_error *err)
{
    *out = find_column(r, name);
    RK_FAIL_IF(*out == ABSENT, DATA, err, "%s:1: expected a column \"%s\" in the header; %s names another", r->name,
               name, option);
    return ROCKET_OK;
}

static rocket_status read_header(reading *r, rk_text line, rocket_error *err)
{
    char name[64];
    bool any = false;

    RK_TRY(split(r, line, &r->n_columns, err));
    RK_TRY(need_column(&r->label, r, r->names->label, "--label", err));
    r->by = ABSENT;
    if (r->names->by)
        RK_TRY(need_column(&r->by, r, r->names->by, "--by", err));
    for (int net = 0; net < RK_N_NETS; net++) {
        snprintf(name, sizeof name, "probs_%s_1", rk_net_names[net]);
        r->logits[net] = ABSENT;
        r->probs[net] = find_column(r, name);
        if (r->probs[net] == ABSENT) {
            snprintf(name, sizeof name, "probs_%s", rk_net_names[net]);
            r->probs[net] = find_column(r, name);
            snprintf(name, sizeof name, "logits_%s", rk_net_names[net]);
            r->logits[net] = find_column(r, name);
        }
        r->rows->nets[net] = r->probs[net] != ABSENT || r->logits[net] != ABSENT;
        any |= r->rows->nets[net];
    }
    RK_FAIL_IF(!any, DATA, err,
               "%s:1: expected a column of scores (probs_light, probs_light_1, logits_light) in the header", r->name);
    return ROCKET_OK;
}

static rocket_status take_number(float *out, const reading *r, int column, rocket_error *err)
{
    rk_text field = r->fields[column];
    char found[RK_FOUND_BYTES];

    RK_FAIL_IF(!rk_parse_float(field.data, field.n, out) || !isfinite(*out), DATA, err,
               "%s:%zu: column %d: expected a number, found %s", r->name, r->line, column + 1, rk_found(field, found));
    return ROCKET_OK;
}

/* What of the two is missing comes from the other; a probability of 0 or 1 stands for the nearest that is neither. */
static rocket_status take_score(float *logit, float *prob, const reading *r, int net, rocket_error *err)
{
    static const double nearest = 0x1p-25;

    if (r->probs[net] == ABSENT) {
        RK_TRY(take_number(logit, r, r->logits[net], err));
        *prob = (float)(1 / (1 + exp(-(double)*logit)));
        return ROCKET_OK;
    }
    RK_TRY(take_number(prob, r, r->probs[net], err));
    RK_FAIL_IF(*prob < 0 || *prob > 1, DATA, err, "%s:%zu: column %d: expected a probability, found %g", r->name,
               r->line, r->probs[net] + 1, (double)*prob);
    if (r->logits[net] != ABSENT)
        return take_number(logit, r, r->logits[net], err);
    double p = fmin(fmax((double)*prob, nearest), 1 - nearest);
    *logit = (float)log(p / (1 - p));
    return ROCKET_OK;
}

static const rk_column *text_column(void *ctx, const char *field)
{
    reading *r = ctx;

    (void)field;
    r->offsets[1] = (int64_t)r->fields[r->by].n;
    r->column = (rk_column){ .kind = RK_COLUMN_BYTES, .offsets = r->offsets, .bytes = (char *)r->fields[r->by].data };
    return &r->column;
}

static rocket_status read_row(reading *r, rk_text line, rocket_error *err)
{
    float label, logit, prob;
    rk_metric_batch batch = { .n_rows = 1, .n_classes = 1, .labels = &label, .logits = &logit, .probs = &prob };
    int n;

    RK_TRY(split(r, line, &n, err));
    RK_FAIL_IF(n != r->n_columns, DATA, err, "%s:%zu: %d fields, expected %d as in the header", r->name, r->line, n,
               r->n_columns);
    RK_TRY(take_number(&label, r, r->label, err));
    for (int net = 0; net < RK_N_NETS; net++) {
        if (!r->rows->nets[net])
            continue;
        RK_TRY(take_score(&logit, &prob, r, net, err));
        RK_TRY(rk_scored_rows_put(r->rows, net, &batch, err));
    }
    return rk_scored_rows_add(r->rows, &batch, text_column, r, err);
}

static rocket_status read_lines(reading *r, const char *text, size_t n, rocket_error *err)
{
    for (size_t at = 0; at < n; r->line++) {
        rk_text line = { .data = text + at, .n = rk_line_next(text + at, n - at) };

        at += line.n;
        line = rk_line_without_end(line);
        if (r->line == 1)
            RK_TRY(read_header(r, line, err));
        else
            RK_TRY(read_row(r, line, err));
    }
    RK_FAIL_IF(r->rows->n == 0, DATA, err, "%s: expected a header and rows, found none", r->name);
    return ROCKET_OK;
}

rocket_status rk_rows_parse(rk_scored_rows *out, const char *name, const char *text, size_t n,
                            const rk_rows_names *names, rocket_error *err)
{
    static const bool none[RK_N_NETS] = { false };
    rk_scored_rows rows;
    reading r = { .name = name, .names = names, .rows = &rows, .line = 1 };

    RK_TRY(rk_scored_rows_init(&rows, 1, none, &names->by, names->by != NULL, err));
    rk_csv_stops_init(&r.stops, ',');
    r.scratch = rk_alloc(n, 1);
    r.fields = rk_alloc(RK_MAX_ROWS_COLUMNS, sizeof *r.fields);
    rocket_status status =
        r.scratch && r.fields ? read_lines(&r, text, n, err) : rk_fail(err, ROCKET_FAILED, "%s: out of memory", name);
    rk_free(r.scratch);
    rk_free(r.fields);
    if (status == ROCKET_OK)
        *out = rows;
    else
        rk_scored_rows_clear(&rows);
    return status;
}

rocket_status rk_rows_read(rk_scored_rows *out, const char *path, const rk_rows_names *names, rocket_error *err)
{
    rk_buf text;

    rk_buf_init(&text, RK_MAX_ROWS_BYTES);
    rocket_status status = rk_file_read_text(&text, path, err);
    if (status == ROCKET_OK)
        status = rk_rows_parse(out, path, text.data ? text.data : "", text.size, names, err);
    rk_buf_clear(&text);
    return status;
}
