/* See int8.h. Most bags hold one id: its row is copied. Rows of big tables are cache misses, so they are asked for some
 * ids ahead. */
#include <string.h>

#include "int8_rows.h"
#include "prefetch.h"

enum { AHEAD = 16 /* ids */, MIDDLE = 128, PART = 64 /* columns at a time */ };

/* ---- plain kernels ---- */

/* round(v), to even, kept in 0 .. 255; no number: 0 */
static inline uint8_t rounded(float v)
{
    float kept = v > 0 ? v < 255 ? v : 255 : 0, moved = kept + 8388608.0F; /* 2^23: its last bit is worth 1 */
    uint32_t bits;

    memcpy(&bits, &moved, sizeof bits);
    return (uint8_t)bits;
}

static void round_rows(rk_bytes y, rk_block x, const float *inverse, const float *zero)
{
    for (int64_t r = 0; r < x.rows; r++)
        for (int64_t c = 0; c < x.cols; c++)
            y.data[r * y.ld + c] = rounded(x.data[r * x.ld + c] * inverse[c] + zero[c]);
}

static void sum_rows(const rk_int8_sum *s)
{
    for (int64_t d = 0; d < s->dim; d++) {
        float sum = 0;

        for (int64_t i = 0; i < s->n; i++)
            sum += (s->weights ? s->weights[i] : 1) * (float)s->q[s->ids[i] * s->dim + d];
        s->y[d] = rounded(sum * s->factor * (s->ratio ? s->ratio[d] : 1) + MIDDLE);
    }
}

const rk_int8_row_kernels rk_int8_rows_plain = { .round = round_rows, .sum = sum_rows };

static const rk_int8_row_kernels *best(void)
{
    const rk_backend *avx2 = rk_backend_find("avx2");

    return avx2 && avx2->supported() ? &rk_int8_rows_avx2 : &rk_int8_rows_plain;
}

void rk_int8_round(rk_bytes y, rk_block x, const float *inverse, const float *zero)
{
    best()->round(y, x, inverse, zero);
}

/* ---- bags ---- */

static float factor_of(const rk_bag *bag, int64_t row)
{
    return bag->combiner == RK_COMBINER_SUM ? 1 : rk_bag_factor(bag, row);
}

static void add_row(float *y, const int8_t *q, int64_t dim, float w)
{
    for (int64_t d = 0; d < dim; d++)
        y[d] += w * (float)q[d];
}

void rk_int8_bag_floats(rk_block y, const rk_int8_bag *bag, const float *scale)
{
    const rk_bag *b = &bag->bag;

    for (int64_t r = 0; r < y.rows; r++) {
        float *to = y.data + r * y.ld, factor = factor_of(b, r);

        memset(to, 0, (size_t)bag->dim * sizeof *to);
        for (int64_t i = b->offsets[r]; i < b->offsets[r + 1]; i++)
            add_row(to, bag->q + b->ids[i] * bag->dim, bag->dim, b->weights ? b->weights[i] : 1);
        for (int64_t d = 0; d < bag->dim; d++)
            to[d] = to[d] * factor * scale[d];
    }
}

RK_PREFETCHING void ask_for(const int8_t *q, const int64_t *ids, int64_t i, int64_t dim)
{
    __builtin_prefetch(q + ids[i] * dim, 0, 3);
}

/* One row as it is: bytes with the sign turned are bytes around 128. */
static inline void take_row(uint8_t *y, const int8_t *q, int64_t dim)
{
    enum { WORD = sizeof(uint64_t) };

    for (; dim >= WORD; dim -= WORD, y += WORD, q += WORD) {
        uint64_t word;

        memcpy(&word, q, WORD);
        word ^= 0x8080808080808080U;
        memcpy(y, &word, WORD);
    }
    for (int64_t d = 0; d < dim; d++)
        y[d] = (uint8_t)(q[d] ^ 0x80);
}

/* ids[0 .. n): a row each, of a width that the compiler should know. */
static inline __attribute__((always_inline)) void take_rows(rk_bytes y, int64_t n, const int8_t *q, const int64_t *ids,
                                                            int64_t dim)
{
    int64_t near = n > AHEAD ? n - AHEAD : 0;

    for (int64_t r = 0; r < AHEAD && r < n; r++)
        ask_for(q, ids, r, dim);
    for (int64_t r = 0; r < near; r++) {
        ask_for(q, ids, r + AHEAD, dim);
        take_row(y.data + r * y.ld, q + ids[r] * dim, dim);
    }
    for (int64_t r = near; r < n; r++)
        take_row(y.data + r * y.ld, q + ids[r] * dim, dim);
}

static void take_all(rk_bytes y, int64_t n, const rk_int8_bag *bag)
{
    const int64_t *ids = bag->bag.ids + bag->bag.offsets[0];

    if (bag->dim == 16)
        take_rows(y, n, bag->q, ids, 16);
    else if (bag->dim == 8)
        take_rows(y, n, bag->q, ids, 8);
    else if (bag->dim == 32)
        take_rows(y, n, bag->q, ids, 32);
    else
        take_rows(y, n, bag->q, ids, bag->dim);
}

static bool one_each(const int64_t *offsets, int64_t n)
{
    int64_t others = 0;

    for (int64_t r = 0; r < n; r++)
        others |= (offsets[r + 1] - offsets[r]) ^ 1;
    return others == 0;
}

/* One id and no weight: factor_of() is 1 for every combiner. */
void rk_int8_bag_bytes(rk_bytes y, int64_t n, const rk_int8_bag *bag, const float *ratio)
{
    const rk_bag *b = &bag->bag;
    int64_t asked = b->offsets[0], last = b->offsets[n];
    rk_int8_sum sum = { .q = bag->q, .dim = bag->dim, .ratio = ratio };
    const rk_int8_row_kernels *kernels;

    if (!b->weights && !ratio && one_each(b->offsets, n)) {
        take_all(y, n, bag);
        return;
    }
    kernels = best();
    for (int64_t r = 0; r < n; r++) {
        int64_t begin = b->offsets[r], end = b->offsets[r + 1];

        for (; b->ids && asked < end + AHEAD && asked < last; asked++)
            ask_for(bag->q, b->ids, asked, bag->dim);
        sum.y = y.data + r * y.ld;
        sum.ids = b->ids ? b->ids + begin : NULL; /* no row has any */
        sum.weights = b->weights ? b->weights + begin : NULL;
        sum.n = end - begin;
        sum.factor = factor_of(b, r);
        kernels->sum(&sum);
    }
}
