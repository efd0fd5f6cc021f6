/* CSVInputV2: the same rows as CSVInput.
 *
 * Upstream reads the same files with another function of its library, which shuffles by its own buffer (10,000 rows,
 * whatever shuffle_buffer_size says) and takes no header. Here both are one reader: quotes, defaults, with_header and
 * the shuffle are those of CSVInput.
 */
#include "csv_line.h"

extern const rk_reader_def rk_reader_csv;

static rocket_status parse(rk_row *row, const rk_layout *layout, rk_text record, rocket_error *err)
{
    return rk_reader_csv.parse(row, layout, record, err);
}

const rk_reader_def rk_reader_csv_v2 = {
    .type = ROCKET__DATASET_CONFIG__INPUT_TYPE__CSVInputV2,
    .name = "CSVInputV2",
    .doc = "the same as CSVInput",
    .plain_lines = true,
    .check = rk_csv_check,
    .has_header = rk_csv_has_header,
    .layout = rk_csv_layout,
    .cut = rk_line_cut,
    .next = rk_line_next,
    .parse = parse,
};
