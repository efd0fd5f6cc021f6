/* Weights of 8 bits: kernels and tables rounded to integers times scales, with the scales of what kernels multiply.
 *
 *   tables   scale[d] = greatest |v[.][d]| / 127               q = round(v / scale)
 *   values   between least and greatest, as seen in data       x = x_scale (q - x_zero), q in 0 .. 255
 *   kernels  W' = W x_scale, row by row; scale[j] = greatest |W'[.][j]| / 127      w = round(W' / scale)
 *
 * Scales of values are settled once, from rows that the caller runs through the net of floats, so that a net of
 * integers need not look for the least and greatest of every row. Each column has its own, which costs nothing: it is a
 * factor of the kernel's row. Columns that come from a table have the table's, so that a row of it can be copied as it
 * is; only sums of several rows may need a greater one. A value outside what was seen is drawn to its border.
 *
 * What layers with a kernel multiply with is rounded, unless they have fewer than RK_QUANTIZE_LEAST outputs: the last
 * layer is small, and its errors are the scores' own. Biases and norms stay as they are, and so do kernels that several
 * layers share.
 */
#ifndef RK_QUANTIZE_H
#define RK_QUANTIZE_H

#include "weights.h"

enum {
    RK_QUANTIZE_LEAST = 16,
    RK_QUANTIZE_MOST_K = 1 << 15 /* rows of a kernel, so that no sum of 8-bit products leaves 32 bits */
};

/* Is this a layer whose kernel is rounded? Its input 0 then needs a range. */
bool rk_quantize_takes(const rk_graph *graph, const rk_node *node);

/* The least and greatest value seen in each column of a node. */
typedef struct rk_range {
    float *least, *greatest; /* [width] */
} rk_range;

/* ranges: [n_nodes], of input 0 of the layers that are rounded. Only ROCKET_FAILED, without memory; the weights are
 * then rounded in part. Floats become what the integers stand for. */
ROCKET_NODISCARD rocket_status rk_weights_quantize(rk_weights *weights, const rk_range *ranges, rocket_error *err);

/* The other kind: kernels and tables become the nearest values of 16 bits (bf16.h), and are written so. In memory they
 * stay floats, and are scored as such. */
void rk_weights_round_to_bf16(rk_weights *weights);

#endif
