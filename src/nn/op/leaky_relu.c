/* Rectifier with a slope of 0.2 below 0, TensorFlow's default (Maas et al. 2013 have 0.01). */
#include "elementwise.h"

#define SLOPE 0.2F

static const char *onnx(rk_onnx *out, const rk_onnx_io *io)
{
    const rk_onnx_attr slope = { .name = "alpha", .value = (double)SLOPE };

    return rk_onnx_call(out, "LeakyRelu", io->x, &slope, 1);
}

const rk_op rk_op_leaky_relu = {
    .name = "leaky_relu",
    .doc = "x, or 0.2 x below 0",
    .aliases = { "leaky_relu", "tf.nn.leaky_relu" },
    .n_inputs = 1,
    .is_rectifier = true,
    .slope = SLOPE,
    .shape = rk_shape_of_input,
    .forward = rk_rectifier_forward,
    .backward = rk_rectifier_backward,
    .onnx = onnx,
};
