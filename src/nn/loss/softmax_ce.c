/* Cross-entropy of C >= 2 logits against the number of the right class, which stands in a float.
 *
 *   L = weight / n * sum_b w_b (log sum_c exp(l_c) - l_y)        dL/dl_c = weight / n * w (p_c - [c = y])
 *
 * Labels were checked where they were read; a wrong one is a fault of ours here.
 */
#include <assert.h>

#include "error.h"
#include "loss_math.h"

enum { LOGITS, LABELS };
enum { WEIGHT };

static rocket_status check(const rk_graph *graph, const rk_loss *loss, rocket_error *err)
{
    RK_FAIL_IF(rk_loss_width(graph, loss, LOGITS) < 2, CONFIG, err, "logits must have at least 2 values per row");
    RK_TRY(rk_loss_check_attr(loss, WEIGHT, err));
    return rk_loss_check_labels(graph, loss, LABELS, err);
}

static int64_t label_of(const rk_loss_io *io, int64_t b)
{
    float label = *rk_row(io->x[LABELS], b);

    assert(label >= 0 && label < (float)io->C);
    return (int64_t)label;
}

static double forward(const rk_loss_io *io)
{
    double sum = 0;

    for (int64_t b = io->begin; b < io->end; b++) {
        const float *l = rk_row(io->x[LOGITS], b);

        sum += rk_row_weight(io, b) * (rk_log_sum_exp(l, io->C, 1) - (double)l[label_of(io, b)]);
    }
    return sum * io->loss->attrs[WEIGHT] / io->n;
}

static void backward(const rk_loss_io *io)
{
    for (int64_t b = io->begin; b < io->end && io->dx[LOGITS].data; b++) {
        const float *l = rk_row(io->x[LOGITS], b);
        float *dl = rk_row(io->dx[LOGITS], b);
        double scale = rk_row_weight(io, b) * io->loss->attrs[WEIGHT] / io->n;
        double log_sum = rk_log_sum_exp(l, io->C, 1);
        int64_t y = label_of(io, b);

        for (int64_t c = 0; c < io->C; c++)
            dl[c] += (float)(scale * (rk_class_probability(l, c, 1, log_sum) - (c == y)));
    }
}

const rk_loss_def rk_loss_softmax_ce = {
    .name = "SOFTMAX_CE",
    .doc = "cross-entropy of two or more logits per row against class numbers",
    .n_inputs = 2,
    .inputs = { "logits", "labels" },
    .attrs = { "weight" },
    .attr_defaults = { 1 },
    .check = check,
    .forward = forward,
    .backward = backward,
};
