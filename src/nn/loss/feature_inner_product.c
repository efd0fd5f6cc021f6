/* Hint between hidden layers: their inner product grows.
 *
 *   L = -weight / n * sum_b w_b h.z        dL/dh = -weight / n * w z        dL/dz = -weight / n * w h
 *
 * There is no bound to it: what keeps it finite are the norms of the layers (batch norm) and the other losses.
 */
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
    return -io->loss->attrs[WEIGHT] / io->n;
}

static double forward(const rk_loss_io *io)
{
    double sum = 0;

    for (int64_t b = io->begin; b < io->end; b++) {
        const float *h = rk_row(io->x[LIGHT], b), *z = rk_row(io->x[BOOSTER], b);
        double w = rk_row_weight(io, b);

        for (int64_t c = 0; c < io->C; c++)
            sum += w * (double)h[c] * (double)z[c];
    }
    return sum * scale_of(io);
}

static void backward(const rk_loss_io *io)
{
    for (int64_t b = io->begin; b < io->end; b++) {
        const float *h = rk_row(io->x[LIGHT], b), *z = rk_row(io->x[BOOSTER], b);
        double scale = scale_of(io) * rk_row_weight(io, b);

        for (int64_t c = 0; c < io->C; c++) {
            if (io->dx[LIGHT].data)
                rk_row(io->dx[LIGHT], b)[c] += (float)(scale * (double)z[c]);
            if (io->dx[BOOSTER].data)
                rk_row(io->dx[BOOSTER], b)[c] += (float)(scale * (double)h[c]);
        }
    }
}

const rk_loss_def rk_loss_feature_inner_product = {
    .name = "FEATURE_INNER_PRODUCT",
    .doc = "inner product of a hidden layer of each net, made greater",
    .n_inputs = 2,
    .inputs = { "light_layer", "booster_layer" },
    .attrs = { "weight" },
    .attr_defaults = { 0.1 },
    .check = check,
    .forward = forward,
    .backward = backward,
};
