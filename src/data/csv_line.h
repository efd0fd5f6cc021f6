/* What the readers of lines share: lines, fields as RFC 4180 writes them, and headers with the names of columns. */
#ifndef RK_CSV_LINE_H
#define RK_CSV_LINE_H

#include "reader.h"

/* Bytes at which the scan of an unquoted field stops. */
typedef struct rk_csv_stops {
    bool at[256];
} rk_csv_stops;
void rk_csv_stops_init(rk_csv_stops *stops, char separator);

typedef struct rk_csv_cursor {
    const char *p, *end;
    const rk_csv_stops *stops;
    char separator;
    char *scratch;
} rk_csv_cursor;

/* The next field; afterwards the cursor stands at the separator behind it, or at the end. ROCKET_DATA: a quote without
 * its partner, quotes and carriage returns inside an unquoted field, text behind a closing quote. */
ROCKET_NODISCARD rocket_status rk_csv_take(rk_csv_cursor *cursor, rk_text *field, rocket_error *err);

/* cut and next of a reader whose records are lines. */
size_t rk_line_cut(const char *text, size_t n, bool at_end);
size_t rk_line_next(const char *text, size_t n);
rk_text rk_line_without_end(rk_text record);

/* check, has_header and layout of a reader whose columns are input_fields, or named by a header; state of the layout is
 * a rk_csv_stops. */
void rk_csv_check(const rk_config *config, rk_faults *faults);
bool rk_csv_has_header(const rk_config *config);
ROCKET_NODISCARD rocket_status rk_csv_layout(rk_layout *out, rk_arena *arena, const rk_config *config,
                                             const rk_text *header, rocket_error *err);

/* A fault unless the separator called `name` is one character that can separate. */
void rk_csv_check_separator(const rk_config *config, rk_faults *faults, const char *name, const char *separator);

/* A line of n fields where the layout has another number. */
rocket_status rk_csv_fail_count(size_t n, const rk_layout *layout, rk_row *row, rocket_error *err);

/* Field n of the record. */
static inline void rk_csv_put(rk_row *row, const rk_layout *layout, size_t n, size_t column, rk_text field)
{
    size_t target = n < layout->n_columns ? layout->field_of[n] : RK_NONE;

    if (target == RK_NONE)
        return;
    row->fields[target] = field;
    row->columns[target] = column;
}

#endif
