/* What ops share that work on each value by itself. */
#ifndef RK_ELEMENTWISE_H
#define RK_ELEMENTWISE_H

#include "op.h"

/* Shape rule: y has the shape of the only input. */
rocket_status rk_shape_of_input(rk_shape *out, const rk_graph *graph, const rk_node *node,
                                rocket_error *err) ROCKET_NODISCARD;

/* y = value(x);  dx = dy * derivative(x, y), by the op's functions of these names. */
void rk_elementwise_forward(const rk_op_io *io);
void rk_elementwise_backward(const rk_op_io *io);

/* The rectifiers, by the backend's kernels: y = x above 0, slope * x below, by the op's slope. */
void rk_rectifier_forward(const rk_op_io *io);
void rk_rectifier_backward(const rk_op_io *io);

#endif
