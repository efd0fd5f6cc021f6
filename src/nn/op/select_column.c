/* One column of a vector: upstream's "probs_light_1" is column 1 of the class probabilities. */
#include <math.h>
#include <string.h>

#include "error.h"
#include "example.h"
#include "op.h"

enum { COLUMN };

static rocket_status shape(rk_shape *out, const rk_graph *graph, const rk_node *node, rocket_error *err)
{
    int64_t width = rk_shape_size(&rk_graph_node(graph, node->inputs[0])->shape);
    double column = node->attrs[COLUMN];

    RK_FAIL_IF(!(column >= 0 && column < (double)width && column == floor(column)), CONFIG, err,
               "column must be a whole number in 0 .. %lld, got %g", (long long)width - 1, column);
    *out = (rk_shape){ 1, { 1 } };
    return ROCKET_OK;
}

static rk_tensor column_of(const rk_op_io *io, rk_tensor x)
{
    return (rk_tensor){ x.data + (int64_t)io->node->attrs[COLUMN], x.ld };
}

static void forward(const rk_op_io *io)
{
    io->backend->copy(rk_rows(io->y, io->begin, io->end, 1), rk_rows(column_of(io, io->x[0]), io->begin, io->end, 1));
}

static void backward(const rk_op_io *io)
{
    if (!io->dx[0].data)
        return;
    for (int64_t b = io->begin; b < io->end && !io->add[0]; b++)
        memset(io->dx[0].data + b * io->dx[0].ld, 0, (size_t)io->widths[0] * sizeof(float));
    io->backend->add_scaled(rk_rows(column_of(io, io->dx[0]), io->begin, io->end, 1),
                            rk_rows(io->dy, io->begin, io->end, 1), 1);
}

static const char *onnx(rk_onnx *out, const rk_onnx_io *io)
{
    const char *const x[] = { io->x[0], rk_onnx_index(out, (int64_t)io->node->attrs[COLUMN]), NULL };
    const rk_onnx_attr axis = { .name = "axis", .value = 1, .is_int = true };

    return rk_onnx_call(out, "Gather", x, &axis, 1);
}

static bool example(rk_graph *graph, int variant, int *node)
{
    rk_node_spec spec = RK_NODE_SPEC("select_column");
    int x;

    if (variant > 1)
        return false;
    x = rk_example_source(graph, "x", 3);
    spec.inputs = &x;
    spec.n_inputs = 1;
    spec.attrs[0] = (rk_attr){ "column", 2 * variant };
    *node = rk_graph_add(graph, &spec);
    return true;
}

const rk_op rk_op_select_column = {
    .name = "select_column",
    .doc = "one column of a vector",
    .attrs = { "column" },
    .attr_defaults = { 0 },
    .n_inputs = 1,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .onnx = onnx,
    .example = example,
};
