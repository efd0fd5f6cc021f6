/* Cross-entropy of one logit against a label in [0, 1] (any number is taken, as upstream does).
 *
 *   L = weight / n * sum_b w_b (softplus(l) - y l)        dL/dl = weight / n * w (sigmoid(l) - y)
 */
#include "error.h"
#include "loss_math.h"

enum { LOGITS, LABELS };
enum { WEIGHT };

static rocket_status check(const rk_graph *graph, const rk_loss *loss, rocket_error *err)
{
    int64_t C = rk_loss_width(graph, loss, LOGITS);

    RK_FAIL_IF(C != 1, CONFIG, err, "logits must have one value per row, not %lld", (long long)C);
    RK_TRY(rk_loss_check_attr(loss, WEIGHT, err));
    return rk_loss_check_labels(graph, loss, LABELS, err);
}

static double forward(const rk_loss_io *io)
{
    double sum = 0;

    for (int64_t b = io->begin; b < io->end; b++) {
        double l = (double)*rk_row(io->x[LOGITS], b), y = (double)*rk_row(io->x[LABELS], b);

        sum += rk_row_weight(io, b) * (rk_softplus(l) - y * l);
    }
    return sum * io->loss->attrs[WEIGHT] / io->n;
}

static void backward(const rk_loss_io *io)
{
    double scale = io->loss->attrs[WEIGHT] / io->n;

    for (int64_t b = io->begin; b < io->end && io->dx[LOGITS].data; b++) {
        double l = (double)*rk_row(io->x[LOGITS], b), y = (double)*rk_row(io->x[LABELS], b);

        *rk_row(io->dx[LOGITS], b) += (float)(scale * rk_row_weight(io, b) * (rk_sigmoid(l) - y));
    }
}

const rk_loss_def rk_loss_sigmoid_ce = {
    .name = "SIGMOID_CE",
    .doc = "cross-entropy of one logit per row against labels in [0, 1]",
    .n_inputs = 2,
    .inputs = { "logits", "labels" },
    .attrs = { "weight" },
    .attr_defaults = { 1 },
    .check = check,
    .forward = forward,
    .backward = backward,
};
