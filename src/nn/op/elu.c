/* Exponential linear unit (Clevert et al. 2016), alpha 1: x, or exp(x) - 1 below 0. */
#include <math.h>

#include "elementwise.h"

static float value(float x)
{
    return x > 0 ? x : expm1f(x);
}

static float derivative(float x, float y)
{
    return x > 0 ? 1 : y + 1;
}

static const char *onnx(rk_onnx *out, const rk_onnx_io *io)
{
    return rk_onnx_apply(out, "Elu", io->x[0]);
}

const rk_op rk_op_elu = {
    .name = "elu",
    .doc = "x, or exp(x) - 1 below 0",
    .aliases = { "elu", "tf.nn.elu" },
    .n_inputs = 1,
    .shape = rk_shape_of_input,
    .value = value,
    .derivative = derivative,
    .forward = rk_elementwise_forward,
    .backward = rk_elementwise_backward,
    .onnx = onnx,
};
