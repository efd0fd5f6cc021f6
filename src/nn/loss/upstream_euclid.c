/* What upstream computes between hidden layers, whatever it was asked for (easyrec.md 0.2): kept to reproduce its runs.
 *
 *   L = -weight * R, R = sqrt(sum_b |h - z|^2) over the whole batch        dL/dh = -weight (h - z) / R
 *
 * The sign pushes the layers apart. Sample weights do not enter, as upstream. The square root needs the whole batch:
 * chunks give their share of R^2, `whole` takes the root.
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

static double forward(const rk_loss_io *io)
{
    double sum = 0;

    for (int64_t b = io->begin; b < io->end; b++)
        sum += rk_row_distance(io, b);
    return sum;
}

static double whole(const rk_loss *loss, double sum)
{
    return -loss->attrs[WEIGHT] * sqrt(sum);
}

static void backward(const rk_loss_io *io)
{
    for (int64_t b = io->begin; b < io->end && io->sum > 0; b++)
        rk_row_pull(io, b, -io->loss->attrs[WEIGHT] / sqrt(io->sum));
}

const rk_loss_def rk_loss_upstream_euclid = {
    .name = "UPSTREAM_EUCLID",
    .doc = "upstream's distance between hidden layers, made greater",
    .n_inputs = 2,
    .inputs = { "light_layer", "booster_layer" },
    .attrs = { "weight" },
    .attr_defaults = { 0.1 },
    .check = check,
    .forward = forward,
    .whole = whole,
    .backward = backward,
};
