/* The rate at which variational dropout keeps values, in every row: y = 1 - sigmoid(logit_p). For the penalty alone
 * (loss DROPOUT_PENALTY): parameters have a loss only through a node, and a node has rows.
 *
 *   dlogit_p = -sum over rows of dy p (1 - p)        The input is not looked at; it says how many rows there are.
 */
#include <math.h>

#include "error.h"
#include "example.h"

static rocket_status shape(rk_shape *out, const rk_graph *graph, const rk_node *node, rocket_error *err)
{
    (void)err;
    *out = (rk_shape){ 1, { rk_shape_size(&rk_graph_param_at(graph, node->params[0])->shape) } };
    return ROCKET_OK;
}

static double rate(float logit)
{
    return 1 / (1 + exp(-(double)logit));
}

static void forward(const rk_op_io *io)
{
    int64_t K = rk_shape_size(&io->node->shape);

    for (int64_t k = 0; k < K; k++) {
        float kept = (float)(1 - rate(io->params[0][k]));

        for (int64_t b = io->begin; b < io->end; b++)
            io->y.data[b * io->y.ld + k] = kept;
    }
}

static void backward(const rk_op_io *io)
{
    int64_t K = rk_shape_size(&io->node->shape);

    rk_dparam_begin(io, 0, K);
    for (int64_t k = 0; io->dparams[0] && k < K; k++) {
        double p = rate(io->params[0][k]), sum = 0;

        for (int64_t b = io->begin; b < io->end; b++)
            sum += (double)io->dy.data[b * io->dy.ld + k];
        io->dparams[0][k] -= (float)(sum * p * (1 - p));
    }
    for (int64_t b = io->begin; io->dx[0].data && !io->add[0] && b < io->end; b++)
        for (int64_t c = 0; c < io->widths[0]; c++)
            io->dx[0].data[b * io->dx[0].ld + c] = 0;
}

static bool example(rk_graph *graph, int variant, int *node)
{
    rk_node_spec spec = RK_NODE_SPEC("keep_rate");
    int x;

    if (variant > 0)
        return false;
    x = rk_example_source(graph, "x", 2);
    spec.inputs = &x;
    spec.n_inputs = 1;
    spec.params[0] = rk_example_param(graph, "logit_p", (rk_shape){ 1, { 3 } }, "random_normal", 0, 1);
    spec.n_params = 1;
    *node = rk_graph_add(graph, &spec);
    return true;
}

const rk_op rk_op_keep_rate = {
    .name = "keep_rate",
    .doc = "1 - sigmoid(logit_p) in every row",
    .n_inputs = 1,
    .n_params = 1,
    .params = { { "logit_p", 0, true } },
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .example = example,
};
