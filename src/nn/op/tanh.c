/* Hyperbolic tangent. */
#include <math.h>

#include "elementwise.h"

static float value(float x)
{
    return tanhf(x);
}

static float derivative(float x, float y)
{
    (void)x;
    return 1 - y * y;
}

static const char *onnx(rk_onnx *out, const rk_onnx_io *io)
{
    return rk_onnx_apply(out, "Tanh", io->x[0]);
}

const rk_op rk_op_tanh = {
    .name = "tanh",
    .doc = "hyperbolic tangent",
    .aliases = { "tanh", "tf.nn.tanh", "tf.tanh" },
    .n_inputs = 1,
    .shape = rk_shape_of_input,
    .value = value,
    .derivative = derivative,
    .forward = rk_elementwise_forward,
    .backward = rk_elementwise_backward,
    .onnx = onnx,
};
