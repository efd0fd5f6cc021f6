/* Columns as streams of numbers, each as narrow as its largest number and compressed where that saves a quarter.
 *
 *   rows     n_rows u32, then of each column
 *              IDS     stream of bag sizes, stream of ids, and of weights (f32) if the column has any
 *              FLOATS  stream of f32
 *              BYTES   stream of lengths, stream of bytes
 *   stream   compressed u8, bytes of a number u8 (1, 2, 4, 8; 0: every number is 1, nothing follows), 0 u16,
 *            count u32, stored bytes u32, the bytes
 *
 * Ids of hashed features are random bits, which no compressor shortens; columns of few values shrink to nothing. So
 * each stream decides alone, and what did not shrink costs nothing to read. All little-endian.
 */
#include "packed_rows.h"

#include <string.h>

#include "block.h"
#include "error.h"
#include "mem.h"
#include "packed_widen.h"
#include "schema_internal.h"
#include "zstd_piece.h"

enum { UNPACK_ROOM = RK_PACK_SCRATCH * RK_BLOCK_BYTES };

typedef struct __attribute__((packed)) stream_head {
    uint8_t compressed, width;
    uint16_t zero;
    uint32_t n, stored;
} stream_head;

/* ---- writing ---- */

/* The bytes of the last stream, compressed in place if that pays. */
static void compress_stream(rk_buf *out, size_t at, int level)
{
    stream_head head;
    const char *raw = out->data + at + sizeof head;
    size_t n_raw = out->size - at - sizeof head, room = rk_zstd_bound(n_raw);
    char *packed = rk_alloc(room, 1);

    if (!packed) {
        out->failed = true;
        return;
    }
    size_t n = rk_zstd_pack(packed, room, raw, n_raw, level);
    if (n > 0 && n <= n_raw / 4 * 3) {
        memcpy(&head, out->data + at, sizeof head);
        head.compressed = 1;
        head.stored = (uint32_t)n;
        memcpy(out->data + at, &head, sizeof head);
        out->size = at + sizeof head;
        rk_buf_append(out, packed, n);
    }
    rk_free(packed);
}

static void put_stream(rk_buf *out, size_t width, const void *raw, size_t n, int level)
{
    stream_head head = { 0, (uint8_t)width, 0, (uint32_t)n, (uint32_t)(n * width) };
    size_t at = out->size;

    rk_buf_append(out, &head, sizeof head);
    rk_buf_append(out, raw, n * width);
    if (level > 0 && n * width > 0 && n * width <= UNPACK_ROOM && !rk_buf_failed(out))
        compress_stream(out, at, level);
}

/* Numbers 0 ... made as narrow as the largest of them; scratch holds them meanwhile. */
static void put_numbers(rk_buf *out, const int64_t *numbers, size_t n, int level, rk_buf *scratch)
{
    uint64_t all = 0, ones = 1;

    for (size_t i = 0; i < n; i++) {
        all |= (uint64_t)numbers[i];
        ones &= numbers[i] == 1;
    }
    if (ones) {
        stream_head head = { .n = (uint32_t)n };
        rk_buf_append(out, &head, sizeof head);
        return;
    }
    size_t width = all <= UINT8_MAX ? 1 : all <= UINT16_MAX ? 2 : all <= UINT32_MAX ? 4 : 8;
    rk_buf_reset(scratch);
    for (size_t i = 0; i < n; i++)
        rk_buf_append(scratch, &numbers[i], width);
    if (rk_buf_failed(scratch))
        out->failed = true;
    else
        put_stream(out, width, scratch->data, n, level);
}

/* Sizes of bags or texts: the differences of the offsets. */
static bool put_sizes(rk_buf *out, const int64_t *offsets, size_t n, int level, rk_buf *scratch)
{
    int64_t *sizes = rk_alloc(n, sizeof *sizes);

    for (size_t i = 0; sizes && i < n; i++)
        sizes[i] = offsets[i + 1] - offsets[i];
    if (sizes)
        put_numbers(out, sizes, n, level, scratch);
    rk_free(sizes);
    return sizes != NULL;
}

void rk_pack_rows(rk_buf *out, const rk_batch *batch, int level, rk_buf *scratch)
{
    size_t n_rows = (size_t)batch->n_rows;

    rk_buf_u32(out, (uint32_t)n_rows);
    for (size_t i = 0; i < batch->n_columns; i++) {
        const rk_column *column = &batch->columns[i];

        if (column->kind == RK_COLUMN_FLOATS) {
            put_stream(out, sizeof(float), column->values, n_rows * (size_t)column->width, level);
            continue;
        }
        size_t n = (size_t)column->offsets[n_rows];
        if (!put_sizes(out, column->offsets, n_rows, level, scratch))
            out->failed = true;
        if (column->kind == RK_COLUMN_BYTES)
            put_stream(out, 1, column->bytes, n, level);
        else
            put_numbers(out, column->ids, n, level, scratch);
        if (column->weights)
            put_stream(out, sizeof(float), column->weights, n, level);
    }
}

/* ---- reading ---- */

typedef struct unpacking {
    const char *p, *end;
    char *scratch;
    rocket_error *err;
} unpacking;

typedef struct stream {
    size_t n, width; /* width 0: every number is 1 */
    const char *bytes;
} stream;

static rocket_status fail_damaged(const unpacking *u, const char *what)
{
    return rk_fail(u->err, ROCKET_DATA, "expected %s, found other bytes: the file is damaged", what);
}

/* The next stream, unpacked; valid until the next one. */
static rocket_status take_stream(stream *out, unpacking *u)
{
    stream_head head;

    if ((size_t)(u->end - u->p) < sizeof head)
        return fail_damaged(u, "the head of a column");
    memcpy(&head, u->p, sizeof head);
    u->p += sizeof head;
    size_t bytes = (size_t)head.n * head.width;
    bool known = head.width <= 2 || head.width == 4 || head.width == 8;
    if (!known || head.compressed > 1 || head.zero != 0 || head.stored > (size_t)(u->end - u->p) ||
        (!head.compressed && head.stored != bytes) || (head.compressed && bytes > UNPACK_ROOM))
        return fail_damaged(u, "the head of a column");
    *out = (stream){ head.n, head.width, u->p };
    u->p += head.stored;
    if (!head.compressed)
        return ROCKET_OK;
    out->bytes = u->scratch;
    return rk_zstd_unpack(u->scratch, bytes, u->p - head.stored, head.stored) ? ROCKET_OK
                                                                              : fail_damaged(u, "Zstandard data");
}

/* The numbers; the largest of them. */
static uint64_t widen(int64_t *to, const stream *from)
{
    for (size_t i = 0; i < from->n && from->width == 0; i++)
        to[i] = 1;
    if (from->width == 0)
        return 1;
    return (rk_text_kernels_avx2.supported() ? rk_widen_avx2 : rk_widen)(to, from->bytes, from->n, from->width);
}

/* Offsets from bag sizes, behind those that are there. */
static rocket_status take_offsets(int64_t *offsets, size_t n_rows, unpacking *u)
{
    stream sizes;
    int64_t at = offsets[0];

    RK_TRY(take_stream(&sizes, u));
    if (sizes.n != n_rows || sizes.width == 8)
        return fail_damaged(u, "the sizes of a column");
    if (sizes.width == 0) {
        for (size_t i = 1; i <= n_rows; i++)
            offsets[i] = at + (int64_t)i;
        return ROCKET_OK;
    }
    widen(offsets + 1, &sizes);
    for (size_t i = 1; i <= n_rows; i++)
        offsets[i] = at += offsets[i];
    return ROCKET_OK;
}

static rocket_status take_floats(float *to, size_t n, unpacking *u)
{
    stream values;

    RK_TRY(take_stream(&values, u));
    if (values.n != n || values.width != sizeof *to)
        return fail_damaged(u, "the numbers of a column");
    if (n > 0)
        memcpy(to, values.bytes, n * sizeof *to);
    return ROCKET_OK;
}

/* Ids or bytes: as many as the sizes said. */
static rocket_status take_items(rk_column *column, size_t begin, size_t n, int64_t n_buckets, unpacking *u)
{
    stream items;

    RK_TRY(take_stream(&items, u));
    if (items.n != n || (column->kind == RK_COLUMN_BYTES && items.width != 1))
        return fail_damaged(u, "as many items as the sizes say");
    if (!rk_column_reserve(column, 0, begin + n))
        return rk_fail(u->err, ROCKET_FAILED, "out of memory");
    if (column->kind == RK_COLUMN_BYTES) {
        if (n > 0)
            memcpy(column->bytes + begin, items.bytes, n);
        return ROCKET_OK;
    }
    if (widen(column->ids + begin, &items) >= (uint64_t)n_buckets && n > 0)
        return fail_damaged(u, "rows of the table");
    return column->weights ? take_floats(column->weights + begin, n, u) : ROCKET_OK;
}

static rocket_status take_column(rk_column *column, int64_t first, size_t n_rows, int64_t n_buckets, unpacking *u)
{
    if (column->kind == RK_COLUMN_FLOATS)
        return take_floats(column->values + first * column->width, n_rows * (size_t)column->width, u);
    int64_t *offsets = column->offsets + first;
    RK_TRY(take_offsets(offsets, n_rows, u));
    return take_items(column, (size_t)offsets[0], (size_t)(offsets[n_rows] - offsets[0]), n_buckets, u);
}

rocket_status rk_unpack_rows(rk_batch *to, const rk_schema *schema, rk_text bytes, char *scratch, rocket_error *err)
{
    rk_owned_batch *owned = (rk_owned_batch *)to;
    unpacking u = { bytes.data, bytes.data + bytes.n, scratch, err };
    uint32_t n_rows = 0;

    if (bytes.n >= sizeof n_rows)
        memcpy(&n_rows, u.p, sizeof n_rows);
    if (n_rows == 0 || n_rows > RK_PACK_MOST_ROWS)
        return fail_damaged(&u, "rows");
    u.p += sizeof n_rows;
    RK_FAIL_IF(!rk_batch_make_room(owned, n_rows), FAILED, err, "out of memory");
    for (size_t i = 0; i < to->n_columns; i++) {
        int64_t n_buckets = i < schema->n_features ? schema->features[i].n_buckets : 0;

        RK_TRY(take_column(&to->columns[i], to->n_rows, n_rows, n_buckets, &u));
    }
    if (u.p != u.end)
        return fail_damaged(&u, "the end of the record");
    to->n_rows += n_rows;
    return ROCKET_OK;
}
