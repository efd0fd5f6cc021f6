/* Knowledge distillation: cross-entropy of the light net against the booster's softened probabilities (Hinton et al.
 * 2015). Its gradient is bounded, where the squared difference of logits spends a small net on extreme ones.
 *
 *   C > 1:  L = weight / n * sum_b w_b sum_c -q_c log p_c           p, q = softmax of l / T, z / T
 *   C = 1:  L = weight / n * sum_b w_b (softplus(l / T) - q l / T)  q = sigmoid of z / T
 *
 *   dL/dl_c = weight / n * w (p_c - q_c) / T
 *   dL/dz_c = weight / n * w q_c (sum_k q_k log p_k - log p_c) / T            C = 1: -q (1 - q) (l / T) / T
 *
 * All times T^2 with scale_t2 1, so that the gradient keeps its size when T changes. The entropy of q, which makes this
 * a divergence, is not subtracted: blocked, it is a constant.
 */
#include "error.h"
#include "loss_math.h"

enum { LOGITS, BOOSTER };
enum { WEIGHT, TEMPERATURE, SCALE_T2 };

static rocket_status check(const rk_graph *graph, const rk_loss *loss, rocket_error *err)
{
    RK_FAIL_IF(!(loss->attrs[TEMPERATURE] > 0), CONFIG, err, "temperature must be > 0, got %g",
               loss->attrs[TEMPERATURE]);
    RK_FAIL_IF(loss->attrs[SCALE_T2] != 0 && loss->attrs[SCALE_T2] != 1, CONFIG, err, "scale_t2 must be 0 or 1, got %g",
               loss->attrs[SCALE_T2]);
    RK_TRY(rk_loss_check_attr(loss, WEIGHT, err));
    return rk_loss_check_pair(graph, loss, err);
}

static double scale_of(const rk_loss_io *io, int64_t b)
{
    double T = io->loss->attrs[TEMPERATURE];

    return rk_row_weight(io, b) * io->loss->attrs[WEIGHT] * (io->loss->attrs[SCALE_T2] != 0 ? T * T : 1) / io->n;
}

/* sum_c q_c log p_c */
static double expected_log(const rk_loss_io *io, const float *l, const float *z)
{
    double s = 1 / io->loss->attrs[TEMPERATURE];
    double log_p = rk_log_sum_exp(l, io->C, s), log_q = rk_log_sum_exp(z, io->C, s), sum = 0;

    for (int64_t c = 0; c < io->C; c++)
        sum += rk_class_probability(z, c, s, log_q) * (s * (double)l[c] - log_p);
    return sum;
}

static double forward(const rk_loss_io *io)
{
    double s = 1 / io->loss->attrs[TEMPERATURE], sum = 0;

    for (int64_t b = io->begin; b < io->end; b++) {
        const float *l = rk_row(io->x[LOGITS], b), *z = rk_row(io->x[BOOSTER], b);
        double row = io->C > 1 ? -expected_log(io, l, z)
                               : rk_softplus(s * (double)*l) - rk_sigmoid(s * (double)*z) * s * (double)*l;

        sum += scale_of(io, b) * row;
    }
    return sum;
}

static void backward_one(const rk_loss_io *io, int64_t b)
{
    double s = 1 / io->loss->attrs[TEMPERATURE], scale = scale_of(io, b) * s;
    double l = s * (double)*rk_row(io->x[LOGITS], b), q = rk_sigmoid(s * (double)*rk_row(io->x[BOOSTER], b));

    if (io->dx[LOGITS].data)
        *rk_row(io->dx[LOGITS], b) += (float)(scale * (rk_sigmoid(l) - q));
    if (io->dx[BOOSTER].data)
        *rk_row(io->dx[BOOSTER], b) -= (float)(scale * q * (1 - q) * l);
}

static void backward_classes(const rk_loss_io *io, int64_t b)
{
    const float *l = rk_row(io->x[LOGITS], b), *z = rk_row(io->x[BOOSTER], b);
    double s = 1 / io->loss->attrs[TEMPERATURE], scale = scale_of(io, b) * s;
    double log_p = rk_log_sum_exp(l, io->C, s), log_q = rk_log_sum_exp(z, io->C, s);
    double expected = io->dx[BOOSTER].data ? expected_log(io, l, z) : 0;

    for (int64_t c = 0; c < io->C; c++) {
        double q = rk_class_probability(z, c, s, log_q);

        if (io->dx[LOGITS].data)
            rk_row(io->dx[LOGITS], b)[c] += (float)(scale * (rk_class_probability(l, c, s, log_p) - q));
        if (io->dx[BOOSTER].data)
            rk_row(io->dx[BOOSTER], b)[c] += (float)(scale * q * (expected - (s * (double)l[c] - log_p)));
    }
}

static void backward(const rk_loss_io *io)
{
    for (int64_t b = io->begin; b < io->end; b++)
        if (io->C > 1)
            backward_classes(io, b);
        else
            backward_one(io, b);
}

const rk_loss_def rk_loss_kd = {
    .name = "KD",
    .doc = "cross-entropy of the light net against the booster's softened probabilities",
    .n_inputs = 2,
    .inputs = { "logits", "booster_logits" },
    .attrs = { "weight", "temperature", "scale_t2" },
    .attr_defaults = { 1, 1, 1 },
    .check = check,
    .forward = forward,
    .backward = backward,
};
