/* Gaussian error linear unit, exact: x Phi(x). What "tf.nn.gelu" means where upstream's short name means the
 * approximation. */
#include <math.h>

#include "elementwise.h"
#include "example.h"

static float value(float x)
{
    return 0.5F * x * (1 + erff(x * 0.70710678118654752F));
}

static float slope(float x, float y)
{
    const float density = 0.39894228040143268F * expf(-0.5F * x * x);

    (void)y;
    return 0.5F * (1 + erff(x * 0.70710678118654752F)) + x * density;
}

static void forward(const rk_op_io *io)
{
    rk_elementwise_forward(io, value);
}

static void backward(const rk_op_io *io)
{
    rk_elementwise_backward(io, slope);
}

static bool example(rk_graph *graph, int variant, int *node)
{
    return rk_example_activation(graph, "gelu_exact", variant, node);
}

const rk_op rk_op_gelu_exact = {
    .name = "gelu_exact",
    .doc = "Gaussian error linear unit, exact",
    .aliases = { "tf.nn.gelu" },
    .n_inputs = 1,
    .shape = rk_shape_of_input,
    .forward = forward,
    .backward = backward,
    .example = example,
};
