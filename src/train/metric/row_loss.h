/* -log P(label) of a row, in double from its logits. */
#ifndef RK_ROW_LOSS_H
#define RK_ROW_LOSS_H

#include "metric.h"

double rk_row_loss(const rk_metric_batch *batch, int64_t row);

#endif
