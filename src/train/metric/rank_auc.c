/* Sorting is a radix sort (three digits of 11 bits), linear in the rows; short runs, such as one user's, are sorted by
 * insertion. The sum over ties is in integers and halves, exact in a double up to 2^53 pairs.
 */
#include "rank_auc.h"

#include <math.h>
#include <string.h>

#include "mem.h"

enum { DIGIT_BITS = 11, N_DIGITS = 3, N_BUCKETS = 1 << DIGIT_BITS, SHORT_RUN = 64 };

uint32_t rk_rank_word(float score, bool positive)
{
    uint32_t bits;

    score += 0.0F; /* -0 sorts as 0 */
    memcpy(&bits, &score, sizeof bits);
    return bits << 1 | positive; /* the sign, which is shifted out, is 0 */
}

bool rk_rank_reserve(uint32_t **words, size_t *capacity, size_t n, size_t more)
{
    size_t wanted = *capacity + *capacity / 2 + 1024;
    uint32_t *bigger;

    if (n + more <= *capacity)
        return true;
    if (wanted < n + more)
        wanted = n + more;
    bigger = rk_realloc(*words, wanted, sizeof **words);
    if (!bigger)
        return false;
    *words = bigger;
    *capacity = wanted;
    return true;
}

static void insertion_sort(uint32_t *words, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint32_t word = words[i];
        size_t k = i;

        for (; k > 0 && words[k - 1] > word; k--)
            words[k] = words[k - 1];
        words[k] = word;
    }
}

static void sort_by_digit(uint32_t *to, const uint32_t *from, size_t n, int shift)
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

/* Sorted words end up in words. */
static void sort_words(uint32_t *words, uint32_t *scratch, size_t n)
{
    if (n < SHORT_RUN) {
        insertion_sort(words, n);
        return;
    }
    for (int digit = 0; digit < N_DIGITS; digit++) {
        const uint32_t *from = digit % 2 ? scratch : words;

        sort_by_digit(digit % 2 ? words : scratch, from, n, digit * DIGIT_BITS);
    }
    memcpy(words, scratch, n * sizeof *words); /* an odd number of passes */
}

rk_rank_result rk_rank_auc(uint32_t *words, uint32_t *scratch, size_t n)
{
    rk_rank_result result = { .auc = NAN };
    double below = 0; /* pairs in the right order, ties half */

    sort_words(words, scratch, n);
    for (size_t i = 0; i < n;) {
        size_t positives = 0, negatives = 0;
        uint32_t score = words[i] >> 1;

        for (; i < n && words[i] >> 1 == score; i++) {
            positives += words[i] & 1;
            negatives += !(words[i] & 1);
        }
        below += (double)positives * ((double)result.n_negative + (double)negatives / 2);
        result.n_positive += positives;
        result.n_negative += negatives;
    }
    if (result.n_positive > 0 && result.n_negative > 0)
        result.auc = below / ((double)result.n_positive * (double)result.n_negative);
    return result;
}
