/* Gaussian error linear unit, exact: x Phi(x). What "tf.nn.gelu" means where upstream's short name means the
 * approximation. */
#include <math.h>

#include "elementwise.h"

static const float root_half = 0.70710678118654752F; /* sqrt(1 / 2) */

static float value(float x)
{
    return 0.5F * x * (1 + erff(x * root_half));
}

static float derivative(float x, float y)
{
    const float density = 0.39894228040143268F * expf(-0.5F * x * x);

    (void)y;
    return 0.5F * (1 + erff(x * root_half)) + x * density;
}

static const char *onnx(rk_onnx *out, const rk_onnx_io *io)
{
    const char *x = io->x[0], *half = rk_onnx_apply(out, "Mul", x, rk_onnx_number(out, 0.5F));
    const char *erf = rk_onnx_apply(out, "Erf", rk_onnx_apply(out, "Mul", x, rk_onnx_number(out, root_half)));

    return rk_onnx_apply(out, "Mul", half, rk_onnx_apply(out, "Add", erf, rk_onnx_number(out, 1)));
}

const rk_op rk_op_gelu_exact = {
    .name = "gelu_exact",
    .doc = "Gaussian error linear unit, exact",
    .aliases = { "tf.nn.gelu" },
    .n_inputs = 1,
    .shape = rk_shape_of_input,
    .value = value,
    .derivative = derivative,
    .forward = rk_elementwise_forward,
    .backward = rk_elementwise_backward,
    .onnx = onnx,
};
