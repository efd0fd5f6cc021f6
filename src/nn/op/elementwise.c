/* Loops of the activations. A call per value: what is called takes an exp or a tanh, which costs ten times as much. */
#include "elementwise.h"

rocket_status rk_shape_of_input(rk_shape *out, const rk_graph *graph, const rk_node *node, rocket_error *err)
{
    (void)err;
    *out = rk_graph_node(graph, node->inputs[0])->shape;
    return ROCKET_OK;
}

void rk_elementwise_forward(const rk_op_io *io)
{
    float (*value)(float x) = io->node->op->value;

    for (int64_t b = io->begin; b < io->end; b++) {
        const float *x = io->x[0].data + b * io->x[0].ld;
        float *y = io->y.data + b * io->y.ld;

        for (int64_t i = 0; i < io->widths[0]; i++)
            y[i] = value(x[i]);
    }
}

void rk_elementwise_backward(const rk_op_io *io)
{
    float (*derivative)(float x, float y) = io->node->op->derivative;

    if (!io->dx[0].data)
        return;
    for (int64_t b = io->begin; b < io->end; b++) {
        const float *x = io->x[0].data + b * io->x[0].ld;
        const float *y = io->y.data + b * io->y.ld;
        const float *dy = io->dy.data + b * io->dy.ld;
        float *dx = io->dx[0].data + b * io->dx[0].ld;

        for (int64_t i = 0; i < io->widths[0]; i++) {
            float d = dy[i] * derivative(x[i], y[i]);

            dx[i] = io->add[0] ? dx[i] + d : d;
        }
    }
}

void rk_rectifier_forward(const rk_op_io *io)
{
    io->backend->relu(rk_rows(io->y, io->begin, io->end, io->widths[0]),
                      rk_rows(io->x[0], io->begin, io->end, io->widths[0]), io->node->op->slope);
}

void rk_rectifier_backward(const rk_op_io *io)
{
    if (io->dx[0].data)
        io->backend->relu_backward(
            rk_rows(io->dx[0], io->begin, io->end, io->widths[0]), rk_rows(io->dy, io->begin, io->end, io->widths[0]),
            rk_rows(io->x[0], io->begin, io->end, io->widths[0]), io->node->op->slope, io->add[0]);
}
