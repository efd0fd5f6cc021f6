/* Rectifier: max(x, 0). The slope at 0 is 0, as TensorFlow has it. */
#include "elementwise.h"

static const char *onnx(rk_onnx *out, const rk_onnx_io *io)
{
    return rk_onnx_apply(out, "Relu", io->x[0]);
}

const rk_op rk_op_relu = {
    .name = "relu",
    .doc = "max(x, 0)",
    .aliases = { "relu", "tf.nn.relu" },
    .n_inputs = 1,
    .is_rectifier = true,
    .slope = 0,
    .shape = rk_shape_of_input,
    .forward = rk_rectifier_forward,
    .backward = rk_rectifier_backward,
    .onnx = onnx,
};
