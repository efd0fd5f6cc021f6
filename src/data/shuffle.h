/* The shuffle buffer: a fixed number of rows from which the next one is drawn (upstream's Dataset.shuffle). */
#ifndef RK_SHUFFLE_H
#define RK_SHUFFLE_H

#include "columns.h"
#include "rng.h"

typedef struct rk_shuffle rk_shuffle;

rk_shuffle *rk_shuffle_new(size_t n_rows); /* NULL without memory */
void rk_shuffle_free(rk_shuffle *shuffle);

/* A new epoch begins; the buffer is empty. */
void rk_shuffle_begin(rk_shuffle *shuffle, uint64_t seed, uint64_t epoch);

bool rk_shuffle_full(const rk_shuffle *shuffle);
bool rk_shuffle_empty(const rk_shuffle *shuffle);

/* Put a row of the block at hand in; not when full. false without memory. */
bool rk_shuffle_put(rk_shuffle *shuffle, const rk_batch *rows, int64_t row);

/* Take one out, each as likely: *row of the block at hand, or -1 and the return value is it, packed as in columns.h,
 * valid until the next put. Not when empty. */
const char *rk_shuffle_take(rk_shuffle *shuffle, int64_t *row);

/* The block at hand goes: its rows that still wait are packed. false without memory. */
bool rk_shuffle_keep(rk_shuffle *shuffle, const rk_batch *rows);

#endif
