/* Rows as the inputs of an ONNX model (onnx.h): what `rocket hash` prints and the examples in a model's metadata.
 *
 * A feature is one member of a JSON object, `"price": [[0.5], [1]]`, `"user": [3, -1]`; one of which a row may have
 * several ids is two, `"tags": [[4, 7], [2, -1]], "tags/weights": [[1, 1], [1, 0]]`, padded to the longest list. */
#ifndef RK_ONNX_ROWS_H
#define RK_ONNX_ROWS_H

#include "onnx.h"
#include "schema.h"

/* Has the input weights beside it? */
bool rk_onnx_is_list(const rk_feature *feature);

/* Rows [0, n) of a feature's column. */
void rk_onnx_put_rows(rk_buf *out, const rk_feature *feature, const rk_column *column, int64_t n);

/* Id i of a row, and its weight; behind the last, what pads: -1 with weight 0. */
typedef struct rk_onnx_item {
    int64_t id;
    float weight;
} rk_onnx_item;
rk_onnx_item rk_onnx_item_at(const rk_column *column, int64_t row, int64_t i);

#endif
