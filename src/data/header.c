/* Headers are compared as they stand, quotes and all: files written by one program have the same bytes there, and a
 * file whose columns stand in another order was written by another one. Upstream skips the later headers unread, and
 * with them a column that moved. */
#include "header.h"

#include <string.h>

#include "csv_line.h"
#include "error.h"
#include "value.h"

/* The column of a header that has byte `at`; nothing behind its end. */
static rk_text column_at(rk_text line, size_t at, char separator)
{
    size_t begin = at < line.n ? at : line.n, end = begin;

    if (at > line.n)
        return (rk_text){ line.data + line.n, 0 };
    while (begin > 0 && line.data[begin - 1] != separator)
        begin--;
    while (end < line.n && line.data[end] != separator)
        end++;
    return (rk_text){ line.data + begin, end - begin };
}

rocket_status rk_header_compare(const rk_block_rules *rules, rk_text record, size_t *column, rocket_error *err)
{
    rk_text line = rk_line_without_end(record), wanted = rules->header;
    char found[RK_FOUND_BYTES], expected[RK_FOUND_BYTES], separator = rules->layout.separator;
    size_t at = 0;

    *column = 0;
    if (!wanted.data || (line.n == wanted.n && memcmp(line.data, wanted.data, line.n) == 0))
        return ROCKET_OK;
    while (at < line.n && at < wanted.n && line.data[at] == wanted.data[at])
        at++;
    if ((at == line.n || at == wanted.n) && line.n != wanted.n &&
        (line.n > wanted.n ? line.data[at] : wanted.data[at]) == separator)
        at++; /* one has a column more */
    rk_text other = column_at(line, at, separator);
    *column = (size_t)(other.data - line.data) + 1;
    return rk_fail(err, ROCKET_DATA, "expected the header of %s, where %s stands, found %s", rules->header_path,
                   rk_found(column_at(wanted, at, separator), expected), rk_found(other, found));
}
