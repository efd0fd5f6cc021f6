/* Sorting is a radix sort (three digits of 11 bits), linear in the rows; short runs, such as one user's, are sorted by
 * insertion. It is done once: a resample only counts the sorted rows with other weights. The sum over ties is in
 * integers and halves, exact in a double up to 2^53 pairs.
 */
#include "rank_auc.h"

#include <math.h>
#include <string.h>

enum { DIGIT_BITS = 11, N_DIGITS = 3, N_BUCKETS = 1 << DIGIT_BITS, SHORT_RUN = 64, WORD_SHIFT = 32 };

uint64_t rk_rank_row(float score, bool positive, uint32_t unit)
{
    uint32_t bits;

    score += 0.0F; /* -0 sorts as 0 */
    memcpy(&bits, &score, sizeof bits);
    return (uint64_t)(bits << 1 | positive) << WORD_SHIFT | unit; /* the sign, which is shifted out, is 0 */
}

static void insertion_sort(uint64_t *rows, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint64_t row = rows[i];
        size_t k = i;

        for (; k > 0 && rows[k - 1] > row; k--)
            rows[k] = rows[k - 1];
        rows[k] = row;
    }
}

static void sort_by_digit(uint64_t *to, const uint64_t *from, size_t n, int shift)
{
    size_t start[N_BUCKETS] = { 0 }, at = 0;

    for (size_t i = 0; i < n; i++)
        start[from[i] >> shift & (N_BUCKETS - 1)]++;
    for (size_t b = 0; b < N_BUCKETS; b++) {
        size_t count = start[b];

        start[b] = at;
        at += count;
    }
    for (size_t i = 0; i < n; i++)
        to[start[from[i] >> shift & (N_BUCKETS - 1)]++] = from[i];
}

void rk_rank_sort(uint64_t *rows, uint64_t *scratch, size_t n)
{
    if (n < SHORT_RUN) {
        insertion_sort(rows, n);
        return;
    }
    for (int digit = 0; digit < N_DIGITS; digit++) {
        const uint64_t *from = digit % 2 ? scratch : rows;

        sort_by_digit(digit % 2 ? rows : scratch, from, n, WORD_SHIFT + digit * DIGIT_BITS);
    }
    memcpy(rows, scratch, n * sizeof *rows); /* an odd number of passes */
}

rk_rank_result rk_rank_auc(const uint64_t *rows, size_t n, const uint32_t *counts)
{
    rk_rank_result result = { .auc = NAN };
    double below = 0; /* pairs in the right order, ties half */

    for (size_t i = 0; i < n;) {
        uint64_t of_class[2] = { 0, 0 };
        uint64_t score = rows[i] >> (WORD_SHIFT + 1);

        for (; i < n && rows[i] >> (WORD_SHIFT + 1) == score; i++)
            of_class[rows[i] >> WORD_SHIFT & 1] += counts ? counts[rk_rank_unit(rows[i])] : 1;
        below += (double)of_class[1] * ((double)result.n_negative + (double)of_class[0] / 2);
        result.n_positive += of_class[1];
        result.n_negative += of_class[0];
    }
    if (result.n_positive > 0 && result.n_negative > 0)
        result.auc = below / ((double)result.n_positive * (double)result.n_negative);
    return result;
}
