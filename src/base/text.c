/* Nearest word by edit distance: insertions, deletions, substitutions and swaps of neighbours (optimal string
 * alignment, the restricted form of Damerau 1964). A swap is one edit because it is the commonest slip of a typist.
 *
 * Letters are compared without case (ASCII). Words longer than 96 bytes are never suggested: nobody mistypes those, and
 * the rows of the table then have a fixed size.
 */
#include "text.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST = 96 };

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int min3(int a, int b, int c)
{
    int ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Rows of the dynamic programme: two back, one back, this one. */
static int edit_distance(const char *a, size_t n, const char *b, size_t m)
{
    int rows[3][LONGEST + 1] = { { 0 } };

    for (size_t j = 0; j <= m; j++)
        rows[0][j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int *row = rows[i % 3], *before = rows[(i + 2) % 3], *two_before = rows[(i + 1) % 3];

        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            char p = lower(a[i - 1]), q = lower(b[j - 1]);

            row[j] = min3(before[j] + 1, row[j - 1] + 1, before[j - 1] + (p != q));
            bool swapped = i > 1 && j > 1 && p == lower(b[j - 2]) && lower(a[i - 2]) == q;
            if (swapped && two_before[j - 2] + 1 < row[j])
                row[j] = two_before[j - 2] + 1;
        }
    }
    return rows[n % 3][m];
}

const char *rk_closest(const char *word, const char *const *words, size_t n)
{
    size_t length = strlen(word);
    const char *best = NULL;
    int best_distance = INT_MAX;

    if (length == 0 || length > LONGEST)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t m = strlen(words[i]);

        if (m == 0 || m > LONGEST)
            continue;
        int near_enough = (int)((length > m ? length : m) + 2) / 3;
        int missing = (int)(length > m ? length - m : m - length); /* no distance is less */
        if (missing > near_enough || missing >= best_distance)
            continue;
        int distance = edit_distance(word, length, words[i], m);
        bool nothing_in_common = distance >= (int)(length < m ? length : m);
        if (distance <= near_enough && !nothing_in_common && distance < best_distance) {
            best = words[i];
            best_distance = distance;
        }
    }
    return best;
}

const char *rk_did_you_mean(char out[RK_HINT_BYTES], const char *word, const char *const *words, size_t n)
{
    const char *near = words ? rk_closest(word, words, n) : NULL;

    out[0] = '\0';
    if (near)
        snprintf(out, RK_HINT_BYTES, "; did you mean \"%s\"?", near);
    return out;
}
