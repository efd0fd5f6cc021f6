/* Fully connected layer: y = x W + b.
 *
 *   dW = x^T dy     db = sum over the batch of dy     dx = dy W^T
 *
 * The kernel is [in, out] as upstream's, so y is one row-major product without a transpose. L2 is not in here: it is an
 * attribute of the kernel (rk_param.l2) and is added once, however many nodes share it.
 */
#include "error.h"
#include "example.h"
#include "op.h"

enum { KERNEL, BIAS };

static rocket_status shape(rk_shape *out, const rk_graph *graph, const rk_node *node, rocket_error *err)
{
    const rk_node *input = rk_graph_node(graph, node->inputs[0]);
    const rk_param *kernel = rk_graph_param_at(graph, node->params[KERNEL]);
    const rk_param *bias = rk_graph_param_at(graph, node->params[BIAS]);
    int64_t width = rk_shape_size(&input->shape);

    RK_FAIL_IF(kernel->shape.rank != 2 || kernel->shape.dims[0] != width, CONFIG, err,
               "kernel \"%s\" must be [%lld, out], for input \"%s\"", kernel->name, (long long)width, input->name);
    RK_FAIL_IF(rk_shape_size(&bias->shape) != kernel->shape.dims[1], CONFIG, err, "bias \"%s\" must have %lld values",
               bias->name, (long long)kernel->shape.dims[1]);
    *out = (rk_shape){ 1, { kernel->shape.dims[1] } };
    return ROCKET_OK;
}

static int64_t multiplications(const rk_graph *graph, const rk_node *node)
{
    return rk_shape_size(&rk_graph_param_at(graph, node->params[KERNEL])->shape);
}

static rk_matrix matrix_of(rk_block rows, bool transposed)
{
    return (rk_matrix){ rows.data, rows.ld, transposed };
}

static void forward(const rk_op_io *io)
{
    int64_t in = io->widths[0], out = io->node->shape.dims[0];
    rk_product product = { .c = rk_rows(io->y, io->begin, io->end, out),
                           .a = matrix_of(rk_rows(io->x[0], io->begin, io->end, in), false),
                           .b = { io->params[KERNEL], out, false },
                           .packed = io->packed[0],
                           .k = in,
                           .start = io->params[BIAS],
                           .rectify = io->slope != 1,
                           .slope = io->slope };

    io->backend->product(&product);
}

static void kernel_gradient(const rk_op_io *io, rk_block dy)
{
    int64_t in = io->widths[0];
    rk_product product = { .c = { io->dparams[KERNEL], dy.cols, in, dy.cols },
                           .a = matrix_of(rk_rows(io->x[0], io->begin, io->end, in), true),
                           .b = matrix_of(dy, false),
                           .k = dy.rows,
                           .add = io->add_params[KERNEL] };

    if (io->dparams[KERNEL])
        io->backend->product(&product);
}

static void bias_gradient(const rk_op_io *io, rk_block dy)
{
    rk_dparam_begin(io, BIAS, dy.cols);
    if (io->dparams[BIAS])
        io->backend->column_sums(io->dparams[BIAS], dy);
}

static void input_gradient(const rk_op_io *io, rk_block dy)
{
    rk_product product = { .c = rk_rows(io->dx[0], io->begin, io->end, io->widths[0]),
                           .a = matrix_of(dy, false),
                           .b = { io->params[KERNEL], dy.cols, true },
                           .packed = io->packed[1],
                           .k = dy.cols,
                           .add = io->add[0] };

    if (io->dx[0].data)
        io->backend->product(&product);
}

static void backward(const rk_op_io *io)
{
    rk_block dy = rk_rows(io->dy, io->begin, io->end, io->node->shape.dims[0]);

    if (io->slope != 1) /* nobody reads dy of a rectifier after this */
        io->backend->relu_backward(dy, dy, rk_rows(io->y, io->begin, io->end, dy.cols), io->slope, false);
    kernel_gradient(io, dy);
    bias_gradient(io, dy);
    input_gradient(io, dy);
}

/* x (W s) + (b s + t) is s (x W + b) + t. */
static const char *onnx(rk_onnx *out, const rk_onnx_io *io)
{
    int64_t in = io->width, C = io->node->shape.dims[0];

    if (io->scale == NULL)
        return rk_onnx_apply(out, "Gemm", io->x[0], rk_onnx_param(out, io, KERNEL), rk_onnx_param(out, io, BIAS));
    rk_onnx_array kernel = rk_onnx_floats(out, (rk_shape){ 2, { in, C } });
    rk_onnx_array bias = rk_onnx_floats(out, (rk_shape){ 1, { C } });
    if (kernel.values == NULL || bias.values == NULL)
        return NULL;
    for (int64_t c = 0; c < C; c++) {
        bias.values[c] = (float)((double)io->params[BIAS][c] * io->scale[c] + io->shift[c]);
        for (int64_t i = 0; i < in; i++)
            kernel.values[i * C + c] = (float)((double)io->params[KERNEL][i * C + c] * io->scale[c]);
    }
    return rk_onnx_apply(out, "Gemm", io->x[0], kernel.name, bias.name);
}

static bool example(rk_graph *graph, int variant, int *node)
{
    static const int64_t sizes[][2] = { { 3, 4 }, { 1, 1 }, { 9, 2 } };
    rk_node_spec spec = RK_NODE_SPEC("dense");
    int x;

    if (variant > 2)
        return false;
    x = rk_example_source(graph, "x", sizes[variant][0]);
    spec.inputs = &x;
    spec.n_inputs = 1;
    spec.n_params = 2;
    spec.params[KERNEL] = rk_example_param(graph, "kernel", (rk_shape){ 2, { sizes[variant][0], sizes[variant][1] } },
                                           "random_normal", 0, 1);
    spec.params[BIAS] = rk_example_param(graph, "bias", (rk_shape){ 1, { sizes[variant][1] } }, "random_normal", 0, 1);
    *node = rk_graph_add(graph, &spec);
    return true;
}

const rk_op rk_op_dense = {
    .name = "dense",
    .doc = "fully connected: y = x kernel + bias; parameters kernel [in, out], bias [out]",
    .n_inputs = 1,
    .n_params = 2,
    .packs_kernel = true,
    .offset_param = BIAS,
    .applies_rectifier = true,
    .takes_passing = true,
    .shape = shape,
    .multiplications = multiplications,
    .forward = forward,
    .backward = backward,
    .onnx = onnx,
    .takes_affine = true,
    .example = example,
};
