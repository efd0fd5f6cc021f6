/* Gradient block: the value passes, the gradient does not. All of the paper's "gradient block" is this node. */
#include "elementwise.h"

const rk_op rk_op_stop_gradient = {
    .name = "stop_gradient",
    .doc = "the value passes, the gradient does not",
    .n_inputs = 1,
    .blocks_gradient = true,
    .identity_in_inference = true,
    .is_view = true,
    .shape = rk_shape_of_input,
};
