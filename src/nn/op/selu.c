/* Scaled exponential linear unit (Klambauer et al. 2017): elu with alpha and scale that keep mean 0 and variance 1. */
#include <math.h>

#include "elementwise.h"

static const float alpha = 1.6732632423543772F, scale = 1.0507009873554805F;

static float value(float x)
{
    return x > 0 ? scale * x : scale * alpha * expm1f(x);
}

static float derivative(float x, float y)
{
    return x > 0 ? scale : y + scale * alpha;
}

static const char *onnx(rk_onnx *out, const rk_onnx_io *io)
{
    const rk_onnx_attr attrs[] = { { .name = "alpha", .value = (double)alpha },
                                   { .name = "gamma", .value = (double)scale } };

    return rk_onnx_call(out, "Selu", io->x, attrs, 2);
}

const rk_op rk_op_selu = {
    .name = "selu",
    .doc = "scaled exponential linear unit",
    .aliases = { "selu", "tf.nn.selu" },
    .n_inputs = 1,
    .shape = rk_shape_of_input,
    .value = value,
    .derivative = derivative,
    .forward = rk_elementwise_forward,
    .backward = rk_elementwise_backward,
    .onnx = onnx,
};
