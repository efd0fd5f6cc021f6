/* Regularisation of looked-up embeddings, as upstream has it (easyrec.md 4.4): the pooled vectors of the batch, not the
 * tables; a sum over the batch, not a mean; without sample weights.
 *
 *   L = scale / 2 * sum_b sum_c x_bc^2        dL/dx = scale * x
 */
#include "loss_math.h"

enum { SCALE };

static rocket_status check(const rk_graph *graph, const rk_loss *loss, rocket_error *err)
{
    (void)graph;
    return rk_loss_check_attr(loss, SCALE, err);
}

static double forward(const rk_loss_io *io)
{
    return 0.5 * io->loss->attrs[SCALE] * io->backend->square_sum(rk_rows(io->x[0], io->begin, io->end, io->C));
}

static void backward(const rk_loss_io *io)
{
    if (io->dx[0].data)
        io->backend->add_scaled(rk_rows(io->dx[0], io->begin, io->end, io->C),
                                rk_rows(io->x[0], io->begin, io->end, io->C), (float)io->loss->attrs[SCALE]);
}

const rk_loss_def rk_loss_embedding_l2 = {
    .name = "EMBEDDING_L2",
    .doc = "half the squares of looked-up embeddings, summed over the batch",
    .regulariser = true,
    .n_inputs = 1,
    .inputs = { "embedding" },
    .attrs = { "scale" },
    .attr_defaults = { 1 },
    .check = check,
    .forward = forward,
    .backward = backward,
};
