/* Hyperbolic tangent. */
#include <math.h>

#include "elementwise.h"
#include "example.h"

static float value(float x)
{
    return tanhf(x);
}

static float slope(float x, float y)
{
    (void)x;
    return 1 - y * y;
}

static void forward(const rk_op_io *io)
{
    rk_elementwise_forward(io, value);
}

static void backward(const rk_op_io *io)
{
    rk_elementwise_backward(io, slope);
}

static const char *onnx(rk_onnx *out, const rk_onnx_io *io)
{
    return rk_onnx_apply(out, "Tanh", io->x[0]);
}

static bool example(rk_graph *graph, int variant, int *node)
{
    return rk_example_activation(graph, "tanh", variant, node);
}

const rk_op rk_op_tanh = {
    .name = "tanh",
    .doc = "hyperbolic tangent",
    .aliases = { "tanh", "tf.nn.tanh", "tf.tanh" },
    .n_inputs = 1,
    .shape = rk_shape_of_input,
    .forward = forward,
    .backward = backward,
    .onnx = onnx,
    .example = example,
};
