/* LibsvmInput, which upstream does not have: a line is `label index:value index:value ...`, with `# comment` behind it.
 *
 * A column called by a number has the value of that index, or its default_val where the line has none. One other
 * column, of type STRING and of any name, has all the pairs as they stand: a TagFeature with separator ' ' and
 * kv_separator ':' makes of them a bag of rows with weights. A column "qid" has the query of ranking files. The label
 * -1 counts as 0.
 */
#include <string.h>

#include "csv_line.h"
#include "error.h"
#include "faults.h"
#include "pair_line.h"

static void check(const rk_config *config, rk_faults *faults)
{
    const rk_resolved *view = rk_config_view(config);
    const char *all = NULL;
    uint64_t number;

    rk_pair_check(config, faults);
    for (size_t i = 0; i < view->n_fields; i++) {
        const Rocket__DatasetConfig__Field *field = view->fields[i].config;
        const char *name = view->fields[i].name, *where = rk_config_where(config, &field->base, "input_name", 0);

        if (view->fields[i].label || strcmp(name, "qid") == 0 ||
            rk_pair_number((rk_text){ name, strlen(name) }, &number))
            continue;
        if (all)
            rk_faults_add(faults, RK_FAULT_ERROR, where,
                          "input_name: expected the number of an index, found \"%s\"; all pairs go to \"%s\" already",
                          name, all);
        else if (field->input_type != ROCKET__DATASET_CONFIG__FIELD_TYPE__STRING)
            rk_faults_add(faults, RK_FAULT_ERROR, where,
                          "input_name: expected the number of an index, or the type STRING for all pairs, found \"%s\"",
                          name);
        all = name;
    }
}

/* index:value, into the index's column if there is one. */
static rocket_status take_pair(rk_row *row, const rk_pair_columns *columns, rk_text pair, rocket_error *err)
{
    const char *colon = memchr(pair.data, ':', pair.n);
    size_t n = colon ? (size_t)(colon - pair.data) : 0, field;
    uint64_t number = 0;
    char found[RK_FOUND_BYTES];

    RK_FAIL_IF(!rk_pair_number((rk_text){ pair.data, n }, &number), DATA, err, "expected index:value, found %s",
               rk_found(pair, found));
    field = rk_pair_field(columns, number);
    if (field == RK_NONE)
        return ROCKET_OK;
    RK_FAIL_IF(row->fields[field].data, DATA, err, "index %llu stands in the line twice", (unsigned long long)number);
    row->fields[field] = (rk_text){ pair.data + n + 1, pair.n - n - 1 };
    row->columns[field] = row->bad_column + n + 1;
    return ROCKET_OK;
}

/* The query of ranking files, which stands behind the label if anywhere. */
static void take_query(rk_row *row, const rk_pair_columns *columns, rk_text line, rk_text *rest)
{
    rk_text behind = *rest, piece;

    if (!rk_next_piece(&behind, &columns->blanks, &piece) || piece.n < 4 || memcmp(piece.data, "qid:", 4) != 0)
        return;
    *rest = behind;
    if (columns->query == RK_NONE)
        return;
    row->fields[columns->query] = (rk_text){ piece.data + 4, piece.n - 4 };
    row->columns[columns->query] = (size_t)(piece.data - line.data) + 5;
}

/* Without the blanks around it. */
static rk_text trim(rk_text text)
{
    while (text.n > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = (rk_text){ text.data + 1, text.n - 1 };
    while (text.n > 0 && (text.data[text.n - 1] == ' ' || text.data[text.n - 1] == '\t'))
        text.n--;
    return text;
}

static rocket_status parse(rk_row *row, const rk_layout *layout, rk_text record, rocket_error *err)
{
    const rk_pair_columns *columns = layout->state;
    rk_text line = rk_line_without_end(record), rest, pair;
    const char *comment = line.n > 0 ? memchr(line.data, '#', line.n) : NULL;

    if (comment)
        line.n = (size_t)(comment - line.data);
    RK_TRY(rk_pair_take_label(row, layout, line, &rest, err));
    take_query(row, columns, line, &rest);
    if (columns->all != RK_NONE) {
        row->fields[columns->all] = trim(rest);
        row->columns[columns->all] = (size_t)(row->fields[columns->all].data - record.data) + 1;
    }
    while (rk_next_piece(&rest, &columns->blanks, &pair)) {
        row->bad_column = (size_t)(pair.data - record.data) + 1;
        RK_TRY(take_pair(row, columns, pair, err));
    }
    return ROCKET_OK;
}

const rk_reader_def rk_reader_libsvm = {
    .type = ROCKET__DATASET_CONFIG__INPUT_TYPE__LibsvmInput,
    .name = "LibsvmInput",
    .doc = "lines of a label and index:value pairs",
    .check = check,
    .has_header = rk_pair_has_header,
    .layout = rk_pair_layout,
    .cut = rk_line_cut,
    .next = rk_line_next,
    .parse = parse,
};
