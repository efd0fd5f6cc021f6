/* Rectifier with a slope of 0.2 below 0, TensorFlow's default (Maas et al. 2013 have 0.01). */
#include "elementwise.h"
#include "example.h"

static const float slope = 0.2F;

static void forward(const rk_op_io *io)
{
    io->backend->relu(rk_rows(io->y, io->begin, io->end, io->widths[0]),
                      rk_rows(io->x[0], io->begin, io->end, io->widths[0]), slope);
}

static void backward(const rk_op_io *io)
{
    if (io->dx[0].data)
        io->backend->relu_backward(rk_rows(io->dx[0], io->begin, io->end, io->widths[0]),
                                   rk_rows(io->dy, io->begin, io->end, io->widths[0]),
                                   rk_rows(io->x[0], io->begin, io->end, io->widths[0]), slope, io->add[0]);
}

static bool example(rk_graph *graph, int variant, int *node)
{
    return rk_example_activation(graph, "leaky_relu", variant, node);
}

const rk_op rk_op_leaky_relu = {
    .name = "leaky_relu",
    .doc = "x, or 0.2 x below 0",
    .aliases = { "leaky_relu", "tf.nn.leaky_relu" },
    .n_inputs = 1,
    .shape = rk_shape_of_input,
    .forward = forward,
    .backward = backward,
    .example = example,
};
