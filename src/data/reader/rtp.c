/* RTPInput: rows as a feature server logs them, a line with labels and one packed column of features (easyrec.md 3.8).
 *
 * The outer fields lie between rtp_separator, quotes as in CSVInput. selected_cols names, by index, the columns of the
 * labels, in the order of label_fields, and at last the packed one, whose pieces lie between `separator` and are all
 * other input_fields in their order; empty pieces are kept, and stand for default_val. Integers among them may be
 * written as any number, whose fraction is dropped; those of labels may not. Upstream takes the number of columns from
 * the first line; here lines may have more columns than those selected, which nobody reads, but not fewer.
 */
#include <math.h>
#include <string.h>

#include "csv_line.h"
#include "error.h"
#include "faults.h"
#include "number.h"
#include "value.h"

enum { MAX_COLUMN = 9999 };

/* The layout's n_columns and field_of are those of the outer line. */
typedef struct packing {
    rk_csv_stops stops;
    size_t column;        /* the packed one */
    const size_t *fields; /* [n] input_fields of its pieces */
    size_t n;
    char separator;
} packing;

static bool has_header(const rk_config *config)
{
    (void)config;
    return false;
}

/* Number i of selected_cols. false: there is none, or it is no index. */
static bool selected(const char *text, size_t i, size_t *column)
{
    int64_t number = -1;

    for (; i > 0; i--) {
        text = strchr(text, ',');
        if (!text)
            return false;
        text++;
    }
    if (!rk_parse_i64(text, strcspn(text, ","), &number) || number < 0 || number > MAX_COLUMN)
        return false;
    *column = (size_t)number;
    return true;
}

static size_t count_selected(const char *text)
{
    size_t n = text[0] != '\0';

    for (; *text; text++)
        n += *text == ',';
    return n;
}

/* All given columns but one are different; that one is returned, or RK_NONE. */
static size_t find_repeated(const char *text, size_t n)
{
    size_t a = 0, b = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            if (selected(text, i, &a) && selected(text, j, &b) && a == b)
                return a;
    return RK_NONE;
}

static void check_selected(const rk_config *config, rk_faults *faults)
{
    const Rocket__DatasetConfig *data = rk_config_view(config)->data;
    const char *where = rk_config_where(config, &data->base, "selected_cols", 0), *text = data->selected_cols;
    size_t n = count_selected(text), column = 0;
    char found[RK_FOUND_BYTES];

    rk_found((rk_text){ text, strlen(text) }, found);
    if (n != data->n_label_fields + 1) {
        rk_faults_add(
            faults, RK_FAULT_ERROR, where,
            "selected_cols: expected the columns of %zu label%s and of the packed features, %zu numbers, found "
            "%s",
            data->n_label_fields, data->n_label_fields == 1 ? "" : "s", data->n_label_fields + 1, found);
        return;
    }
    for (size_t i = 0; i < n; i++)
        if (!selected(text, i, &column)) {
            rk_faults_add(faults, RK_FAULT_ERROR, where,
                          "selected_cols: expected indices of columns from 0 to %d between commas, found %s",
                          (int)MAX_COLUMN, found);
            return;
        }
    column = find_repeated(text, n);
    if (column != RK_NONE)
        rk_faults_add(faults, RK_FAULT_ERROR, where, "selected_cols: column %zu stands in %s twice", column, found);
}

static void check(const rk_config *config, rk_faults *faults)
{
    const Rocket__DatasetConfig *data = rk_config_view(config)->data;

    rk_csv_check_separator(config, faults, "rtp_separator", data->rtp_separator);
    rk_csv_check_separator(config, faults, "separator", data->separator);
    if (data->separator[0] && data->separator[0] == data->rtp_separator[0])
        rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &data->base, "separator", 0),
                      "separator: expected another character than rtp_separator, found the same");
    if (data->with_header)
        rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &data->base, "with_header", 0),
                      "with_header: files of RTPInput have no header, selected_cols says where the columns are");
    check_selected(config, faults);
}

/* Labels to their columns, everything else to the packed one. */
static void place_fields(rk_layout *out, packing *state, size_t *field_of, size_t *fields, const rk_config *config)
{
    const rk_resolved *view = rk_config_view(config);
    size_t column = 0;

    for (size_t i = 0; i < out->n_columns; i++)
        field_of[i] = RK_NONE;
    for (size_t i = 0; selected(view->data->selected_cols, i, &column); i++)
        if (i < view->data->n_label_fields)
            field_of[column] = rk_field_find(view, view->data->label_fields[i]);
    state->column = column;
    for (size_t i = 0; i < view->n_fields; i++)
        if (!view->fields[i].label)
            fields[state->n++] = i;
    state->fields = fields;
    out->field_of = field_of;
    out->state = state;
}

static rocket_status layout(rk_layout *out, rk_arena *arena, const rk_config *config, const rk_text *header,
                            rocket_error *err)
{
    const rk_resolved *view = rk_config_view(config);
    rk_layout made = { .n_fields = view->n_fields, .separator = view->data->rtp_separator[0] };
    size_t column = 0;

    (void)header;
    for (size_t i = 0; selected(view->data->selected_cols, i, &column); i++)
        made.n_columns = column >= made.n_columns ? column + 1 : made.n_columns;
    packing *state = rk_arena_alloc(arena, 1, sizeof *state);
    size_t *field_of = rk_arena_alloc(arena, made.n_columns + 1, sizeof *field_of);
    size_t *fields = rk_arena_alloc(arena, view->n_fields + 1, sizeof *fields);
    RK_FAIL_IF(rk_arena_failed(arena), FAILED, err, "out of memory");
    state->separator = view->data->separator[0];
    rk_csv_stops_init(&state->stops, made.separator);
    place_fields(&made, state, field_of, fields, config);
    *out = made;
    return ROCKET_OK;
}

/* The packed column. Pieces of a quoted one may lie in scratch memory: then its own place stands for theirs. */
static rocket_status unpack(rk_row *row, const packing *state, rk_text line, rk_text packed, rocket_error *err)
{
    const char *p = packed.data, *end = p + packed.n;
    bool borrowed = p >= line.data && p <= line.data + line.n;
    size_t n = 0;

    for (;; p++) {
        const char *stop = p < end ? memchr(p, state->separator, (size_t)(end - p)) : NULL;

        if (!stop)
            stop = end;
        if (n < state->n) {
            row->fields[state->fields[n]] = (rk_text){ p, (size_t)(stop - p) };
            row->columns[state->fields[n]] = borrowed ? (size_t)(p - line.data) + 1 : row->bad_column;
        }
        n++;
        p = stop;
        if (p == end)
            break;
    }
    RK_FAIL_IF(n != state->n, DATA, err,
               "%zu packed feature%s, expected %zu (data_config.input_fields without the labels); set ignore_error to "
               "drop such rows",
               n, n == 1 ? "" : "s", state->n);
    return ROCKET_OK;
}

static rocket_status parse(rk_row *row, const rk_layout *layout, rk_text record, rocket_error *err)
{
    const packing *state = layout->state;
    rk_text line = rk_line_without_end(record), field;
    rk_csv_cursor c = { line.data, line.data + line.n, &state->stops, layout->separator, row->scratch };
    size_t n = 0;

    for (;; c.p++) {
        row->bad_column = (size_t)(c.p - line.data) + 1;
        RK_TRY(rk_csv_take(&c, &field, err));
        if (n == state->column)
            RK_TRY(unpack(row, state, line, field, err));
        rk_csv_put(row, layout, n++, row->bad_column, field);
        if (c.p == c.end)
            break;
    }
    row->bad_column = 0;
    RK_FAIL_IF(n < layout->n_columns, DATA, err,
               "%zu field%s, expected at least %zu (data_config.selected_cols); set ignore_error to drop such rows", n,
               n == 1 ? "" : "s", layout->n_columns);
    return ROCKET_OK;
}

/* 2^63 is a double, the largest integer of 64 bits is not. */
static bool truncate_to(double number, int bits, int64_t *out)
{
    double limit = ldexp(1, bits - 1), whole = trunc(number);

    if (!(whole >= -limit && whole < limit))
        return false;
    *out = (int64_t)whole;
    return true;
}

static rocket_status value(rk_value *out, int type, rk_text text, rocket_error *err)
{
    int bits = type == ROCKET__DATASET_CONFIG__FIELD_TYPE__INT32   ? 32
               : type == ROCKET__DATASET_CONFIG__FIELD_TYPE__INT64 ? 64
                                                                   : 0;
    char found[RK_FOUND_BYTES];
    double number = 0;
    int64_t i = 0;

    if (bits == 0)
        return rk_value_parse(out, type, text, err);
    RK_FAIL_IF(!rk_parse_double(text.data, text.n, &number), DATA, err, "expected a number, found %s",
               rk_found(text, found));
    RK_FAIL_IF(!truncate_to(number, bits, &i), DATA, err, "expected a number within %d bits, found %s", bits,
               rk_found(text, found));
    *out = (rk_value){ .text = text, .type = type, .i = i, .d = (double)i };
    return ROCKET_OK;
}

const rk_reader_def rk_reader_rtp = {
    .type = ROCKET__DATASET_CONFIG__INPUT_TYPE__RTPInput,
    .name = "RTPInput",
    .doc = "lines of labels and one packed column of features",
    .check = check,
    .has_header = has_header,
    .layout = layout,
    .cut = rk_line_cut,
    .next = rk_line_next,
    .parse = parse,
    .value = value,
};
