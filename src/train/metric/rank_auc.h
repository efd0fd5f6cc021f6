/* Exact AUC: the share of pairs (positive, negative) that the scores put in the right order, ties half.
 *
 * A row is one 32-bit word: the bits of its score, which order non-negative floats, and its class below them. */
#ifndef RK_RANK_AUC_H
#define RK_RANK_AUC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint32_t rk_rank_word(float score, bool positive); /* score >= 0, not NaN */

/* Room for more words behind the n there are. false without memory; *words is then as it was. */
bool rk_rank_reserve(uint32_t **words, size_t *capacity, size_t n, size_t more);

typedef struct rk_rank_result {
    double auc; /* NaN when there is one class only */
    size_t n_positive, n_negative;
} rk_rank_result;

/* Sorts words [n]; scratch [n]. */
rk_rank_result rk_rank_auc(uint32_t *words, uint32_t *scratch, size_t n);

#endif
