/* Rows of bytes made of floats and of tables: see int8.h. Plain loops that compilers make vectors of; the rounding is
 * an addition that leaves no room for what is behind the point. */
#include <string.h>

#include "int8.h"
#include "prefetch.h"

enum { AHEAD = 16 /* ids */, MIDDLE = 128, PART = 64 /* columns at a time */ };

/* round(v), to even, kept in 0 .. 255; no number: 0 */
static inline uint8_t rounded(float v)
{
    float kept = v > 0 ? v < 255 ? v : 255 : 0, moved = kept + 8388608.0F; /* 2^23: its last bit is worth 1 */
    uint32_t bits;

    memcpy(&bits, &moved, sizeof bits);
    return (uint8_t)bits;
}

void rk_int8_round(rk_bytes y, rk_block x, const float *inverse, const float *zero)
{
    for (int64_t r = 0; r < x.rows; r++) {
        const float *from = x.data + r * x.ld;
        uint8_t *to = y.data + r * y.ld;

        for (int64_t c = 0; c < x.cols; c++)
            to[c] = rounded(from[c] * inverse[c] + zero[c]);
    }
}

/* ---- bags ---- */

RK_PREFETCHING void ask_for(const rk_int8_bag *bag, int64_t i, int64_t last)
{
    if (i < last)
        __builtin_prefetch(bag->q + bag->bag.ids[i] * bag->dim, 0, 3);
}

/* sums = sum of w q over columns [first, first + n) of a bag */
static void sum_rows(float *sums, const rk_int8_bag *bag, int64_t row, int64_t first, int64_t n)
{
    const rk_bag *b = &bag->bag;

    memset(sums, 0, (size_t)n * sizeof *sums);
    for (int64_t i = b->offsets[row]; i < b->offsets[row + 1]; i++) {
        const int8_t *q = bag->q + b->ids[i] * bag->dim + first;
        float w = b->weights ? b->weights[i] : 1;

        for (int64_t d = 0; d < n; d++)
            sums[d] += w * (float)q[d];
    }
}

static float factor_of(const rk_bag *bag, int64_t row)
{
    return bag->combiner == RK_COMBINER_SUM ? 1 : rk_bag_factor(bag, row);
}

void rk_int8_bag_floats(rk_block y, const rk_int8_bag *bag, const float *scale)
{
    float sums[PART];

    for (int64_t r = 0; r < y.rows; r++)
        for (int64_t first = 0; first < bag->dim; first += PART) {
            int64_t n = bag->dim - first < PART ? bag->dim - first : PART;
            float factor = factor_of(&bag->bag, r);

            sum_rows(sums, bag, r, first, n);
            for (int64_t d = 0; d < n; d++)
                y.data[r * y.ld + first + d] = sums[d] * factor * scale[first + d];
        }
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

static void sum_bag(uint8_t *y, const rk_int8_bag *bag, int64_t row, const float *ratio)
{
    float sums[PART], factor = factor_of(&bag->bag, row);

    for (int64_t first = 0; first < bag->dim; first += PART) {
        int64_t n = bag->dim - first < PART ? bag->dim - first : PART;

        sum_rows(sums, bag, row, first, n);
        for (int64_t d = 0; d < n; d++)
            y[first + d] = rounded(sums[d] * factor * (ratio ? ratio[first + d] : 1) + MIDDLE);
    }
}

/* One id and no weight: factor_of() is 1 for every combiner. */
void rk_int8_bag_bytes(rk_bytes y, int64_t n, const rk_int8_bag *bag, const float *ratio)
{
    const rk_bag *b = &bag->bag;
    int64_t last = b->offsets[n];

    for (int64_t i = 0; i < AHEAD; i++)
        ask_for(bag, b->offsets[0] + i, last);
    for (int64_t r = 0; r < n; r++) {
        int64_t begin = b->offsets[r], end = b->offsets[r + 1];

        for (int64_t i = begin; i < end; i++)
            ask_for(bag, i + AHEAD, last);
        if (end - begin == 1 && !b->weights && !ratio)
            take_row(y.data + r * y.ld, bag->q + b->ids[begin] * bag->dim, bag->dim);
        else
            sum_bag(y.data + r * y.ld, bag, r, ratio);
    }
}
