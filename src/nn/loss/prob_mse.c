/* Hint on probabilities: squared difference of what light net and booster predict (the paper's second choice of hint).
 *
 *   L = weight / N * sum_b w_b sum_c (p_bc - q_bc)^2        p, q: sigmoid (C = 1) or softmax of l, z
 *
 * N as in LOGIT_MSE. With e_c = 2 weight / N * w (p_c - q_c), through the softmax:
 *   dL/dl_c = p_c (e_c - sum_k e_k p_k)      dL/dz_c = -q_c (e_c - sum_k e_k q_k)      C = 1: e p (1 - p), -e q (1 - q)
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

/* One net's row: probabilities on demand. */
typedef struct prediction {
    const float *x;
    int64_t C;
    double log_sum;
} prediction;

static prediction prediction_of(const rk_loss_io *io, int input, int64_t b)
{
    const float *x = rk_row(io->x[input], b);

    return (prediction){ x, io->C, io->C > 1 ? rk_log_sum_exp(x, io->C, 1) : 0 };
}

static double probability(const prediction *p, int64_t c)
{
    return p->C > 1 ? rk_class_probability(p->x, c, 1, p->log_sum) : rk_sigmoid((double)p->x[0]);
}

static double forward(const rk_loss_io *io)
{
    double sum = 0;

    for (int64_t b = io->begin; b < io->end; b++) {
        prediction p = prediction_of(io, LOGITS, b), q = prediction_of(io, BOOSTER, b);

        for (int64_t c = 0; c < io->C; c++) {
            double d = probability(&p, c) - probability(&q, c);
            sum += rk_row_weight(io, b) * d * d;
        }
    }
    return sum * scale_of(io);
}

/* dx += scale * gradient of 1/2 sum_c (p_c - q_c)^2 with respect to the logits of p. */
static void add_gradient(float *dx, const prediction *p, const prediction *q, double scale)
{
    double mean = 0;

    for (int64_t c = 0; c < p->C; c++)
        mean += probability(p, c) * (probability(p, c) - probability(q, c));
    for (int64_t c = 0; c < p->C; c++) {
        double own = probability(p, c), e = own - probability(q, c);
        dx[c] += (float)(scale * own * (p->C > 1 ? e - mean : e * (1 - own)));
    }
}

static void backward(const rk_loss_io *io)
{
    for (int64_t b = io->begin; b < io->end; b++) {
        prediction p = prediction_of(io, LOGITS, b), q = prediction_of(io, BOOSTER, b);
        double scale = 2 * scale_of(io) * rk_row_weight(io, b);

        if (io->dx[LOGITS].data)
            add_gradient(rk_row(io->dx[LOGITS], b), &p, &q, scale);
        if (io->dx[BOOSTER].data) /* the square is symmetric */
            add_gradient(rk_row(io->dx[BOOSTER], b), &q, &p, scale);
    }
}

const rk_loss_def rk_loss_prob_mse = {
    .name = "PROB_MSE",
    .doc = "squared difference of light and booster probabilities",
    .n_inputs = 2,
    .inputs = { "logits", "booster_logits" },
    .attrs = { "weight", "reduction" },
    .attr_defaults = { 1, 0 },
    .check = check,
    .forward = forward,
    .backward = backward,
};
