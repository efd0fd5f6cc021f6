/* Rectifier with a learned slope below 0 per value (He et al. 2015): y = x, or alpha x below 0.
 *
 *   dx = dy, or alpha dy below 0          dalpha = sum over the batch of dy x where x < 0
 *
 * alpha starts at 0, as Keras' does, which is what upstream means to make; He et al. start at 0.25.
 */
#include "elementwise.h"
#include "error.h"
#include "example.h"

static rocket_status shape(rk_shape *out, const rk_graph *graph, const rk_node *node, rocket_error *err)
{
    const rk_param *alpha = rk_graph_param_at(graph, node->params[0]);
    int64_t C = rk_shape_size(&rk_graph_node(graph, node->inputs[0])->shape);

    RK_FAIL_IF(rk_shape_size(&alpha->shape) != C, CONFIG, err, "\"%s\" must have %lld values", alpha->name,
               (long long)C);
    return rk_shape_of_input(out, graph, node, err);
}

static void forward(const rk_op_io *io)
{
    const float *alpha = io->params[0]; /* [C] f32 */

    for (int64_t b = io->begin; b < io->end; b++) {
        const float *x = io->x[0].data + b * io->x[0].ld;
        float *y = io->y.data + b * io->y.ld;

        for (int64_t c = 0; c < io->widths[0]; c++)
            y[c] = x[c] > 0 ? x[c] : alpha[c] * x[c];
    }
}

static void add_slope_gradient(const rk_op_io *io)
{
    for (int64_t b = io->begin; b < io->end; b++) {
        const float *x = io->x[0].data + b * io->x[0].ld, *dy = io->dy.data + b * io->dy.ld;

        for (int64_t c = 0; c < io->widths[0]; c++)
            io->dparams[0][c] += x[c] > 0 ? 0 : dy[c] * x[c];
    }
}

static void backward(const rk_op_io *io)
{
    const float *alpha = io->params[0];

    rk_dparam_begin(io, 0, io->widths[0]);
    if (io->dparams[0])
        add_slope_gradient(io);
    for (int64_t b = io->begin; io->dx[0].data && b < io->end; b++) {
        const float *x = io->x[0].data + b * io->x[0].ld, *dy = io->dy.data + b * io->dy.ld;
        float *dx = io->dx[0].data + b * io->dx[0].ld;

        for (int64_t c = 0; c < io->widths[0]; c++) {
            float d = x[c] > 0 ? dy[c] : alpha[c] * dy[c];

            dx[c] = io->add[0] ? dx[c] + d : d;
        }
    }
}

static const char *onnx(rk_onnx *out, const rk_onnx_io *io)
{
    return rk_onnx_apply(out, "PRelu", io->x[0], rk_onnx_param(out, io, 0));
}

static bool example(rk_graph *graph, int variant, int *node)
{
    int64_t C = variant == 0 ? 1 : 5;
    rk_node_spec spec = RK_NODE_SPEC("prelu");
    int x;

    if (variant > 1)
        return false;
    x = rk_example_source(graph, "x", C);
    spec.inputs = &x;
    spec.n_inputs = 1;
    spec.n_params = 1;
    spec.params[0] = rk_example_param(graph, "alpha", (rk_shape){ 1, { C } }, "random_normal", 0, 1);
    *node = rk_graph_add(graph, &spec);
    return true;
}

const rk_op rk_op_prelu = {
    .name = "prelu",
    .doc = "x, or alpha x below 0; parameter alpha [C]",
    .aliases = { "prelu" },
    .n_inputs = 1,
    .n_params = 1,
    .params = { { "alpha", 0, true } },
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .onnx = onnx,
    .example = example,
};
