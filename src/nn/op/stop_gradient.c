/* Gradient block: the value passes, the gradient does not. All of the paper's "gradient block" is this node. */
#include "elementwise.h"
#include "example.h"

static bool example(rk_graph *graph, int variant, int *node)
{
    return variant == 0 && rk_example_activation(graph, "stop_gradient", 1, node);
}

const rk_op rk_op_stop_gradient = {
    .name = "stop_gradient",
    .doc = "the value passes, the gradient does not",
    .n_inputs = 1,
    .blocks_gradient = true,
    .identity_in_inference = true,
    .is_view = true,
    .shape = rk_shape_of_input,
    .example = example,
};
