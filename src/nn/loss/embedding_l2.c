/* Regularisation of looked-up embeddings, as upstream has it (easyrec.md 4.4): the pooled vectors of the batch, not the
 * tables; a sum over the batch, not a mean; without sample weights.
 *
 *   L = scale / 2 * sum_b sum_c x_bc^2        dL/dx = scale * x
 */
#include "loss_math.h"

enum { SCALE };
enum { LANES = 8 };

static rocket_status check(const rk_graph *graph, const rk_loss *loss, rocket_error *err)
{
    (void)graph;
    return rk_loss_check_attr(loss, SCALE, err);
}

/* Several sums side by side, in a fixed order: one alone would wait for itself at every addition. */
static double square_sum(const float *x, int64_t n)
{
    double sums[LANES] = { 0 }, sum = 0;
    int64_t i = 0;

    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++)
            sums[k] += (double)x[i + k] * (double)x[i + k];
    for (; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    for (int k = 0; k < LANES; k++)
        sum += sums[k];
    return sum;
}

static double forward(const rk_loss_io *io)
{
    double sum = 0;

    for (int64_t b = io->begin; b < io->end; b++)
        sum += square_sum(rk_row(io->x[0], b), io->C);
    return 0.5 * io->loss->attrs[SCALE] * sum;
}

static void add_row(float *restrict dx, const float *restrict x, int64_t n, float scale)
{
    for (int64_t i = 0; i < n; i++)
        dx[i] += scale * x[i];
}

static void backward(const rk_loss_io *io)
{
    for (int64_t b = io->begin; b < io->end && io->dx[0].data; b++)
        add_row(rk_row(io->dx[0], b), rk_row(io->x[0], b), io->C, (float)io->loss->attrs[SCALE]);
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
