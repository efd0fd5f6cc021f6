/* Hint on logits: the light net regresses the booster's (Zhou et al. 2018, Eq. 1; Ba & Caruana 2014).
 *
 *   L = weight / N * sum_b w_b sum_c (l_bc - z_bc)^2        dL/dl = 2 weight / N * w (l - z)        dL/dz = -dL/dl
 *
 * N is n C (reduction MEAN, upstream) or n (SUM_CLASSES, the paper's code); no factor 1/2 in either. The gradient block
 * is a stop_gradient node before z: then dz is absent here, and this file knows nothing of it.
 */
#include "error.h"
#include "loss_math.h"

enum { LOGITS, BOOSTER };
enum { WEIGHT, REDUCTION };

static rocket_status check(const rk_graph *graph, const rk_loss *loss, rocket_error *err)
{
    double reduction = loss->attrs[REDUCTION];

    RK_FAIL_IF(reduction != 0 && reduction != 1, CONFIG, err,
               "reduction must be 0 (mean) or 1 (sum over classes), got %g", reduction);
    RK_TRY(rk_loss_check_attr(loss, WEIGHT, err));
    return rk_loss_check_pair(graph, loss, err);
}

static double scale_of(const rk_loss_io *io)
{
    return io->loss->attrs[WEIGHT] / (io->n * (io->loss->attrs[REDUCTION] == 0 ? (double)io->C : 1));
}

static double forward(const rk_loss_io *io)
{
    double sum = 0;

    for (int64_t b = io->begin; b < io->end; b++) {
        const float *l = rk_row(io->x[LOGITS], b), *z = rk_row(io->x[BOOSTER], b);
        double w = rk_row_weight(io, b);

        for (int64_t c = 0; c < io->C; c++) {
            double d = (double)l[c] - (double)z[c];
            sum += w * d * d;
        }
    }
    return sum * scale_of(io);
}

static void backward(const rk_loss_io *io)
{
    for (int64_t b = io->begin; b < io->end; b++) {
        const float *l = rk_row(io->x[LOGITS], b), *z = rk_row(io->x[BOOSTER], b);
        double scale = 2 * scale_of(io) * rk_row_weight(io, b);

        for (int64_t c = 0; c < io->C; c++) {
            float d = (float)(scale * ((double)l[c] - (double)z[c]));

            if (io->dx[LOGITS].data)
                rk_row(io->dx[LOGITS], b)[c] += d;
            if (io->dx[BOOSTER].data)
                rk_row(io->dx[BOOSTER], b)[c] -= d;
        }
    }
}

const rk_loss_def rk_loss_logit_mse = {
    .name = "LOGIT_MSE",
    .doc = "squared difference of light and booster logits",
    .n_inputs = 2,
    .inputs = { "logits", "booster_logits" },
    .attrs = { "weight", "reduction" },
    .attr_defaults = { 1, 0 },
    .check = check,
    .forward = forward,
    .backward = backward,
};
