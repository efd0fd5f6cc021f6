/* Memory of batch columns: growing, copying ranges of rows, and rows packed into one piece of memory for the shuffle.
 */
#ifndef RK_COLUMNS_H
#define RK_COLUMNS_H

#include <stdbool.h>

#include "batch.h"

/* Room for so many rows and items in all; what is there is kept. false without memory. */
bool rk_column_reserve(rk_column *column, size_t rows, size_t items);

/* Append rows [begin, end) of a batch of the same schema. false without memory: `to` is as it was. */
bool rk_batch_append_rows(rk_batch *to, const rk_batch *from, int64_t begin, int64_t end);

/* The same of any rows, in any order. */
bool rk_batch_append_picked(rk_batch *to, const rk_batch *from, const int64_t *rows, size_t n);

/* One row in one piece of memory, 8-byte aligned. */
size_t rk_batch_packed_bytes(const rk_batch *batch, int64_t row);
void rk_batch_pack_row(char *to, const rk_batch *batch, int64_t row);
bool rk_batch_append_packed(rk_batch *to, const char *packed); /* false without memory: `to` is as it was */

#endif
