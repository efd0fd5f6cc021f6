/* Weights of 8 bits: kernels and tables rounded to integers times a scale.
 *
 *   w = round(v / t)    t = greatest |v| / 127 of a kernel's column, or of a table's row    v becomes w t
 *
 * What layers with a kernel multiply with is rounded, unless they have fewer than RK_QUANTIZE_LEAST outputs: the last
 * layer is small, and its errors are the scores' own. Biases and norms stay as they are. Values stay in rk_weights as
 * floats, so that whatever reads weights can do so; the scales beside them say that they are integers in truth, for
 * those who store them or compute with them (int8.h).
 */
#ifndef RK_QUANTIZE_H
#define RK_QUANTIZE_H

#include "weights.h"

enum { RK_QUANTIZE_LEAST = 16 };

/* Only ROCKET_FAILED, without memory; the weights are then rounded in part. */
ROCKET_NODISCARD rocket_status rk_weights_quantize(rk_weights *weights, rocket_error *err);

/* Of n values `step` apart: their scale, and the integers (out may be NULL); 0 for zeros. */
float rk_quantize_scale(const float *values, int64_t n, int64_t step);
void rk_quantize_round(int8_t *out, const float *values, int64_t n, int64_t step, float scale);

#endif
