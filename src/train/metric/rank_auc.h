/* Exact AUC: the share of pairs (positive, negative) that the scores put in the right order, ties half.
 *
 * A row is one 64-bit word: the bits of its score, which order non-negative floats, its class below them, and in the
 * lower half the number of the unit (a user) with which it is drawn again in a resample. */
#ifndef RK_RANK_AUC_H
#define RK_RANK_AUC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint64_t rk_rank_row(float score, bool positive, uint32_t unit); /* score >= 0, not NaN */
static inline uint32_t rk_rank_unit(uint64_t row)
{
    return (uint32_t)row;
}

void rk_rank_sort(uint64_t *rows, uint64_t *scratch, size_t n); /* by score; scratch [n] */

typedef struct rk_rank_result {
    double auc; /* NaN when there is one class only */
    uint64_t n_positive, n_negative;
} rk_rank_result;

/* Of sorted rows [n]. counts: how often the rows of each unit count; NULL: once. */
rk_rank_result rk_rank_auc(const uint64_t *rows, size_t n, const uint32_t *counts);

#endif
