/* CSVInputEx: lines cut at every separator, quotes being characters like any other (easyrec.md 3.1).
 *
 * For files whose texts have quotes and never the separator. What differs from CSVInput beside: BOOL is true for "True"
 * and "true" and false for everything else. A header line is read as CSVInput reads it.
 */
#include <string.h>

#include "csv_line.h"
#include "value.h"

static rocket_status parse(rk_row *row, const rk_layout *layout, rk_text record, rocket_error *err)
{
    rk_text line = rk_line_without_end(record);
    const char *p = line.data, *end = p + line.n;
    size_t n = 0;

    for (;; p++) {
        const char *stop = p < end ? memchr(p, layout->separator, (size_t)(end - p)) : NULL;

        if (!stop)
            stop = end;
        rk_csv_put(row, layout, n++, (size_t)(p - line.data) + 1, (rk_text){ p, (size_t)(stop - p) });
        p = stop;
        if (p == end)
            break;
    }
    return n == layout->n_columns ? ROCKET_OK : rk_csv_fail_count(n, layout, row, err);
}

static bool is_word(rk_text text, const char *word)
{
    return text.n == strlen(word) && memcmp(text.data, word, text.n) == 0;
}

static rocket_status value(rk_value *out, int type, rk_text text, rocket_error *err)
{
    if (type != ROCKET__DATASET_CONFIG__FIELD_TYPE__BOOL)
        return rk_value_parse(out, type, text, err);
    bool yes = is_word(text, "True") || is_word(text, "true");
    *out = (rk_value){ .text = text, .type = type, .i = yes, .d = yes };
    return ROCKET_OK;
}

const rk_reader_def rk_reader_csv_ex = {
    .type = ROCKET__DATASET_CONFIG__INPUT_TYPE__CSVInputEx,
    .name = "CSVInputEx",
    .doc = "lines of separated fields without quoting, with or without a header line",
    .plain_lines = true,
    .check = rk_csv_check,
    .has_header = rk_csv_has_header,
    .layout = rk_csv_layout,
    .cut = rk_line_cut,
    .next = rk_line_next,
    .parse = parse,
    .value = value,
};
