/* CSVInput: one row per line, fields between one-character separators, quotes as in RFC 4180 (easyrec.md 3.1).
 *
 * A line is a row whatever it holds: a quoted newline cannot span lines, so blocks are cut at the last newline without
 * looking at what is between, and lines are found by memchr. A field is borrowed from the line; only one with doubled
 * quotes is copied. Most lines have no quote at all: they are split by a bit mask of the separators in 64 bytes at a
 * time, which needs no branch per byte, and only the others are read byte by byte. Upstream's parser refuses quotes and
 * carriage returns inside an unquoted field, text behind a closing quote and a line with the wrong number of fields, a
 * blank one included; so do we.
 */
#include <string.h>

#include "error.h"
#include "faults.h"
#include "reader.h"
#include "text.h"
#include "value.h"

/* Bytes at which the scan of an unquoted field stops. */
typedef struct stops {
    bool at[256];
} stops;

typedef struct cursor {
    const char *p, *end;
    const stops *stops;
    char separator;
    char *scratch;
} cursor;

static bool has_header(const rk_config *config)
{
    return rk_config_view(config)->data->with_header;
}

static size_t cut(const char *text, size_t n, bool at_end)
{
    if (at_end)
        return n;
    const char *last = n > 0 ? memrchr(text, '\n', n) : NULL;
    return last ? (size_t)(last - text) + 1 : 0;
}

static size_t next(const char *text, size_t n)
{
    const char *end = memchr(text, '\n', n);

    return end ? (size_t)(end - text) + 1 : n;
}

static rk_text without_line_end(rk_text record)
{
    if (record.n > 0 && record.data[record.n - 1] == '\n')
        record.n--;
    if (record.n > 0 && record.data[record.n - 1] == '\r')
        record.n--;
    return record;
}

/* The cursor stands behind the opening quote. */
static rocket_status take_quoted(cursor *c, rk_text *field, rocket_error *err)
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
static inline rocket_status take(cursor *c, rk_text *field, rocket_error *err)
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

static rocket_status fail_count(size_t n, const rk_layout *layout, rk_row *row, rocket_error *err)
{
    row->bad_column = 0;
    return rk_fail(err, ROCKET_DATA, "%zu field%s, expected %zu (columns of %s); set ignore_error to drop such rows", n,
                   n == 1 ? "" : "s", layout->n_columns,
                   layout->n_columns == layout->n_fields ? "data_config.input_fields" : "the header");
}

static inline void put_field(rk_row *row, const rk_layout *layout, size_t n, size_t column, rk_text field)
{
    size_t target = n < layout->n_columns ? layout->field_of[n] : RK_NONE;

    if (target == RK_NONE)
        return;
    row->fields[target] = field;
    row->columns[target] = column;
}

/* 16 bytes that are compared at once: the compiler makes of it what the machine has. */
typedef unsigned char bytes16 __attribute__((vector_size(16)));

/* One bit per byte, from bytes that are 0 or 255: the product moves the low bits of eight bytes side by side. */
static inline uint64_t bits_of(uint64_t bytes)
{
    return ((bytes & 0x0101010101010101u) * 0x0102040810204080u) >> 56;
}

/* Where a separator stands in 64 bytes. *special: there is a quote or a carriage return. */
static inline uint64_t separators_in(const char *p, unsigned char separator, bool *special)
{
    bytes16 specials = { 0 };
    uint64_t words[2], bits = 0;

    for (int i = 0; i < 64; i += 16) {
        bytes16 text, matches;

        memcpy(&text, p + i, sizeof text);
        specials |= (bytes16)((text == '"') | (text == '\r'));
        matches = (bytes16)(text == separator);
        memcpy(words, &matches, sizeof words);
        bits |= (bits_of(words[0]) | bits_of(words[1]) << 8) << i;
    }
    memcpy(words, &specials, sizeof words);
    *special = (words[0] | words[1]) != 0;
    return bits;
}

/* The same in the first n of 64 bytes: what is behind them may not be read, and does not count. */
static uint64_t separators_at_end(const char *p, size_t n, unsigned char separator, bool *special)
{
    char text[64] = { 0 };

    memcpy(text, p, n);
    return separators_in(text, separator, special) & (((uint64_t)1 << n) - 1);
}

/* A line without quotes. false: it is not one; nothing of what was put counts then. */
static bool split_plain(rk_row *row, const rk_layout *layout, rk_text line, size_t *n_fields)
{
    const char *field = line.data, *end = line.data + line.n;
    unsigned char separator = (unsigned char)layout->separator;
    bool special;
    size_t n = 0;

    for (const char *p = line.data; p < end; p += 64) {
        uint64_t bits = end - p < 64 ? separators_at_end(p, (size_t)(end - p), separator, &special)
                                     : separators_in(p, separator, &special);

        if (special)
            return false;
        for (; bits; bits &= bits - 1) {
            const char *stop = p + __builtin_ctzll(bits);

            put_field(row, layout, n++, (size_t)(field - line.data) + 1, (rk_text){ field, (size_t)(stop - field) });
            field = stop + 1;
        }
    }
    put_field(row, layout, n++, (size_t)(field - line.data) + 1, (rk_text){ field, (size_t)(end - field) });
    *n_fields = n;
    return true;
}

/* Any line, field by field. */
static rocket_status split_carefully(rk_row *row, const rk_layout *layout, rk_text line, size_t *n_fields,
                                     rocket_error *err)
{
    cursor c = { line.data, line.data + line.n, layout->state, layout->separator, row->scratch };
    rk_text field;

    for (*n_fields = 0;; c.p++) {
        row->bad_column = (size_t)(c.p - line.data) + 1;
        RK_TRY(take(&c, &field, err));
        put_field(row, layout, (*n_fields)++, row->bad_column, field);
        if (c.p == c.end)
            return ROCKET_OK;
    }
}

static rocket_status parse(rk_row *row, const rk_layout *layout, rk_text record, rocket_error *err)
{
    rk_text line = without_line_end(record);
    size_t n = 0;

    if (line.n > 0 && !split_plain(row, layout, line, &n))
        RK_TRY(split_carefully(row, layout, line, &n, err));
    return n == layout->n_columns && n > 0 ? ROCKET_OK : fail_count(n, layout, row, err);
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
    const char *near = rk_closest(name, names, n);

    return rk_fail(err, ROCKET_DATA, "column \"%s\" of data_config.input_fields is not in the header%s%s%s", name,
                   near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* One pass over a header line: names go to names and field_of unless these are NULL. */
static rocket_status scan_header(size_t *n, cursor c, const char **names, rk_arena *arena, rocket_error *err)
{
    for (*n = 0;; c.p++) {
        rk_text name;

        RK_TRY(take(&c, &name, err));
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
    rk_text line = without_line_end(header);
    cursor c = { line.data, line.data + line.n, out->state, out->separator, rk_arena_alloc(arena, line.n + 1, 1) };
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
        if (!seen[i])
            return fail_missing(view->fields[i].name, names, out->n_columns, err);
    out->field_of = field_of;
    return ROCKET_OK;
}

static rocket_status layout(rk_layout *out, rk_arena *arena, const rk_config *config, const rk_text *header,
                            rocket_error *err)
{
    const rk_resolved *view = rk_config_view(config);
    stops *special = rk_arena_alloc(arena, 1, sizeof *special);
    size_t *field_of = rk_arena_alloc(arena, view->n_fields + 1, sizeof *field_of);
    rk_layout made = { .n_fields = view->n_fields, .n_columns = view->n_fields, .separator = view->data->separator[0] };

    RK_FAIL_IF(rk_arena_failed(arena), FAILED, err, "out of memory");
    special->at[(unsigned char)made.separator] = special->at['"'] = special->at['\r'] = true;
    made.state = special;
    made.field_of = field_of;
    for (size_t i = 0; i < view->n_fields; i++)
        field_of[i] = i;
    if (header)
        RK_TRY(layout_of_header(&made, arena, view, *header, err));
    *out = made;
    return ROCKET_OK;
}

static void check(const rk_config *config, rk_faults *faults)
{
    const Rocket__DatasetConfig *data = rk_config_view(config)->data;
    const char *separator = data->separator;
    char found[RK_FOUND_BYTES];

    if (strlen(separator) != 1 || strchr("\"\r\n", separator[0]))
        rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &data->base, "separator", 0),
                      "separator: expected one character that is no quote and no line end, found %s",
                      rk_found((rk_text){ separator, strlen(separator) }, found));
}

const rk_reader_def rk_reader_csv = {
    .type = ROCKET__DATASET_CONFIG__INPUT_TYPE__CSVInput,
    .name = "CSVInput",
    .doc = "lines of separated fields, quoted or not, with or without a header line",
    .check = check,
    .has_header = has_header,
    .layout = layout,
    .cut = cut,
    .next = next,
    .parse = parse,
};
