/* What it costs variational dropout to keep values (Chang et al. 2017, Eq. 6; upstream's variational_dropout_loss):
 *
 *   L = lambda / B * sum_j (1 - p_j)        p_j: rate at which value or feature j is dropped
 *
 * The rows of the input (op keep_rate) are all 1 - p, so each of the B rows bears a B-th of it. Upstream divides by the
 * batch, so a last batch that is smaller weighs more; so it does here.
 */
#include "loss_math.h"

enum { LAMBDA };

static rocket_status check(const rk_graph *graph, const rk_loss *loss, rocket_error *err)
{
    (void)graph;
    return rk_loss_check_attr(loss, LAMBDA, err);
}

static double forward(const rk_loss_io *io)
{
    double sum = 0;

    for (int64_t b = io->begin; b < io->end; b++)
        for (int64_t c = 0; c < io->C; c++)
            sum += (double)rk_row(io->x[0], b)[c];
    return io->loss->attrs[LAMBDA] / (io->n * io->n) * sum;
}

static void backward(const rk_loss_io *io)
{
    float d = (float)(io->loss->attrs[LAMBDA] / (io->n * io->n));

    for (int64_t b = io->begin; b < io->end && io->dx[0].data; b++)
        for (int64_t c = 0; c < io->C; c++)
            rk_row(io->dx[0], b)[c] += d;
}

const rk_loss_def rk_loss_dropout_penalty = {
    .name = "DROPOUT_PENALTY",
    .doc = "rates at which variational dropout keeps values, over the batch size",
    .regulariser = true,
    .own_line = true,
    .n_inputs = 1,
    .inputs = { "keep_rates" },
    .attrs = { "lambda" },
    .attr_defaults = { 0.01 },
    .check = check,
    .forward = forward,
    .backward = backward,
};
