/* See loss_math.h. */
#include "loss_math.h"

#include <math.h>

#include "error.h"

double rk_softplus(double x)
{
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

double rk_sigmoid(double x)
{
    double e = exp(-fabs(x));

    return (x >= 0 ? 1 : e) / (1 + e);
}

double rk_log_sum_exp(const float *x, int64_t C, double scale)
{
    double greatest = scale * (double)x[0], sum = 0;

    for (int64_t c = 1; c < C; c++)
        greatest = fmax(greatest, scale * (double)x[c]);
    for (int64_t c = 0; c < C; c++)
        sum += exp(scale * (double)x[c] - greatest);
    return greatest + log(sum);
}

double rk_class_probability(const float *x, int64_t c, double scale, double log_sum_exp)
{
    return exp(scale * (double)x[c] - log_sum_exp);
}

double rk_row_distance(const rk_loss_io *io, int64_t b)
{
    const float *x = rk_row(io->x[0], b), *y = rk_row(io->x[1], b);
    double sum = 0;

    for (int64_t c = 0; c < io->C; c++) {
        double d = (double)x[c] - (double)y[c];
        sum += d * d;
    }
    return sum;
}

void rk_row_pull(const rk_loss_io *io, int64_t b, double factor)
{
    const float *x = rk_row(io->x[0], b), *y = rk_row(io->x[1], b);

    for (int64_t c = 0; c < io->C; c++) {
        float d = (float)(factor * ((double)x[c] - (double)y[c]));

        if (io->dx[0].data)
            rk_row(io->dx[0], b)[c] += d;
        if (io->dx[1].data)
            rk_row(io->dx[1], b)[c] -= d;
    }
}

int64_t rk_loss_width(const rk_graph *graph, const rk_loss *loss, int i)
{
    return rk_shape_size(&rk_graph_node(graph, loss->inputs[i])->shape);
}

rocket_status rk_loss_check_attr(const rk_loss *loss, int i, rocket_error *err)
{
    RK_FAIL_IF(!(loss->attrs[i] >= 0), CONFIG, err, "%s must be >= 0, got %g", loss->def->attrs[i], loss->attrs[i]);
    return ROCKET_OK;
}

rocket_status rk_loss_check_pair(const rk_graph *graph, const rk_loss *loss, rocket_error *err)
{
    int64_t first = rk_loss_width(graph, loss, 0), second = rk_loss_width(graph, loss, 1);

    RK_FAIL_IF(first != second, CONFIG, err, "%s has %lld values per row and %s %lld, they must be as many",
               loss->def->inputs[0], (long long)first, loss->def->inputs[1], (long long)second);
    return ROCKET_OK;
}

rocket_status rk_loss_check_labels(const rk_graph *graph, const rk_loss *loss, int labels, rocket_error *err)
{
    int64_t width = rk_loss_width(graph, loss, labels);

    RK_FAIL_IF(width != 1, CONFIG, err, "labels must have one value per row, not %lld", (long long)width);
    return ROCKET_OK;
}
