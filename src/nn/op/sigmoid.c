/* Logistic function 1 / (1 + exp(-x)): activation, and the probability of a logit. expf may run over to infinity for
 * x < -88: the quotient is then 0, which is right. */
#include <math.h>

#include "elementwise.h"

static float value(float x)
{
    return 1 / (1 + expf(-x));
}

static float derivative(float x, float y)
{
    (void)x;
    return y * (1 - y);
}

static const char *onnx(rk_onnx *out, const rk_onnx_io *io)
{
    return rk_onnx_apply(out, "Sigmoid", io->x[0]);
}

const rk_op rk_op_sigmoid = {
    .name = "sigmoid",
    .doc = "logistic function",
    .aliases = { "sigmoid", "tf.nn.sigmoid", "tf.sigmoid" },
    .n_inputs = 1,
    .shape = rk_shape_of_input,
    .value = value,
    .derivative = derivative,
    .forward = rk_elementwise_forward,
    .backward = rk_elementwise_backward,
    .onnx = onnx,
};
