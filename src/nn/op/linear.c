/* No activation at all: y = x, a rectifier that changes nothing. It is a node all the same, so that a layer's output
 * has one name whatever its activation is; a cut leaves it out. */
#include "elementwise.h"

const rk_op rk_op_linear = {
    .name = "linear",
    .doc = "x itself",
    .aliases = { "linear", "" },
    .n_inputs = 1,
    .is_rectifier = true,
    .slope = 1,
    .identity_in_inference = true,
    .shape = rk_shape_of_input,
    .forward = rk_rectifier_forward,
    .backward = rk_rectifier_backward,
};
