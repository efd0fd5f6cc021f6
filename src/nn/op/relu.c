/* Rectifier: max(x, 0). The slope at 0 is 0, as TensorFlow has it. */
#include "elementwise.h"
#include "example.h"

static void forward(const rk_op_io *io)
{
    rk_rectifier_forward(io, 0);
}

static void backward(const rk_op_io *io)
{
    rk_rectifier_backward(io, 0);
}

static const char *onnx(rk_onnx *out, const rk_onnx_io *io)
{
    return rk_onnx_apply(out, "Relu", io->x[0]);
}

static bool example(rk_graph *graph, int variant, int *node)
{
    return rk_example_activation(graph, "relu", variant, node);
}

const rk_op rk_op_relu = {
    .name = "relu",
    .doc = "max(x, 0)",
    .aliases = { "relu", "tf.nn.relu" },
    .n_inputs = 1,
    .is_rectifier = true,
    .slope = 0,
    .shape = rk_shape_of_input,
    .forward = forward,
    .backward = backward,
    .onnx = onnx,
    .example = example,
};
