/* Inputs side by side in one row. Where an input already lies in its place (the executor lets producers write there),
 * there is nothing to copy, and its gradient is columns of dy. */
#include "example.h"
#include "op.h"

static rocket_status shape(rk_shape *out, const rk_graph *graph, const rk_node *node, rocket_error *err)
{
    int64_t width = 0;

    (void)err;
    for (int i = 0; i < node->n_inputs; i++)
        width += rk_shape_size(&rk_graph_node(graph, node->inputs[i])->shape);
    *out = (rk_shape){ 1, { width } };
    return ROCKET_OK;
}

static void forward(const rk_op_io *io)
{
    int64_t column = 0;

    for (int i = 0; i < io->n_inputs; column += io->widths[i], i++) {
        rk_tensor place = { io->y.data + column, io->y.ld };

        if (io->x[i].data != place.data)
            io->backend->copy(rk_rows(place, io->begin, io->end, io->widths[i]),
                              rk_rows(io->x[i], io->begin, io->end, io->widths[i]));
    }
}

static void backward(const rk_op_io *io)
{
    int64_t column = 0;

    for (int i = 0; i < io->n_inputs; column += io->widths[i], i++) {
        rk_tensor place = { io->dy.data + column, io->dy.ld };
        rk_block dy = rk_rows(place, io->begin, io->end, io->widths[i]);

        if (!io->dx[i].data || io->dx[i].data == place.data)
            continue;
        if (io->add[i])
            io->backend->add_scaled(rk_rows(io->dx[i], io->begin, io->end, io->widths[i]), dy, 1);
        else
            io->backend->copy(rk_rows(io->dx[i], io->begin, io->end, io->widths[i]), dy);
    }
}

static const char *onnx(rk_onnx *out, const rk_onnx_io *io)
{
    const rk_onnx_attr axis = { .name = "axis", .value = 1, .is_int = true };

    return rk_onnx_call(out, "Concat", io->x, &axis, 1);
}

static bool example(rk_graph *graph, int variant, int *node)
{
    rk_node_spec spec = RK_NODE_SPEC("concat");
    int inputs[4];

    if (variant > 1)
        return false;
    inputs[0] = rk_example_source(graph, "x", 3);
    inputs[1] = rk_graph_input_floats(graph, "raw", 2);
    inputs[2] = rk_example_source(graph, "z", 1);
    inputs[3] = inputs[0]; /* twice: once in place, once copied */
    spec.inputs = inputs;
    spec.n_inputs = variant == 0 ? 3 : 4;
    *node = rk_graph_add(graph, &spec);
    return true;
}

const rk_op rk_op_concat = {
    .name = "concat",
    .doc = "inputs side by side",
    .n_inputs = -1,
    .joins_inputs = true,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .onnx = onnx,
    .example = example,
};
