/* Logistic function 1 / (1 + exp(-x)): activation, and the probability of a logit. expf may run over to infinity for
 * x < -88: the quotient is then 0, which is right. */
#include <math.h>

#include "elementwise.h"
#include "example.h"

static float value(float x)
{
    return 1 / (1 + expf(-x));
}

static float slope(float x, float y)
{
    (void)x;
    return y * (1 - y);
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
    return rk_onnx_apply(out, "Sigmoid", io->x[0]);
}

static bool example(rk_graph *graph, int variant, int *node)
{
    return rk_example_activation(graph, "sigmoid", variant, node);
}

const rk_op rk_op_sigmoid = {
    .name = "sigmoid",
    .doc = "logistic function",
    .aliases = { "sigmoid", "tf.nn.sigmoid", "tf.sigmoid" },
    .n_inputs = 1,
    .shape = rk_shape_of_input,
    .forward = forward,
    .backward = backward,
    .onnx = onnx,
    .example = example,
};
