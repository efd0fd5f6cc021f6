/* Variational dropout of inputs (Chang, Rampasek, Goldenberg 2017, "Dropout feature ranking"): how often a feature is
 * dropped is learnt, so that what is dropped often can be left out. The relaxation is Gal, Hron, Kendall 2017 (concrete
 * dropout); temperature and epsilon are upstream's (variational_dropout_layer.py).
 *
 *   p = sigmoid(logit_p)                                              the rate at which values are dropped
 *   a = log(p + e) - log(1 - p + e) + log(u + e) - log(1 - u + e)     u uniform in [0, 1), e = 2^-52
 *   z = 1 - sigmoid(10 a)
 *   y = x z in training, x (1 - p) in inference
 *
 *   dx = dy z        dlogit_p = sum dy x dz,   dz = -10 z (1 - z) p (1 - p) (1 / (p + e) + 1 / (1 - p + e))
 *
 * logit_p has one value, for the feature as a whole (one u per row), or as many as x is wide. Values that stay are not
 * divided by 1 - p: inference multiplies by it instead, so this op stands in exported nets too. u is not kept: number i
 * (row * values + value) is word i of the stream named after step and node.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "error.h"
#include "example.h"
#include "hash.h"
#include "rng.h"

enum { SHARPNESS = 10 }; /* 1 / temperature */

static int64_t n_rates(const rk_op_io *io)
{
    return io->node->attrs[0] != 0 ? 1 : io->widths[0];
}

static rocket_status shape(rk_shape *out, const rk_graph *graph, const rk_node *node, rocket_error *err)
{
    const rk_param *rates = rk_graph_param_at(graph, node->params[0]);
    const rk_node *input = rk_graph_node(graph, node->inputs[0]);
    int64_t C = rk_shape_size(&input->shape), wanted = node->attrs[0] != 0 ? 1 : C;

    RK_FAIL_IF(rk_shape_size(&rates->shape) != wanted, CONFIG, err, "\"%s\" must have %lld values", rates->name,
               (long long)wanted);
    *out = (rk_shape){ 1, { C } };
    return ROCKET_OK;
}

static double rate(float logit)
{
    return 1 / (1 + exp(-(double)logit));
}

/* A row's noise for rate p: z, and how it changes with logit_p. */
typedef struct noise {
    double z, slope;
} noise;

static noise draw(double p, rk_rng *rng)
{
    double u = (double)rk_rng_float(rng);
    double a = log((p + DBL_EPSILON) / (1 - p + DBL_EPSILON)) + log((u + DBL_EPSILON) / (1 - u + DBL_EPSILON));
    double z = 1 / (1 + exp(SHARPNESS * a));
    double da = p * (1 - p) * (1 / (p + DBL_EPSILON) + 1 / (1 - p + DBL_EPSILON));

    return (noise){ z, -SHARPNESS * z * (1 - z) * da };
}

static rk_rng rng_of(const rk_op_io *io)
{
    rk_rng rng = rk_rng_at(io->seed, RK_RNG_DROPOUT, io->step, rk_xxh64(io->node->name, strlen(io->node->name)));

    rk_rng_skip_to(&rng, (uint64_t)(io->begin * n_rates(io)));
    return rng;
}

static void forward_training(const rk_op_io *io)
{
    int64_t C = io->widths[0], K = n_rates(io), span = C / K; /* values that share a rate */
    rk_rng rng = rng_of(io);

    for (int64_t b = io->begin; b < io->end; b++)
        for (int64_t k = 0; k < K; k++) {
            noise now = draw(rate(io->params[0][k]), &rng);

            for (int64_t c = k * span; c < (k + 1) * span; c++)
                io->y.data[b * io->y.ld + c] = (float)now.z * io->x[0].data[b * io->x[0].ld + c];
        }
}

static void forward(const rk_op_io *io)
{
    int64_t C = io->widths[0], span = C / n_rates(io);

    if (io->training) {
        forward_training(io);
        return;
    }
    for (int64_t c = 0; c < C; c++) {
        float kept = (float)(1 - rate(io->params[0][c / span]));

        for (int64_t b = io->begin; b < io->end; b++)
            io->y.data[b * io->y.ld + c] = kept * io->x[0].data[b * io->x[0].ld + c];
    }
}

static void backward(const rk_op_io *io)
{
    int64_t C = io->widths[0], K = n_rates(io), span = C / K;
    rk_rng rng = rng_of(io);

    rk_dparam_begin(io, 0, K);
    for (int64_t b = io->begin; b < io->end; b++)
        for (int64_t k = 0; k < K; k++) {
            noise now = draw(rate(io->params[0][k]), &rng);
            const float *x = io->x[0].data + b * io->x[0].ld, *dy = io->dy.data + b * io->dy.ld;
            float *dx = io->dx[0].data ? io->dx[0].data + b * io->dx[0].ld : NULL;
            double sum = 0;

            for (int64_t c = k * span; c < (k + 1) * span; c++) {
                float d = (float)now.z * dy[c];

                sum += (double)dy[c] * (double)x[c];
                if (dx)
                    dx[c] = io->add[0] ? dx[c] + d : d;
            }
            if (io->dparams[0])
                io->dparams[0][k] += (float)(sum * now.slope);
        }
}

static const char *onnx(rk_onnx *out, const rk_onnx_io *io)
{
    int64_t span = io->node->attrs[0] != 0 ? io->width : 1;
    rk_onnx_array kept = rk_onnx_floats(out, (rk_shape){ 1, { io->width } });

    for (int64_t c = 0; kept.values && c < io->width; c++)
        kept.values[c] = (float)(1 - rate(io->params[0][c / span]));
    return rk_onnx_apply(out, "Mul", io->x[0], kept.name);
}

static bool example(rk_graph *graph, int variant, int *node)
{
    rk_node_spec spec = RK_NODE_SPEC("variational_dropout");
    int x;

    if (variant > 1)
        return false;
    x = rk_example_source(graph, "x", 3);
    spec.inputs = &x;
    spec.n_inputs = 1;
    spec.attrs[0] = (rk_attr){ "whole", variant };
    spec.params[0] =
        rk_example_param(graph, "logit_p", (rk_shape){ 1, { variant == 0 ? 3 : 1 } }, "random_normal", 0, 1);
    spec.n_params = 1;
    *node = rk_graph_add(graph, &spec);
    return true;
}

const rk_op rk_op_variational_dropout = {
    .name = "variational_dropout",
    .doc = "dropout at a learnt rate, of each value or (whole 1) of all together",
    .attrs = { "whole" },
    .attr_defaults = { 0 },
    .n_inputs = 1,
    .n_params = 1,
    .params = { { "logit_p", 0, true } },
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .onnx = onnx,
    .example = example,
};
