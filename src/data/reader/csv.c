/* CSVInput: one row per line, fields between one-character separators, quotes as in RFC 4180 (easyrec.md 3.1).
 *
 * Most lines have no quote at all: they are split by a bit mask of the separators in 64 bytes at a time, which needs no
 * branch per byte, and only the others are read byte by byte. Upstream's parser refuses quotes and carriage returns
 * inside an unquoted field, text behind a closing quote and a line with the wrong number of fields, a blank one
 * included; so do we.
 */
#include <string.h>

#include "csv_line.h"
#include "error.h"

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

            rk_csv_put(row, layout, n++, (size_t)(field - line.data) + 1, (rk_text){ field, (size_t)(stop - field) });
            field = stop + 1;
        }
    }
    rk_csv_put(row, layout, n++, (size_t)(field - line.data) + 1, (rk_text){ field, (size_t)(end - field) });
    *n_fields = n;
    return true;
}

/* Any line, field by field. */
static rocket_status split_carefully(rk_row *row, const rk_layout *layout, rk_text line, size_t *n_fields,
                                     rocket_error *err)
{
    rk_csv_cursor c = { line.data, line.data + line.n, layout->state, layout->separator, row->scratch };
    rk_text field;

    for (*n_fields = 0;; c.p++) {
        row->bad_column = (size_t)(c.p - line.data) + 1;
        RK_TRY(rk_csv_take(&c, &field, err));
        rk_csv_put(row, layout, (*n_fields)++, row->bad_column, field);
        if (c.p == c.end)
            return ROCKET_OK;
    }
}

static rocket_status parse(rk_row *row, const rk_layout *layout, rk_text record, rocket_error *err)
{
    rk_text line = rk_line_without_end(record);
    size_t n = 0;

    if (line.n > 0 && !split_plain(row, layout, line, &n))
        RK_TRY(split_carefully(row, layout, line, &n, err));
    return n == layout->n_columns && n > 0 ? ROCKET_OK : rk_csv_fail_count(n, layout, row, err);
}

const rk_reader_def rk_reader_csv = {
    .type = ROCKET__DATASET_CONFIG__INPUT_TYPE__CSVInput,
    .name = "CSVInput",
    .doc = "lines of separated fields, quoted or not, with or without a header line",
    .plain_lines = true,
    .check = rk_csv_check,
    .has_header = rk_csv_has_header,
    .layout = rk_csv_layout,
    .cut = rk_line_cut,
    .next = rk_line_next,
    .parse = parse,
};
