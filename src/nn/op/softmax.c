/* Softmax over a row: class probabilities. The greatest value is subtracted first, so large logits do no harm.
 *
 *   p = exp(x - max) / sum        dx = p (dy - sum_c p_c dy_c)
 */
#include <math.h>

#include "elementwise.h"

static void forward(const rk_op_io *io)
{
    int64_t C = io->widths[0];

    for (int64_t b = io->begin; b < io->end; b++) {
        const float *x = io->x[0].data + b * io->x[0].ld;
        float *y = io->y.data + b * io->y.ld;
        float greatest = x[0];
        double sum = 0;

        for (int64_t c = 1; c < C; c++)
            greatest = x[c] > greatest ? x[c] : greatest;
        for (int64_t c = 0; c < C; c++) {
            float below = x[c] - greatest;

            y[c] = below == 0 ? 1 : expf(below); /* one of them is, and the call takes longer than all else */
            sum += (double)y[c];
        }
        for (int64_t c = 0; c < C; c++)
            y[c] = (float)((double)y[c] / sum);
    }
}

static void backward(const rk_op_io *io)
{
    int64_t C = io->widths[0];

    for (int64_t b = io->begin; b < io->end && io->dx[0].data; b++) {
        const float *y = io->y.data + b * io->y.ld, *dy = io->dy.data + b * io->dy.ld;
        float *dx = io->dx[0].data + b * io->dx[0].ld;
        double dot = 0;

        for (int64_t c = 0; c < C; c++)
            dot += (double)y[c] * (double)dy[c];
        for (int64_t c = 0; c < C; c++) {
            float d = (float)((double)y[c] * ((double)dy[c] - dot));

            dx[c] = io->add[0] ? dx[c] + d : d;
        }
    }
}

static const char *onnx(rk_onnx *out, const rk_onnx_io *io)
{
    return rk_onnx_apply(out, "Softmax", io->x[0]); /* of the last axis */
}

const rk_op rk_op_softmax = {
    .name = "softmax",
    .doc = "class probabilities of a row of logits",
    .n_inputs = 1,
    .shape = rk_shape_of_input,
    .forward = forward,
    .backward = backward,
    .onnx = onnx,
};
