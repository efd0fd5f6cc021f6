/* Lines, their fields and their headers.
 *
 * A line is a row whatever it holds: a quoted newline cannot span lines, so blocks are cut at the last newline without
 * looking at what is between, and lines are found by memchr. A field is borrowed from the line; only one with doubled
 * quotes is copied.
 */
#include "csv_line.h"

#include <string.h>

#include "error.h"
#include "faults.h"
#include "text.h"
#include "value.h"

void rk_csv_stops_init(rk_csv_stops *stops, char separator)
{
    memset(stops, 0, sizeof *stops);
    stops->at[(unsigned char)separator] = stops->at['"'] = stops->at['\r'] = true;
}

size_t rk_line_cut(const char *text, size_t n, bool at_end)
{
    if (at_end)
        return n;
    const char *last = n > 0 ? memrchr(text, '\n', n) : NULL;
    return last ? (size_t)(last - text) + 1 : 0;
}

size_t rk_line_next(const char *text, size_t n)
{
    const char *end = memchr(text, '\n', n);

    return end ? (size_t)(end - text) + 1 : n;
}

rk_text rk_line_without_end(rk_text record)
{
    if (record.n > 0 && record.data[record.n - 1] == '\n')
        record.n--;
    if (record.n > 0 && record.data[record.n - 1] == '\r')
        record.n--;
    return record;
}

/* The cursor stands behind the opening quote. */
static rocket_status take_quoted(rk_csv_cursor *c, rk_text *field, rocket_error *err)
{
    const char *start = c->p, *quote;
    char *out = NULL;

    for (;;) {
        quote = c->p < c->end ? memchr(c->p, '"', (size_t)(c->end - c->p)) : NULL;
        RK_FAIL_IF(!quote, DATA, err, "expected a closing quote before the end of the line, found none");
        bool doubled = quote + 1 < c->end && quote[1] == '"';
        if (!doubled && !out)
            break;
        if (!out)
            out = c->scratch;
        size_t n = (size_t)(quote - c->p) + doubled;
        memcpy(out, c->p, n);
        out += n;
        c->p = quote + 2;
        if (!doubled)
            break;
    }
    RK_FAIL_IF(quote + 1 < c->end && quote[1] != c->separator, DATA, err,
               "expected a separator behind the closing quote, found text (a quote inside quotes is written \"\")");
    *field = (rk_text){ start, (size_t)(quote - start) };
    if (out) {
        *field = (rk_text){ c->scratch, (size_t)(out - c->scratch) };
        c->scratch = out;
    }
    c->p = quote + 1;
    return ROCKET_OK;
}

/* The next field; afterwards the cursor stands at the separator behind it, or at the end. */
rocket_status rk_csv_take(rk_csv_cursor *c, rk_text *field, rocket_error *err)
{
    const char *p = c->p;

    if (p < c->end && *p == '"') {
        c->p++;
        return take_quoted(c, field, err);
    }
    while (p < c->end && !c->stops->at[(unsigned char)*p])
        p++;
    RK_FAIL_IF(p < c->end && *p != c->separator, DATA, err, "%s",
               *p == '"' ? "expected no quote inside an unquoted field, found one"
                         : "expected no carriage return inside a line, found one");
    *field = (rk_text){ c->p, (size_t)(p - c->p) };
    c->p = p;
    return ROCKET_OK;
}

rocket_status rk_csv_fail_count(size_t n, const rk_layout *layout, rk_row *row, rocket_error *err)
{
    row->bad_column = 0;
    return rk_fail(err, ROCKET_DATA, "%zu field%s, expected %zu (columns of %s); set ignore_error to drop such rows", n,
                   n == 1 ? "" : "s", layout->n_columns,
                   layout->n_columns == layout->n_fields ? "data_config.input_fields" : "the header");
}

/* Which of input_fields has this name; RK_NONE: the column is not wanted. */
static rocket_status match_column(size_t *out, const rk_resolved *view, rk_text name, bool *seen, rocket_error *err)
{
    *out = RK_NONE;
    for (size_t i = 0; i < view->n_fields; i++) {
        if (strlen(view->fields[i].name) != name.n || memcmp(view->fields[i].name, name.data, name.n) != 0)
            continue;
        RK_FAIL_IF(seen[i], DATA, err, "column \"%s\" stands twice in the header", view->fields[i].name);
        seen[i] = true;
        *out = i;
        return ROCKET_OK;
    }
    return ROCKET_OK;
}

static rocket_status fail_missing(const char *name, const char *const *names, size_t n, rocket_error *err)
{
    char hint[RK_HINT_BYTES];

    return rk_fail(err, ROCKET_DATA, "column \"%s\" of data_config.input_fields is not in the header%s", name,
                   rk_did_you_mean(hint, name, names, n));
}

/* One pass over a header line: names go to names and field_of unless these are NULL. */
static rocket_status scan_header(size_t *n, rk_csv_cursor c, const char **names, rk_arena *arena, rocket_error *err)
{
    for (*n = 0;; c.p++) {
        rk_text name;

        RK_TRY(rk_csv_take(&c, &name, err));
        if (names) {
            names[*n] = rk_arena_strndup(arena, name.data, name.n);
            RK_FAIL_IF(!names[*n], FAILED, err, "out of memory");
        }
        ++*n;
        if (c.p == c.end)
            return ROCKET_OK;
    }
}

static rocket_status layout_of_header(rk_layout *out, rk_arena *arena, const rk_resolved *view, rk_text header,
                                      rocket_error *err)
{
    rk_text line = rk_line_without_end(header);
    rk_csv_cursor c = { line.data, line.data + line.n, out->state, out->separator,
                        rk_arena_alloc(arena, line.n + 1, 1) };
    bool *seen = rk_arena_alloc(arena, view->n_fields + 1, sizeof *seen);

    RK_FAIL_IF(rk_arena_failed(arena), FAILED, err, "out of memory");
    RK_FAIL_IF(line.n == 0, DATA, err, "expected a header with the names of the columns, found an empty line");
    RK_TRY(scan_header(&out->n_columns, c, NULL, arena, err));
    const char **names = rk_arena_alloc(arena, out->n_columns, sizeof *names);
    size_t *field_of = rk_arena_alloc(arena, out->n_columns, sizeof *field_of);
    RK_FAIL_IF(rk_arena_failed(arena), FAILED, err, "out of memory");
    RK_TRY(scan_header(&out->n_columns, c, names, arena, err));
    for (size_t i = 0; i < out->n_columns; i++)
        RK_TRY(match_column(&field_of[i], view, (rk_text){ names[i], strlen(names[i]) }, seen, err));
    for (size_t i = 0; i < view->n_fields; i++)
        if (!seen[i] && !(out->optional && out->optional[i]))
            return fail_missing(view->fields[i].name, names, out->n_columns, err);
    out->field_of = field_of;
    return ROCKET_OK;
}

rocket_status rk_csv_layout(rk_layout *out, rk_arena *arena, const rk_config *config, const rk_text *header,
                            rocket_error *err)
{
    const rk_resolved *view = rk_config_view(config);
    rk_csv_stops *stops = rk_arena_alloc(arena, 1, sizeof *stops);
    size_t *field_of = rk_arena_alloc(arena, view->n_fields + 1, sizeof *field_of);
    rk_layout made = { .n_fields = view->n_fields,
                       .n_columns = view->n_fields,
                       .separator = view->data->separator[0],
                       .optional = out->optional };

    RK_FAIL_IF(rk_arena_failed(arena), FAILED, err, "out of memory");
    rk_csv_stops_init(stops, made.separator);
    made.state = stops;
    made.field_of = field_of;
    for (size_t i = 0; i < view->n_fields; i++)
        field_of[i] = i;
    if (header)
        RK_TRY(layout_of_header(&made, arena, view, *header, err));
    *out = made;
    return ROCKET_OK;
}

bool rk_csv_has_header(const rk_config *config)
{
    return rk_config_view(config)->data->with_header;
}

void rk_csv_check_separator(const rk_config *config, rk_faults *faults, const char *name, const char *separator)
{
    const Rocket__DatasetConfig *data = rk_config_view(config)->data;
    char found[RK_FOUND_BYTES];

    if (strlen(separator) != 1 || strchr("\"\r\n", separator[0]))
        rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &data->base, name, 0),
                      "%s: expected one character that is no quote and no line end, found %s", name,
                      rk_found((rk_text){ separator, strlen(separator) }, found));
}

void rk_csv_check(const rk_config *config, rk_faults *faults)
{
    const Rocket__DatasetConfig *data = rk_config_view(config)->data;

    rk_csv_check_separator(config, faults, "separator", data->separator);
    if (data->selected_cols[0])
        rk_faults_add(faults, RK_FAULT_NOTE, rk_config_where(config, &data->base, "selected_cols", 0),
                      "selected_cols changes nothing here: only RTPInput reads it");
    if (strcmp(data->rtp_separator, ";") != 0)
        rk_faults_add(faults, RK_FAULT_NOTE, rk_config_where(config, &data->base, "rtp_separator", 0),
                      "rtp_separator changes nothing here: only RTPInput reads it");
}
