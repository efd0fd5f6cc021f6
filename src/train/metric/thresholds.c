/* A score is counted once, in the interval between two thresholds; true and false positives of every threshold are sums
 * from there. Counts are integers, so a long evaluation does not lose rows as sums in f32 would.
 */
#include "thresholds.h"

#include <assert.h>

#include "mem.h"

bool rk_thresholds_init(rk_thresholds *thresholds, size_t n)
{
    static const double epsilon = 1e-7;

    assert(n >= 2);
    *thresholds = (rk_thresholds){ .n = n };
    thresholds->at = rk_alloc(n, sizeof *thresholds->at);
    thresholds->count = rk_alloc(2 * (n + 1), sizeof *thresholds->count);
    if (!thresholds->at || !thresholds->count) {
        rk_thresholds_clear(thresholds);
        return false;
    }
    for (size_t i = 1; i + 1 < n; i++)
        thresholds->at[i] = (float)((double)i / (double)(n - 1));
    thresholds->at[0] = (float)-epsilon;
    thresholds->at[n - 1] = (float)(1 + epsilon);
    return true;
}

void rk_thresholds_clear(rk_thresholds *thresholds)
{
    rk_free(thresholds->at);
    rk_free(thresholds->count);
    *thresholds = (rk_thresholds){ 0 };
}

void rk_thresholds_add(rk_thresholds *thresholds, float score, bool positive)
{
    size_t low = 0, high = thresholds->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (score > thresholds->at[middle])
            low = middle + 1;
        else
            high = middle;
    }
    thresholds->count[(positive ? thresholds->n + 1 : 0) + low]++;
}

/* i counts the thresholds passed; the first call of next stops at threshold 0. */
rk_confusion rk_thresholds_begin(const rk_thresholds *thresholds)
{
    rk_confusion all = { .i = SIZE_MAX };

    for (size_t i = 0; i <= thresholds->n; i++) {
        all.fp += (double)thresholds->count[i];
        all.tp += (double)thresholds->count[thresholds->n + 1 + i];
    }
    return all;
}

bool rk_thresholds_next(const rk_thresholds *thresholds, rk_confusion *at)
{
    if (at->i + 1 == thresholds->n)
        return false;
    at->i++;

    double negatives = (double)thresholds->count[at->i];
    double positives = (double)thresholds->count[thresholds->n + 1 + at->i];
    at->fp -= negatives;
    at->tn += negatives;
    at->tp -= positives;
    at->fn += positives;
    return true;
}
