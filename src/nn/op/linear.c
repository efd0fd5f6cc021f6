/* No activation at all: y = x. It is a node all the same, so that a layer's output has one name whatever its activation
 * is; a cut leaves it out. */
#include "elementwise.h"
#include "example.h"

static float same(float x)
{
    return x;
}

static float one(float x, float y)
{
    (void)x, (void)y;
    return 1;
}

static void forward(const rk_op_io *io)
{
    rk_elementwise_forward(io, same);
}

static void backward(const rk_op_io *io)
{
    rk_elementwise_backward(io, one);
}

static bool example(rk_graph *graph, int variant, int *node)
{
    return rk_example_activation(graph, "linear", variant, node);
}

const rk_op rk_op_linear = {
    .name = "linear",
    .doc = "x itself",
    .aliases = { "linear", "" },
    .n_inputs = 1,
    .is_rectifier = true,
    .slope = 1,
    .identity_in_inference = true,
    .shape = rk_shape_of_input,
    .forward = forward,
    .backward = backward,
    .example = example,
};
