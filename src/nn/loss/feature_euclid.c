/* Hint between hidden layers: the distance between them shrinks.
 *
 *   r_b = |h - z|        L = weight / n * sum_b w_b r_b        dL/dh = weight / n * w (h - z) / r        dL/dz = -dL/dh
 *
 * A mean over rows, so that its size does not depend on the batch's; at r = 0 the gradient is 0. Upstream's form, over
 * the whole batch and with the other sign, is upstream_euclid.c.
 */
#include <math.h>

#include "error.h"
#include "loss_math.h"

enum { LIGHT, BOOSTER };
enum { WEIGHT };

static rocket_status check(const rk_graph *graph, const rk_loss *loss, rocket_error *err)
{
    RK_TRY(rk_loss_check_attr(loss, WEIGHT, err));
    return rk_loss_check_pair(graph, loss, err);
}

static double scale_of(const rk_loss_io *io)
{
    return io->loss->attrs[WEIGHT] / io->n;
}

static double forward(const rk_loss_io *io)
{
    double sum = 0;

    for (int64_t b = io->begin; b < io->end; b++)
        sum += rk_row_weight(io, b) * sqrt(rk_row_distance(io, b));
    return sum * scale_of(io);
}

static void backward(const rk_loss_io *io)
{
    for (int64_t b = io->begin; b < io->end; b++) {
        double r = sqrt(rk_row_distance(io, b));

        if (r > 0)
            rk_row_pull(io, b, scale_of(io) * rk_row_weight(io, b) / r);
    }
}

const rk_loss_def rk_loss_feature_euclid = {
    .name = "FEATURE_EUCLID",
    .doc = "distance between a hidden layer of each net, made smaller",
    .n_inputs = 2,
    .inputs = { "light_layer", "booster_layer" },
    .attrs = { "weight" },
    .attr_defaults = { 0.1 },
    .check = check,
    .forward = forward,
    .backward = backward,
};
