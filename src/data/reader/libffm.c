/* LibffmInput, which upstream does not have: a line is `label field:index:value field:index:value ...`.
 *
 * Columns are called by the numbers of the file's fields. One of type STRING has the field's pairs, `index:value` with
 * a blank between: a TagFeature with separator ' ' and kv_separator ':' makes of them a bag of rows with weights. One
 * of INT32 or INT64 has the index, for an IdFeature, and one of FLOAT or DOUBLE the value, for a RawFeature; both want
 * one pair. A field that the line does not have is default_val. The label -1 counts as 0.
 */
#include <string.h>

#include "csv_line.h"
#include "error.h"
#include "faults.h"
#include "pair_line.h"

#define TYPE(name) ROCKET__DATASET_CONFIG__FIELD_TYPE__##name

typedef struct triple {
    uint64_t field;
    rk_text index, value, pair; /* pair: index:value */
} triple;

static void check(const rk_config *config, rk_faults *faults)
{
    const rk_resolved *view = rk_config_view(config);
    uint64_t number;

    rk_pair_check(config, faults);
    for (size_t i = 0; i < view->n_fields; i++) {
        const Rocket__DatasetConfig__Field *field = view->fields[i].config;
        const char *name = view->fields[i].name;

        if (view->fields[i].label)
            continue;
        if (!rk_pair_number((rk_text){ name, strlen(name) }, &number))
            rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &field->base, "input_name", 0),
                          "input_name: expected the number of a libffm field, found \"%s\"", name);
        if (field->input_type == TYPE(BOOL))
            rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &field->base, "input_type", 0),
                          "input_type: expected STRING for pairs, INT for an index or FLOAT for a value, found BOOL");
    }
}

static rocket_status split(triple *out, rk_text piece, rocket_error *err)
{
    const char *end = piece.data + piece.n, *first = memchr(piece.data, ':', piece.n);
    const char *second = first ? memchr(first + 1, ':', (size_t)(end - first - 1)) : NULL;
    char found[RK_FOUND_BYTES];
    uint64_t index;

    if (second) {
        out->index = (rk_text){ first + 1, (size_t)(second - first - 1) };
        out->value = (rk_text){ second + 1, (size_t)(end - second - 1) };
        out->pair = (rk_text){ first + 1, (size_t)(end - first - 1) };
    }
    RK_FAIL_IF(!second || !rk_pair_number((rk_text){ piece.data, (size_t)(first - piece.data) }, &out->field) ||
                   !rk_pair_number(out->index, &index),
               DATA, err, "expected field:index:value, found %s", rk_found(piece, found));
    return ROCKET_OK;
}

/* A column of numbers: the pair's index or its value. */
static rocket_status put_number(rk_row *row, size_t field, int type, const triple *t, rocket_error *err)
{
    bool index = type == TYPE(INT32) || type == TYPE(INT64);
    float value = 0;
    char found[RK_FOUND_BYTES];

    RK_FAIL_IF(row->fields[field].data, DATA, err,
               "expected one pair of field %llu, found several: a column of several is a STRING",
               (unsigned long long)t->field);
    if (index) {
        RK_TRY(rk_text_float(&value, t->value, err));
        RK_FAIL_IF(value < 1 || value > 1, DATA, err,
                   "expected the value 1 where a column of integers takes the index, found %s: a STRING keeps both",
                   rk_found(t->value, found));
    }
    row->fields[field] = index ? t->index : t->value;
    return ROCKET_OK;
}

/* First time: how long the texts become; numbers are taken at once. */
static rocket_status measure(rk_row *row, const rk_pair_columns *columns, rk_text line, rk_text rest, rocket_error *err)
{
    triple t;
    rk_text piece;

    while (rk_next_piece(&rest, &columns->blanks, &piece)) {
        row->bad_column = (size_t)(piece.data - line.data) + 1;
        RK_TRY(split(&t, piece, err));
        size_t field = rk_pair_field(columns, t.field);
        if (field == RK_NONE)
            continue;
        if (columns->types[field] != TYPE(STRING))
            RK_TRY(put_number(row, field, columns->types[field], &t, err));
        else
            row->fields[field].n += t.pair.n + 1;
        row->columns[field] = row->bad_column;
    }
    return ROCKET_OK;
}

/* Second time: the texts side by side in scratch memory, which has room since every pair had its field in front. */
static rocket_status write_texts(rk_row *row, const rk_pair_columns *columns, rk_text rest, rocket_error *err)
{
    char *free_space = row->scratch;
    triple t;
    rk_text piece;

    while (rk_next_piece(&rest, &columns->blanks, &piece)) {
        RK_TRY(split(&t, piece, err));
        size_t field = rk_pair_field(columns, t.field);
        if (field == RK_NONE || columns->types[field] != TYPE(STRING))
            continue;
        rk_text *text = &row->fields[field];
        if (!text->data) {
            char *begin = free_space;
            free_space += text->n;
            *text = (rk_text){ begin, 0 };
        } else {
            row->scratch[text->data - row->scratch + (ptrdiff_t)text->n++] = ' ';
        }
        memcpy(row->scratch + (text->data - row->scratch) + text->n, t.pair.data, t.pair.n);
        text->n += t.pair.n;
    }
    return ROCKET_OK;
}

static rocket_status parse(rk_row *row, const rk_layout *layout, rk_text record, rocket_error *err)
{
    const rk_pair_columns *columns = layout->state;
    rk_text line = rk_line_without_end(record), rest;

    RK_TRY(rk_pair_take_label(row, layout, line, &rest, err));
    RK_TRY(measure(row, columns, line, rest, err));
    return write_texts(row, columns, rest, err);
}

const rk_reader_def rk_reader_libffm = {
    .type = ROCKET__DATASET_CONFIG__INPUT_TYPE__LibffmInput,
    .name = "LibffmInput",
    .doc = "lines of a label and field:index:value triples",
    .check = check,
    .has_header = rk_pair_has_header,
    .layout = rk_pair_layout,
    .cut = rk_line_cut,
    .next = rk_line_next,
    .parse = parse,
};
