/* See soft_label.h. */
#include "soft_label.h"

#include <math.h>

#include "error.h"

static double clipped(double x)
{
    return fmin(fmax(x, RK_SOFT_EPSILON), 1 - RK_SOFT_EPSILON);
}

double rk_soft_logit(const rk_soft *side, int64_t c)
{
    double x = (double)side->x[c];

    if (side->logits)
        return x / side->temperature;
    if (side->joint)
        return log(fmax(x, 0) + RK_SOFT_EPSILON) / side->temperature;
    x = clipped(x);
    return log(x / (1 - x)) / side->temperature;
}

double rk_soft_slope(const rk_soft *side, int64_t c)
{
    double x = (double)side->x[c];

    if (side->logits)
        return 1 / side->temperature;
    if (side->joint)
        return x < 0 ? 0 : 1 / ((x + RK_SOFT_EPSILON) * side->temperature);
    return x != clipped(x) ? 0 : 1 / (x * (1 - x) * side->temperature);
}

rk_soft rk_soft_of(const rk_loss_io *io, int input, int64_t b, bool joint)
{
    const double *attrs = io->loss->attrs;
    rk_soft side = { .x = rk_row(io->x[input], b),
                     .C = io->C,
                     .logits = attrs[input == RK_SOFT_LABELS ? RK_SOFT_LABEL_LOGITS : RK_SOFT_PRED_LOGITS] != 0,
                     .joint = joint && io->C > 1,
                     .temperature = attrs[RK_SOFT_TEMPERATURE] };
    double greatest = -INFINITY, sum = 0;

    for (int64_t c = 0; side.joint && c < side.C; c++)
        greatest = fmax(greatest, rk_soft_logit(&side, c));
    for (int64_t c = 0; side.joint && c < side.C; c++)
        sum += exp(rk_soft_logit(&side, c) - greatest);
    side.log_sum = side.joint ? greatest + log(sum) : 0;
    return side;
}

double rk_soft_prob(const rk_soft *side, int64_t c)
{
    double s = rk_soft_logit(side, c);

    return side->joint ? exp(s - side->log_sum) : rk_sigmoid(s);
}

void rk_soft_add(const rk_loss_io *io, int64_t b, int64_t c, double gradient)
{
    if (io->dx[RK_SOFT_PREDICTIONS].data)
        rk_row(io->dx[RK_SOFT_PREDICTIONS], b)[c] += (float)gradient;
}

double rk_soft_scale(const rk_loss_io *io, int64_t b)
{
    return io->loss->attrs[RK_SOFT_WEIGHT] * rk_row_weight(io, b) / io->n;
}

rocket_status rk_soft_check(const rk_graph *graph, const rk_loss *loss, rocket_error *err)
{
    RK_FAIL_IF(!(loss->attrs[RK_SOFT_TEMPERATURE] > 0), CONFIG, err, "temperature must be > 0, got %g",
               loss->attrs[RK_SOFT_TEMPERATURE]);
    for (int i = RK_SOFT_PRED_LOGITS; i <= RK_SOFT_LABEL_LOGITS; i++)
        RK_FAIL_IF(loss->attrs[i] != 0 && loss->attrs[i] != 1, CONFIG, err, "%s must be 0 or 1, got %g",
                   loss->def->attrs[i], loss->attrs[i]);
    RK_TRY(rk_loss_check_attr(loss, RK_SOFT_WEIGHT, err));
    return rk_loss_check_pair(graph, loss, err);
}
