/* The reference backend: what every kernel means, in the plainest loops there are.
 *
 * Sums are kept in double where that costs a line, so that the other backends are measured against something better
 * than themselves. Slow by a factor of a hundred, and right: gradient sweeps run on it.
 */
#include <string.h>

#include "backend.h"

static bool supported(void)
{
    return true;
}

static float *row_of(rk_block block, int64_t row)
{
    return block.data + row * block.ld;
}

static double element(rk_matrix m, int64_t row, int64_t col)
{
    return (double)(m.transposed ? m.data[col * m.ld + row] : m.data[row * m.ld + col]);
}

static void add_bias(rk_block y, const float *bias)
{
    for (int64_t r = 0; r < y.rows; r++)
        for (int64_t c = 0; c < y.cols; c++)
            row_of(y, r)[c] += bias[c];
}

static void column_sums(float *sums, rk_block x)
{
    for (int64_t c = 0; c < x.cols; c++) {
        double sum = (double)sums[c];

        for (int64_t r = 0; r < x.rows; r++)
            sum += (double)row_of(x, r)[c];
        sums[c] = (float)sum;
    }
}

static double square_sum(rk_block x)
{
    double sum = 0;

    for (int64_t r = 0; r < x.rows; r++)
        for (int64_t c = 0; c < x.cols; c++)
            sum += (double)x.data[r * x.ld + c] * (double)x.data[r * x.ld + c];
    return sum;
}

static void copy(rk_block y, rk_block x)
{
    for (int64_t r = 0; r < y.rows; r++)
        memcpy(row_of(y, r), row_of(x, r), (size_t)y.cols * sizeof(float));
}

static void take(rk_block y, const float *source, int64_t ld, const int64_t *ids)
{
    for (int64_t r = 0; r < y.rows; r++)
        for (int64_t c = 0; c < y.cols; c++)
            row_of(y, r)[c] = 0 + source[ids[r] * ld + c];
}

static void add_scaled(rk_block y, rk_block x, float scale)
{
    for (int64_t r = 0; r < y.rows; r++)
        for (int64_t c = 0; c < y.cols; c++)
            row_of(y, r)[c] += scale * row_of(x, r)[c];
}

static void moments(double *sums, rk_block x)
{
    for (int64_t r = 0; r < x.rows; r++)
        for (int64_t c = 0; c < x.cols; c++) {
            double v = (double)row_of(x, r)[c];

            sums[c] += v;
            sums[x.cols + c] += v * v;
        }
}

static double factor_b(const rk_product *p, int64_t l, int64_t j)
{
    int64_t first = j / RK_PANEL * RK_PANEL;

    return p->packed ? (double)p->packed[first * p->k + l * RK_PANEL + j - first] : element(p->b, l, j);
}

static float product_element(const rk_product *p, int64_t i, int64_t j)
{
    double sum = p->add ? (double)row_of(p->c, i)[j] : p->start ? (double)p->start[j] : 0;

    for (int64_t l = 0; l < p->k; l++)
        sum += element(p->a, i, l) * factor_b(p, l, j);
    return (float)(p->rectify && !(sum > 0) ? (double)p->slope * sum : sum);
}

static void product(const rk_product *p)
{
    for (int64_t i = 0; i < p->c.rows; i++)
        for (int64_t j = 0; j < p->c.cols; j++)
            row_of(p->c, i)[j] = product_element(p, i, j);
}

static float normed(rk_block x, int64_t r, int64_t c, const rk_norm *norm)
{
    return (row_of(x, r)[c] - norm->center[c]) * norm->scale[c] + norm->shift[c];
}

static void norm(rk_block y, rk_block x, const rk_norm *norm)
{
    for (int64_t r = 0; r < y.rows; r++)
        for (int64_t c = 0; c < y.cols; c++) {
            float v = normed(x, r, c, norm);

            row_of(y, r)[c] = v > 0 ? v : norm->slope * v;
        }
}

static float rectified_gradient(rk_block dy, float v, int64_t r, int64_t c, float slope)
{
    return v > 0 ? row_of(dy, r)[c] : slope * row_of(dy, r)[c];
}

static void norm_moments(double *sums, rk_block dy, rk_block x, const rk_norm *norm)
{
    for (int64_t r = 0; r < x.rows; r++)
        for (int64_t c = 0; c < x.cols; c++) {
            double g = (double)rectified_gradient(dy, normed(x, r, c, norm), r, c, norm->slope);

            sums[c] += g;
            sums[x.cols + c] += g * ((double)row_of(x, r)[c] - (double)norm->center[c]);
        }
}

static void norm_backward(rk_block dx, rk_block dy, rk_block x, const rk_norm *norm, bool add)
{
    for (int64_t r = 0; r < dx.rows; r++)
        for (int64_t c = 0; c < dx.cols; c++) {
            float *out = row_of(dx, r) + c;
            float g = rectified_gradient(dy, normed(x, r, c, norm), r, c, norm->slope);
            float d = norm->scale[c] * g + norm->by_x[c] * (row_of(x, r)[c] - norm->center[c]) + norm->constant[c];

            *out = add ? *out + d : d;
        }
}

static void bag_sum(rk_block y, const rk_bag *bag)
{
    for (int64_t r = 0; r < y.rows; r++) {
        double factor = (double)rk_bag_factor(bag, r);

        for (int64_t c = 0; c < y.cols; c++) {
            double sum = 0;

            for (int64_t i = bag->offsets[r]; i < bag->offsets[r + 1]; i++) {
                double w = bag->weights ? (double)bag->weights[i] : 1;
                sum += w * (double)bag->source[bag->ids[i] * bag->ld + c];
            }
            row_of(y, r)[c] = (float)(sum * factor);
        }
    }
}

static void relu(rk_block y, rk_block x, float slope)
{
    for (int64_t r = 0; r < y.rows; r++)
        for (int64_t c = 0; c < y.cols; c++) {
            float v = row_of(x, r)[c];

            row_of(y, r)[c] = v > 0 ? v : slope * v;
        }
}

static void relu_backward(rk_block dx, rk_block dy, rk_block x, float slope, bool add)
{
    for (int64_t r = 0; r < dx.rows; r++)
        for (int64_t c = 0; c < dx.cols; c++) {
            float *out = row_of(dx, r) + c;
            float d = row_of(x, r)[c] > 0 ? row_of(dy, r)[c] : slope * row_of(dy, r)[c];

            *out = add ? *out + d : d;
        }
}

const rk_backend rk_backend_reference = {
    .name = "reference",
    .doc = "plain loops, sums in double: the oracle of the tests",
    .supported = supported,
    .product = product,
    .add_bias = add_bias,
    .column_sums = column_sums,
    .square_sum = square_sum,
    .copy = copy,
    .take = take,
    .add_scaled = add_scaled,
    .moments = moments,
    .norm = norm,
    .norm_moments = norm_moments,
    .norm_backward = norm_backward,
    .bag_sum = bag_sum,
    .relu = relu,
    .relu_backward = relu_backward,
};
