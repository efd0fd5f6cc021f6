/* Memory of batch columns. Arrays only grow, to twice the size, so that after a few batches nothing is allocated.
 *
 * Four ways in which rows move: a row of text is appended item by item (feature.h); a range of rows of a parsed block
 * is appended to a batch, a few memcpy per column; with shuffling, rows picked from a block are appended, a loop per
 * column; and a row that is not drawn while its block is at hand is packed, waits in a slot of its own and is appended
 * later. Packed rows are 8-byte aligned so that ids can be copied as they are.
 *
 *   IDS     n i64, ids [n] i64, weights [n] f32 (if the column has any), padding
 *   FLOATS  values [width] f32, padding
 *   BYTES   n i64, bytes [n], padding
 */
#include "columns.h"

#include <string.h>

#include "mem.h"

static size_t padded(size_t n)
{
    return (n + 7) & ~(size_t)7;
}

static size_t grown(size_t capacity, size_t wanted)
{
    size_t twice = 2 * capacity;

    return twice > wanted ? twice : wanted;
}

/* Items of the rows that the batch has. */
static size_t n_items(const rk_column *column, int64_t n_rows)
{
    return column->kind == RK_COLUMN_FLOATS ? 0 : (size_t)column->offsets[n_rows];
}

static bool grow_rows(rk_column *column, size_t rows)
{
    if (column->kind == RK_COLUMN_FLOATS) {
        size_t width = (size_t)column->width;
        float *values = rk_realloc(column->values, rows * width, sizeof *values);

        if (!values)
            return false;
        column->values = values;
    } else {
        int64_t *offsets = rk_realloc(column->offsets, rows + 1, sizeof *offsets);

        if (!offsets)
            return false;
        column->offsets = offsets;
    }
    column->capacity_rows = rows;
    return true;
}

static bool grow_items(rk_column *column, size_t items)
{
    if (column->kind == RK_COLUMN_BYTES) {
        char *bytes = rk_realloc(column->bytes, items, 1);

        if (!bytes)
            return false;
        column->bytes = bytes;
    } else {
        int64_t *ids = rk_realloc(column->ids, items, sizeof *ids);

        if (!ids)
            return false;
        column->ids = ids;
        if (column->weights) {
            float *weights = rk_realloc(column->weights, items, sizeof *weights);

            if (!weights)
                return false; /* ids has grown alone: harmless, capacity_items is what counts */
            column->weights = weights;
        }
    }
    column->capacity_items = items;
    return true;
}

bool rk_column_reserve(rk_column *column, size_t rows, size_t items)
{
    if (rows > column->capacity_rows && !grow_rows(column, grown(column->capacity_rows, rows)))
        return false;
    return items <= column->capacity_items || grow_items(column, grown(column->capacity_items, items));
}

static void append_range(rk_column *to, int64_t row, const rk_column *from, int64_t begin, int64_t end)
{
    if (to->kind == RK_COLUMN_FLOATS) {
        memcpy(to->values + row * to->width, from->values + begin * from->width,
               (size_t)((end - begin) * to->width) * sizeof *to->values);
        return;
    }
    int64_t first = from->offsets[begin], there = to->offsets[row];
    size_t n = (size_t)(from->offsets[end] - first);

    if (n > 0 && to->kind == RK_COLUMN_BYTES)
        memcpy(to->bytes + there, from->bytes + first, n);
    else if (n > 0)
        memcpy(to->ids + there, from->ids + first, n * sizeof *to->ids);
    if (n > 0 && to->weights)
        memcpy(to->weights + there, from->weights + first, n * sizeof *to->weights);
    for (int64_t i = begin; i < end; i++)
        to->offsets[row + 1 + i - begin] = from->offsets[i + 1] - first + there;
}

bool rk_batch_append_rows(rk_batch *to, const rk_batch *from, int64_t begin, int64_t end)
{
    size_t rows = (size_t)(to->n_rows + end - begin);

    for (size_t i = 0; i < to->n_columns; i++) {
        size_t added = n_items(&from->columns[i], end) - n_items(&from->columns[i], begin);

        if (!rk_column_reserve(&to->columns[i], rows, n_items(&to->columns[i], to->n_rows) + added))
            return false;
    }
    for (size_t i = 0; i < to->n_columns; i++)
        append_range(&to->columns[i], to->n_rows, &from->columns[i], begin, end);
    to->n_rows = (int64_t)rows;
    return true;
}

/* Most bags have one id, for which calling memcpy takes longer than copying. */
static void copy_ids(void *to, const void *from, int64_t n)
{
    if (n == 1)
        memcpy(to, from, sizeof(int64_t));
    else if (n > 0)
        memcpy(to, from, (size_t)n * sizeof(int64_t));
}

static void pick_floats(rk_column *to, int64_t row, const rk_column *from, const int64_t *rows, size_t n)
{
    size_t width = (size_t)to->width;
    float *out = to->values + (size_t)row * width;

    for (size_t i = 0; i < n && width == 1; i++)
        out[i] = from->values[rows[i]];
    for (size_t i = 0; i < n && width > 1; i++)
        memcpy(out + i * width, from->values + (size_t)rows[i] * width, width * sizeof *out);
}

/* The offsets are there. */
static void pick_items(rk_column *to, int64_t row, const rk_column *from, const int64_t *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t there = to->offsets[row + (int64_t)i], first = from->offsets[rows[i]];
        int64_t n_items = from->offsets[rows[i] + 1] - first;

        if (to->kind == RK_COLUMN_IDS)
            copy_ids(to->ids + there, from->ids + first, n_items);
        else if (n_items > 0)
            memcpy(to->bytes + there, from->bytes + first, (size_t)n_items);
        if (to->weights && n_items > 0)
            memcpy(to->weights + there, from->weights + first, (size_t)n_items * sizeof *to->weights);
    }
}

static bool pick_column(rk_column *to, int64_t row, const rk_column *from, const int64_t *rows, size_t n)
{
    if (!rk_column_reserve(to, (size_t)row + n, 0))
        return false;
    if (to->kind == RK_COLUMN_FLOATS) {
        pick_floats(to, row, from, rows, n);
        return true;
    }
    int64_t *offsets = to->offsets + row;
    for (size_t i = 0; i < n; i++)
        offsets[i + 1] = offsets[i] + from->offsets[rows[i] + 1] - from->offsets[rows[i]];
    if (!rk_column_reserve(to, 0, (size_t)offsets[n]))
        return false;
    pick_items(to, row, from, rows, n);
    return true;
}

bool rk_batch_append_picked(rk_batch *to, const rk_batch *from, const int64_t *rows, size_t n)
{
    for (size_t i = 0; i < to->n_columns; i++)
        if (!pick_column(&to->columns[i], to->n_rows, &from->columns[i], rows, n))
            return false;
    to->n_rows += (int64_t)n;
    return true;
}

/* Bytes of one array in a packed row: what follows the count. */
static size_t item_bytes(const rk_column *column)
{
    if (column->kind == RK_COLUMN_BYTES)
        return 1;
    return sizeof *column->ids + (column->weights ? sizeof *column->weights : 0);
}

size_t rk_batch_packed_bytes(const rk_batch *batch, int64_t row)
{
    size_t bytes = 0;

    for (size_t i = 0; i < batch->n_columns; i++) {
        const rk_column *column = &batch->columns[i];

        if (column->kind == RK_COLUMN_FLOATS)
            bytes += padded((size_t)column->width * sizeof *column->values);
        else
            bytes += sizeof(int64_t) +
                     padded((size_t)(column->offsets[row + 1] - column->offsets[row]) * item_bytes(column));
    }
    return bytes;
}

static char *put(char *to, const void *from, size_t n)
{
    if (n > 0)
        memcpy(to, from, n);
    return to + n;
}

void rk_batch_pack_row(char *to, const rk_batch *batch, int64_t row)
{
    for (size_t i = 0; i < batch->n_columns; i++) {
        const rk_column *column = &batch->columns[i];
        char *start = to;

        if (column->kind == RK_COLUMN_FLOATS) {
            size_t width = (size_t)column->width;

            to = put(to, column->values + row * column->width, width * sizeof *column->values);
        } else {
            int64_t first = column->offsets[row], n = column->offsets[row + 1] - first;

            to = put(to, &n, sizeof n);
            if (column->kind == RK_COLUMN_BYTES) {
                to = put(to, column->bytes + first, (size_t)n);
            } else {
                copy_ids(to, column->ids + first, n);
                to += (size_t)n * sizeof *column->ids;
            }
            if (column->weights)
                to = put(to, column->weights + first, (size_t)n * sizeof *column->weights);
        }
        to = start + padded((size_t)(to - start));
    }
}

static const char *take(void *to, const char *from, size_t n)
{
    if (n > 0)
        memcpy(to, from, n);
    return from + n;
}

static bool has_room(const rk_column *column, size_t rows, size_t items)
{
    return rows <= column->capacity_rows && items <= column->capacity_items;
}

/* Appends one column of a packed row; NULL without memory. */
static const char *append_packed(rk_column *to, int64_t row, const char *packed)
{
    const char *start = packed;
    int64_t n = 0;

    if (to->kind == RK_COLUMN_FLOATS) {
        if (!rk_column_reserve(to, (size_t)row + 1, 0))
            return NULL;
        packed = take(to->values + row * to->width, packed, (size_t)to->width * sizeof *to->values);
        return start + padded((size_t)(packed - start));
    }
    packed = take(&n, packed, sizeof n);
    int64_t there = to->offsets[row];
    if (!has_room(to, (size_t)row + 1, (size_t)(there + n)) &&
        !rk_column_reserve(to, (size_t)row + 1, (size_t)(there + n)))
        return NULL;
    if (to->kind == RK_COLUMN_BYTES) {
        packed = take(to->bytes + there, packed, (size_t)n);
    } else {
        copy_ids(to->ids + there, packed, n);
        packed += (size_t)n * sizeof *to->ids;
    }
    if (to->weights)
        packed = take(to->weights + there, packed, (size_t)n * sizeof *to->weights);
    to->offsets[row + 1] = there + n;
    return start + padded((size_t)(packed - start));
}

bool rk_batch_append_packed(rk_batch *to, const char *packed)
{
    for (size_t i = 0; packed && i < to->n_columns; i++)
        packed = append_packed(&to->columns[i], to->n_rows, packed);
    if (!packed)
        return false;
    to->n_rows++;
    return true;
}
