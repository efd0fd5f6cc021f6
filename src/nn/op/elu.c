/* Exponential linear unit (Clevert et al. 2016), alpha 1: x, or exp(x) - 1 below 0. */
#include <math.h>

#include "elementwise.h"
#include "example.h"

static float value(float x)
{
    return x > 0 ? x : expm1f(x);
}

static float slope(float x, float y)
{
    return x > 0 ? 1 : y + 1;
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
    return rk_onnx_apply(out, "Elu", io->x[0]);
}

static bool example(rk_graph *graph, int variant, int *node)
{
    return rk_example_activation(graph, "elu", variant, node);
}

const rk_op rk_op_elu = {
    .name = "elu",
    .doc = "x, or exp(x) - 1 below 0",
    .aliases = { "elu", "tf.nn.elu" },
    .n_inputs = 1,
    .shape = rk_shape_of_input,
    .forward = forward,
    .backward = backward,
    .onnx = onnx,
    .example = example,
};
