/* Gaussian error linear unit, tanh approximation (Hendrycks & Gimpel 2016): upstream's "gelu".
 *
 *   y = x/2 (1 + tanh(u))     u = sqrt(2/pi) (x + 0.044715 x^3) */
#include <math.h>

#include "elementwise.h"

static const float root = 0.79788456080286536F; /* sqrt(2 / pi) */
static const float cubic = 0.044715F;

static float value(float x)
{
    return 0.5F * x * (1 + tanhf(root * (x + cubic * x * x * x)));
}

static float derivative(float x, float y)
{
    float t = tanhf(root * (x + cubic * x * x * x));

    (void)y;
    return 0.5F * (1 + t) + 0.5F * x * (1 - t * t) * root * (1 + 3 * cubic * x * x);
}

static const char *onnx(rk_onnx *out, const rk_onnx_io *io)
{
    const char *x = io->x[0], *square = rk_onnx_apply(out, "Mul", x, x);
    const char *third = rk_onnx_apply(out, "Mul", rk_onnx_apply(out, "Mul", square, x), rk_onnx_number(out, cubic));
    const char *u = rk_onnx_apply(out, "Mul", rk_onnx_apply(out, "Add", x, third), rk_onnx_number(out, root));
    const char *gate = rk_onnx_apply(out, "Add", rk_onnx_apply(out, "Tanh", u), rk_onnx_number(out, 1));

    return rk_onnx_apply(out, "Mul", rk_onnx_apply(out, "Mul", x, rk_onnx_number(out, 0.5F)), gate);
}

const rk_op rk_op_gelu = {
    .name = "gelu",
    .doc = "Gaussian error linear unit, tanh approximation",
    .aliases = { "gelu" },
    .n_inputs = 1,
    .shape = rk_shape_of_input,
    .value = value,
    .derivative = derivative,
    .forward = rk_elementwise_forward,
    .backward = rk_elementwise_backward,
    .onnx = onnx,
};
