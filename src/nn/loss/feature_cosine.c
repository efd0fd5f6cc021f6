/* Hint between hidden layers: the light net's layer turns towards the booster's (easyrec.md 1.2, as documented).
 *
 *   c_b = h.z / (|h| |z|)        L = -weight / n * sum_b w_b c_b
 *   dL/dh = -weight / n * w / |h| * (z / |z| - c h / |h|)        dL/dz the same with h and z exchanged
 *
 * A row of zeros has no direction: it counts as c = 0 and has no gradient.
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

/* Norms of both rows and the cosine between them; false where one of them has no direction. */
typedef struct angle {
    double h_norm, z_norm, cosine;
} angle;

static bool angle_of(angle *out, const float *h, const float *z, int64_t C)
{
    double hh = 0, zz = 0, hz = 0;

    for (int64_t c = 0; c < C; c++) {
        hh += (double)h[c] * (double)h[c];
        zz += (double)z[c] * (double)z[c];
        hz += (double)h[c] * (double)z[c];
    }
    *out = (angle){ sqrt(hh), sqrt(zz), 0 };
    if (hh < 1e-12 || zz < 1e-12) /* upstream's bound on the squared norm */
        return false;
    out->cosine = hz / (out->h_norm * out->z_norm);
    return true;
}

static double scale_of(const rk_loss_io *io)
{
    return -io->loss->attrs[WEIGHT] / io->n;
}

static double forward(const rk_loss_io *io)
{
    double sum = 0;
    angle a;

    for (int64_t b = io->begin; b < io->end; b++)
        if (angle_of(&a, rk_row(io->x[LIGHT], b), rk_row(io->x[BOOSTER], b), io->C))
            sum += rk_row_weight(io, b) * a.cosine;
    return sum * scale_of(io);
}

static void backward(const rk_loss_io *io)
{
    angle a;

    for (int64_t b = io->begin; b < io->end; b++) {
        const float *h = rk_row(io->x[LIGHT], b), *z = rk_row(io->x[BOOSTER], b);
        double scale = scale_of(io) * rk_row_weight(io, b);

        if (!angle_of(&a, h, z, io->C))
            continue;
        for (int64_t c = 0; c < io->C; c++) {
            double along_h = (double)h[c] / a.h_norm, along_z = (double)z[c] / a.z_norm;

            if (io->dx[LIGHT].data)
                rk_row(io->dx[LIGHT], b)[c] += (float)(scale / a.h_norm * (along_z - a.cosine * along_h));
            if (io->dx[BOOSTER].data)
                rk_row(io->dx[BOOSTER], b)[c] += (float)(scale / a.z_norm * (along_h - a.cosine * along_z));
        }
    }
}

const rk_loss_def rk_loss_feature_cosine = {
    .name = "FEATURE_COSINE",
    .doc = "cosine between a hidden layer of each net, made greater",
    .n_inputs = 2,
    .inputs = { "light_layer", "booster_layer" },
    .attrs = { "weight" },
    .attr_defaults = { 0.1 },
    .check = check,
    .forward = forward,
    .backward = backward,
};
