/* Dice (Zhou et al. 2018, Deep Interest Network, Eq. 3): a PReLU whose kink follows the data.
 *
 *   n = (x - m) r, r = 1 / sqrt(v + epsilon)     m, v: mean and biased variance of the batch; moving ones in inference
 *   p = sigmoid(n)                               y = (p + alpha (1 - p)) x
 *
 *   g = dy x (1 - alpha) p (1 - p)               dalpha = sum dy (1 - p) x
 *   dx = dy (p + alpha (1 - p)) + r (g - sum g / B - n sum(g n) / B)
 *
 * The last term is what batch norm without scale and offset passes on. epsilon is upstream's 1e-9, momentum 0.99.
 */
#include <math.h>

#include "elementwise.h"
#include "error.h"
#include "example.h"
#include "statistics.h"

enum { ALPHA, MOVING_MEAN, MOVING_VARIANCE, N_PARAMS };
enum { MOMENTUM, EPSILON };
enum { MEAN, R, MEAN_G, MEAN_GN, SHARED_ROWS }; /* rows of io->shared, C values each */

static float *shared_row(const rk_op_io *io, int row)
{
    return io->shared + row * io->widths[0];
}

static rocket_status shape(rk_shape *out, const rk_graph *graph, const rk_node *node, rocket_error *err)
{
    const rk_node *input = rk_graph_node(graph, node->inputs[0]);

    for (int i = 0; i < N_PARAMS; i++) {
        const rk_param *param = rk_graph_param_at(graph, node->params[i]);

        RK_FAIL_IF(rk_shape_size(&param->shape) != rk_shape_size(&input->shape), CONFIG, err,
                   "\"%s\" must have %lld values", param->name, (long long)rk_shape_size(&input->shape));
    }
    RK_FAIL_IF(node->attrs[MOMENTUM] < 0 || node->attrs[MOMENTUM] > 1, CONFIG, err,
               "momentum must be in [0, 1], got %g", node->attrs[MOMENTUM]);
    RK_FAIL_IF(node->attrs[EPSILON] < 0, CONFIG, err, "epsilon must be >= 0, got %g", node->attrs[EPSILON]);
    return rk_shape_of_input(out, graph, node, err);
}

static size_t partial_size(const rk_node *node)
{
    return 2 * (size_t)rk_shape_size(&node->shape);
}

static size_t shared_size(const rk_node *node)
{
    return SHARED_ROWS * (size_t)rk_shape_size(&node->shape);
}

static void reduce(const rk_op_io *io)
{
    io->backend->moments(io->partial, rk_rows(io->x[0], io->begin, io->end, io->widths[0]));
}

static void combine(const rk_op_io *io)
{
    const rk_moving rule = { .mean = io->params[MOVING_MEAN],
                             .variance = io->params[MOVING_VARIANCE],
                             .momentum = io->node->attrs[MOMENTUM] };

    for (int64_t c = 0; c < io->widths[0]; c++) {
        double mean = (double)rule.mean[c], variance = (double)rule.variance[c];

        if (io->training)
            rk_batch_statistics(io, c, &rule, &mean, &variance);
        shared_row(io, MEAN)[c] = (float)mean;
        shared_row(io, R)[c] = (float)(1 / sqrt(variance + io->node->attrs[EPSILON]));
    }
}

/* What one value of row b is made of. */
typedef struct gate {
    float x, n, p, alpha;
} gate;

static gate gate_at(const rk_op_io *io, int64_t b, int64_t c)
{
    gate g = { .x = io->x[0].data[b * io->x[0].ld + c], .alpha = io->params[ALPHA][c] };
    float e;

    g.n = (g.x - shared_row(io, MEAN)[c]) * shared_row(io, R)[c];
    e = expf(-fabsf(g.n));
    g.p = (g.n >= 0 ? 1 : e) / (1 + e);
    return g;
}

static float gate_slope(const gate *g)
{
    return g->p + g->alpha * (1 - g->p);
}

/* dL/dn */
static float norm_gradient(const gate *g, float dy)
{
    return dy * g->x * (1 - g->alpha) * g->p * (1 - g->p);
}

static void forward(const rk_op_io *io)
{
    for (int64_t b = io->begin; b < io->end; b++)
        for (int64_t c = 0; c < io->widths[0]; c++) {
            gate g = gate_at(io, b, c);

            io->y.data[b * io->y.ld + c] = gate_slope(&g) * g.x;
        }
}

static void reduce_backward(const rk_op_io *io)
{
    for (int64_t b = io->begin; b < io->end; b++)
        for (int64_t c = 0; c < io->widths[0]; c++) {
            gate g = gate_at(io, b, c);
            double d = (double)norm_gradient(&g, io->dy.data[b * io->dy.ld + c]);

            io->partial[c] += d;
            io->partial[io->widths[0] + c] += d * (double)g.n;
        }
}

static void combine_backward(const rk_op_io *io)
{
    double B = (double)io->n_rows;

    for (int64_t c = 0; c < io->widths[0]; c++) {
        shared_row(io, MEAN_G)[c] = (float)(io->partial[c] / B);
        shared_row(io, MEAN_GN)[c] = (float)(io->partial[io->widths[0] + c] / B);
    }
}

static void backward_row(const rk_op_io *io, int64_t b)
{
    for (int64_t c = 0; c < io->widths[0]; c++) {
        gate g = gate_at(io, b, c);
        float dy = io->dy.data[b * io->dy.ld + c];
        float through_norm = norm_gradient(&g, dy) - shared_row(io, MEAN_G)[c] - g.n * shared_row(io, MEAN_GN)[c];
        float d = dy * gate_slope(&g) + shared_row(io, R)[c] * through_norm;

        if (io->dparams[ALPHA])
            io->dparams[ALPHA][c] += dy * (1 - g.p) * g.x;
        if (io->dx[0].data) {
            float *dx = &io->dx[0].data[b * io->dx[0].ld + c];

            *dx = io->add[0] ? *dx + d : d;
        }
    }
}

static void backward(const rk_op_io *io)
{
    rk_dparam_begin(io, ALPHA, io->widths[0]);
    for (int64_t b = io->begin; b < io->end; b++)
        backward_row(io, b);
}

static const char *onnx(rk_onnx *out, const rk_onnx_io *io)
{
    rk_shape columns = { 1, { io->width } };
    rk_onnx_array r = rk_onnx_floats(out, columns), rest = rk_onnx_floats(out, columns); /* 1 - alpha */
    const char *x = io->x[0], *n, *p;

    for (int64_t c = 0; r.values && rest.values && c < io->width; c++) {
        r.values[c] = (float)(1 / sqrt((double)io->params[MOVING_VARIANCE][c] + io->node->attrs[EPSILON]));
        rest.values[c] = 1 - io->params[ALPHA][c];
    }
    n = rk_onnx_apply(out, "Mul", rk_onnx_apply(out, "Sub", x, rk_onnx_param(out, io, MOVING_MEAN)), r.name);
    p = rk_onnx_apply(out, "Mul", rk_onnx_apply(out, "Sigmoid", n), rest.name);
    return rk_onnx_apply(out, "Mul", rk_onnx_apply(out, "Add", p, rk_onnx_param(out, io, ALPHA)), x);
}

static bool example(rk_graph *graph, int variant, int *node)
{
    int64_t C = variant == 0 ? 2 : 7;
    rk_node_spec spec = RK_NODE_SPEC("dice");
    int x;

    if (variant > 1)
        return false;
    x = rk_example_source(graph, "x", C);
    spec.inputs = &x;
    spec.n_inputs = 1;
    spec.n_params = N_PARAMS;
    spec.params[ALPHA] = rk_example_param(graph, "alpha", (rk_shape){ 1, { C } }, "random_normal", 0, 0.5);
    spec.params[MOVING_MEAN] = rk_example_state(graph, "moving_mean", C, "zeros");
    spec.params[MOVING_VARIANCE] = rk_example_state(graph, "moving_variance", C, "ones");
    *node = rk_graph_add(graph, &spec);
    return true;
}

const rk_op rk_op_dice = {
    .name = "dice",
    .doc =
        "(p + alpha (1 - p)) x, p = sigmoid of x normalised; parameters alpha, moving_mean, moving_variance, [C] each",
    .aliases = { "dice" },
    .attrs = { "momentum", "epsilon" },
    .attr_defaults = { 0.99, 1e-9 },
    .n_inputs = 1,
    .n_params = N_PARAMS,
    .params = { { "alpha", 0, true }, { "moving_mean", 0, false }, { "moving_variance", 1, false } },
    .shape = shape,
    .partial_size = partial_size,
    .shared_size = shared_size,
    .reduce = reduce,
    .combine = combine,
    .forward = forward,
    .reduce_backward = reduce_backward,
    .combine_backward = combine_backward,
    .backward = backward,
    .onnx = onnx,
    .example = example,
};
