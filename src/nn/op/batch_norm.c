/* Batch normalisation (Ioffe & Szegedy 2015) of a vector, with TensorFlow's moving statistics.
 *
 *   m, v = mean and (biased) variance of x over the batch       r = 1 / sqrt(v + epsilon)
 *   y    = (x - m) r gamma + beta
 *   moving = momentum * moving + (1 - momentum) * (m or v)      in training; in inference m, v are the moving ones
 *
 * Upstream moves moving_variance with the biased variance too; `unbiased` 1 takes v n / (n - 1), as PyTorch.
 *
 *   dgamma = sum dy (x - m) r      dbeta = sum dy
 *   dx     = gamma r (dy - dbeta / n - (x - m) r dgamma / n)
 *
 * A rectifier that follows is applied on the way (io->slope); above, dy is then the gradient in front of it.
 *
 * Sums are doubles, so that E[x^2] - m^2 loses nothing that matters; epsilon (1e-3) is far above the first layers'
 * variance (1e-5) at the start of a run, so it is not a detail.
 */
#include <math.h>

#include "elementwise.h"
#include "error.h"
#include "example.h"
#include "statistics.h"

enum { GAMMA, BETA, MOVING_MEAN, MOVING_VARIANCE, N_PARAMS };
enum { MOMENTUM, EPSILON, UNBIASED };

/* Rows of io->shared, C values each: those of rk_norm, then r. */
enum { CENTER, SCALE, SHIFT, BY_X, CONSTANT, R, SHARED_ROWS };

static float *shared_row(const rk_op_io *io, int row)
{
    return io->shared + row * io->widths[0];
}

static rk_norm norm_of(const rk_op_io *io)
{
    return (rk_norm){ .center = shared_row(io, CENTER),
                      .scale = shared_row(io, SCALE),
                      .shift = shared_row(io, SHIFT),
                      .by_x = shared_row(io, BY_X),
                      .constant = shared_row(io, CONSTANT),
                      .slope = io->slope };
}

static rk_block rows_of(const rk_op_io *io, rk_tensor tensor)
{
    return rk_rows(tensor, io->begin, io->end, io->widths[0]);
}

static rocket_status shape(rk_shape *out, const rk_graph *graph, const rk_node *node, rocket_error *err)
{
    const rk_node *input = rk_graph_node(graph, node->inputs[0]);
    int64_t C = rk_shape_size(&input->shape);

    RK_FAIL_IF(input->shape.rank != 1, CONFIG, err, "input \"%s\" must be a vector", input->name);
    for (int i = 0; i < N_PARAMS; i++) {
        const rk_param *param = rk_graph_param_at(graph, node->params[i]);

        RK_FAIL_IF(rk_shape_size(&param->shape) != C, CONFIG, err, "\"%s\" must have %lld values", param->name,
                   (long long)C);
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
    io->backend->moments(io->partial, rows_of(io, io->x[0]));
}

static void combine(const rk_op_io *io)
{
    const rk_moving rule = { .mean = io->params[MOVING_MEAN],
                             .variance = io->params[MOVING_VARIANCE],
                             .momentum = io->node->attrs[MOMENTUM],
                             .unbiased = io->node->attrs[UNBIASED] != 0 };

    for (int64_t c = 0; c < io->widths[0]; c++) {
        double mean = (double)io->params[MOVING_MEAN][c], variance = (double)io->params[MOVING_VARIANCE][c];

        if (io->training)
            rk_batch_statistics(io, c, &rule, &mean, &variance);
        double r = 1 / sqrt(variance + io->node->attrs[EPSILON]);
        shared_row(io, R)[c] = (float)r;
        shared_row(io, CENTER)[c] = (float)mean;
        shared_row(io, SCALE)[c] = (float)(r * (double)io->params[GAMMA][c]);
        shared_row(io, SHIFT)[c] = io->params[BETA][c];
    }
}

static void forward(const rk_op_io *io)
{
    rk_norm norm = norm_of(io);

    io->backend->norm(rows_of(io, io->y), rows_of(io, io->x[0]), &norm);
}

static void reduce_backward(const rk_op_io *io)
{
    rk_norm norm = norm_of(io);

    io->backend->norm_moments(io->partial, rows_of(io, io->dy), rows_of(io, io->x[0]), &norm);
}

static void combine_backward(const rk_op_io *io)
{
    double n = (double)io->n_rows;

    for (int64_t c = 0; c < io->widths[0]; c++) {
        double r = (double)shared_row(io, R)[c], scale = (double)io->params[GAMMA][c] * r;
        double dbeta = io->partial[c], dgamma = io->partial[io->widths[0] + c] * r;

        rk_dparam_add(io, GAMMA, c, (float)dgamma);
        rk_dparam_add(io, BETA, c, (float)dbeta);
        shared_row(io, BY_X)[c] = (float)(-scale * r * dgamma / n);
        shared_row(io, CONSTANT)[c] = (float)(-scale * dbeta / n);
    }
}

static void backward(const rk_op_io *io)
{
    rk_norm norm = norm_of(io);

    if (io->dx[0].data)
        io->backend->norm_backward(rows_of(io, io->dx[0]), rows_of(io, io->dy), rows_of(io, io->x[0]), &norm,
                                   io->add[0]);
}

static void as_affine(double *scale, double *shift, const rk_node *node, const float *const *params)
{
    for (int64_t c = 0; c < rk_shape_size(&node->shape); c++) {
        scale[c] = (double)params[GAMMA][c] / sqrt((double)params[MOVING_VARIANCE][c] + node->attrs[EPSILON]);
        shift[c] = (double)params[BETA][c] - scale[c] * (double)params[MOVING_MEAN][c];
    }
}

/* Where no dense layer takes it over. */
static const char *onnx(rk_onnx *out, const rk_onnx_io *io)
{
    const rk_onnx_attr epsilon = { .name = "epsilon", .value = io->node->attrs[EPSILON] };
    const char *const x[] = { io->x[0],
                              rk_onnx_param(out, io, GAMMA),
                              rk_onnx_param(out, io, BETA),
                              rk_onnx_param(out, io, MOVING_MEAN),
                              rk_onnx_param(out, io, MOVING_VARIANCE),
                              NULL };

    return rk_onnx_call(out, "BatchNormalization", x, &epsilon, 1);
}

static bool example(rk_graph *graph, int variant, int *node)
{
    int64_t C = variant == 0 ? 3 : 9;
    rk_node_spec spec = RK_NODE_SPEC("batch_norm");
    int x;

    if (variant > 1)
        return false;
    x = rk_example_source(graph, "x", C);
    spec.inputs = &x;
    spec.n_inputs = 1;
    spec.n_params = N_PARAMS;
    spec.params[GAMMA] = rk_example_param(graph, "gamma", (rk_shape){ 1, { C } }, "uniform", 0.5, 1.5);
    spec.params[BETA] = rk_example_param(graph, "beta", (rk_shape){ 1, { C } }, "random_normal", 0, 1);
    spec.params[MOVING_MEAN] = rk_example_state(graph, "moving_mean", C, "zeros");
    spec.params[MOVING_VARIANCE] = rk_example_state(graph, "moving_variance", C, "ones");
    *node = rk_graph_add(graph, &spec);
    return true;
}

const rk_op rk_op_batch_norm = {
    .name = "batch_norm",
    .doc = "batch normalisation; parameters gamma, beta, moving_mean, moving_variance, [C] each",
    .attrs = { "momentum", "epsilon", "unbiased" },
    .attr_defaults = { 0.99, 1e-3, 0 },
    .n_inputs = 1,
    .applies_rectifier = true,
    .ignores_offset = true,
    .backward_in_place = true,
    .made_again = true,
    .n_params = N_PARAMS,
    .params = { { "gamma", 1, true },
                { "beta", 0, true },
                { "moving_mean", 0, false },
                { "moving_variance", 1, false } },
    .shape = shape,
    .partial_size = partial_size,
    .shared_size = shared_size,
    .reduce = reduce,
    .combine = combine,
    .norm = norm_of,
    .forward = forward,
    .reduce_backward = reduce_backward,
    .combine_backward = combine_backward,
    .backward = backward,
    .onnx = onnx,
    .as_affine = as_affine,
    .example = example,
};
