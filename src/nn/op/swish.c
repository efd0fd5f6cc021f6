/* Swish (Ramachandran et al. 2017), also called SiLU: y = x s, s = sigmoid(x);  dy/dx = s + y (1 - s). */
#include <math.h>

#include "elementwise.h"

static float sigmoid(float x)
{
    float e = expf(-fabsf(x));

    return (x >= 0 ? 1 : e) / (1 + e);
}

static float value(float x)
{
    return x * sigmoid(x);
}

static float derivative(float x, float y)
{
    float s = sigmoid(x);

    return s + y * (1 - s);
}

static const char *onnx(rk_onnx *out, const rk_onnx_io *io)
{
    return rk_onnx_apply(out, "Mul", io->x[0], rk_onnx_apply(out, "Sigmoid", io->x[0]));
}

const rk_op rk_op_swish = {
    .name = "swish",
    .doc = "x sigmoid(x)",
    .aliases = { "swish", "tf.nn.swish", "tf.nn.silu" },
    .n_inputs = 1,
    .shape = rk_shape_of_input,
    .value = value,
    .derivative = derivative,
    .forward = rk_elementwise_forward,
    .backward = rk_elementwise_backward,
    .onnx = onnx,
};
