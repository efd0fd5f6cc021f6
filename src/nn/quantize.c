/* See quantize.h. */
#include "quantize.h"

#include <math.h>

#include "bf16.h"
#include "error.h"
#include "op.h"

enum { MOST = 127, STEPS = 255, MIDDLE = 128 };

static const float TINY = 1e-20F; /* of a scale: its reciprocal is still a number */

static float over(float greatest, int steps)
{
    return fmaxf(greatest / (float)steps, TINY);
}

static int8_t rounded(float value, float scale)
{
    float q = rintf(value / scale);

    return (int8_t)(q > -MOST ? q < MOST ? q : MOST : -MOST);
}

bool rk_quantize_takes(const rk_graph *graph, const rk_node *node)
{
    int users = 0;

    if (node->kind != RK_NODE_OP || !node->op->packs_kernel)
        return false;
    const rk_shape *shape = &rk_graph_param_at(graph, node->params[0])->shape;
    for (int id = 0; id < rk_graph_n_nodes(graph); id++)
        for (int i = 0; i < rk_graph_node(graph, id)->n_params; i++)
            users += rk_graph_node(graph, id)->params[i] == node->params[0];
    return users == 1 && shape->rank == 2 && shape->dims[0] <= RK_QUANTIZE_MOST_K &&
           shape->dims[1] >= RK_QUANTIZE_LEAST;
}

/* ---- tables ---- */

static bool quantize_table(rk_weights *weights, int id)
{
    const rk_table *table = rk_graph_table_at(weights->graph, id);
    rk_int8_table *to = &weights->int8_tables[id];
    float *v = weights->tables[id];
    int64_t D = table->dim;

    if (to->q)
        return true;
    if (!rk_int8_table_alloc(to, table->n_rows, D))
        return false;
    for (int64_t i = 0; i < table->n_rows * D; i++)
        to->scale[i % D] = fmaxf(to->scale[i % D], fabsf(v[i]));
    for (int64_t d = 0; d < D; d++)
        to->scale[d] = over(to->scale[d], MOST);
    for (int64_t i = 0; i < table->n_rows * D; i++)
        to->q[i] = rounded(v[i], to->scale[i % D]);
    rk_int8_table_floats(v, to, table->n_rows, D);
    return true;
}

/* ---- what kernels multiply ---- */

/* Column l of a node, as a column of what it is joined of. */
static const rk_node *source_of(const rk_graph *graph, int id, int64_t *l)
{
    const rk_node *node = rk_graph_node(graph, id);
    int i = 0;

    if (node->kind != RK_NODE_OP || !node->op->joins_inputs)
        return node;
    while (*l >= rk_shape_size(&rk_graph_node(graph, node->inputs[i])->shape))
        *l -= rk_shape_size(&rk_graph_node(graph, node->inputs[i++])->shape);
    return source_of(graph, node->inputs[i], l);
}

static void scale_column(rk_int8_kernel *to, int64_t l, float least, float greatest)
{
    to->x_scale[l] = over(greatest - fminf(least, 0), STEPS);
    float zero = rintf(-fminf(least, 0) / to->x_scale[l]);
    to->x_zero[l] = (uint8_t)(zero < STEPS ? zero : STEPS);
}

/* What is always 0 in the data gets the widest column's scale: it may be something else later. */
static void scale_values(rk_int8_kernel *to, const rk_weights *weights, const rk_node *node, const rk_range *range)
{
    int64_t k = rk_graph_param_at(weights->graph, node->params[0])->shape.dims[0];
    float widest = 0;

    for (int64_t l = 0; l < k; l++)
        widest = fmaxf(widest, fmaxf(range->greatest[l], -range->least[l]));
    for (int64_t l = 0; l < k; l++) {
        int64_t d = l;
        const rk_node *source = source_of(weights->graph, node->inputs[0], &d);
        float least = range->least[l], greatest = range->greatest[l];

        if (source->kind == RK_NODE_OP && source->op->has_table && weights->int8_tables[source->table].q) {
            float scale = weights->int8_tables[source->table].scale[d], most = fmaxf(greatest, -least);

            to->x_scale[l] = most > scale * (MOST + 0.5F) ? over(most, MOST) : scale;
            to->x_zero[l] = MIDDLE;
        } else
            scale_column(to, l, least, greatest > 0 || least < 0 ? fmaxf(greatest, 0) : widest);
    }
}

static bool quantize_kernel(rk_weights *weights, const rk_node *node, const rk_range *range)
{
    const rk_param *param = rk_graph_param_at(weights->graph, node->params[0]);
    rk_int8_kernel *to = &weights->int8_kernels[node->params[0]];
    int64_t k = param->shape.dims[0], n = param->shape.dims[1];
    float *v = weights->dense + param->offset;

    if (to->w)
        return true;
    if (!rk_int8_kernel_alloc(to, k, n))
        return false;
    scale_values(to, weights, node, range);
    for (int64_t i = 0; i < k * n; i++)
        to->scale[i % n] = fmaxf(to->scale[i % n], fabsf(v[i] * to->x_scale[i / n]));
    for (int64_t j = 0; j < n; j++)
        to->scale[j] = over(to->scale[j], MOST);
    for (int64_t i = 0; i < k * n; i++)
        to->w[i] = rounded(v[i] * to->x_scale[i / n], to->scale[i % n]);
    rk_int8_kernel_floats(v, to, k, n);
    return true;
}

rocket_status rk_weights_quantize(rk_weights *weights, const rk_range *ranges, rocket_error *err)
{
    const rk_graph *graph = weights->graph;
    bool ok = true;

    for (int id = 0; id < rk_graph_n_tables(graph); id++)
        ok = ok && quantize_table(weights, id);
    for (int id = 0; id < rk_graph_n_nodes(graph); id++) {
        const rk_node *node = rk_graph_node(graph, id);

        if (rk_quantize_takes(graph, node))
            ok = ok && quantize_kernel(weights, node, &ranges[node->inputs[0]]);
    }
    RK_FAIL_IF(!ok, FAILED, err, "out of memory for 8-bit weights");
    return ROCKET_OK;
}

/* ---- 16 bits ---- */

static void round_to_bf16(float *values, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        values[i] = rk_bf16_float(rk_bf16(values[i]));
}

void rk_weights_round_to_bf16(rk_weights *weights)
{
    const rk_graph *graph = weights->graph;

    for (int i = 0; i < rk_graph_n_params(graph); i++) {
        const rk_param *param = rk_graph_param_at(graph, i);

        if (param->shape.rank == 2)
            round_to_bf16(weights->dense + param->offset, rk_shape_size(&param->shape));
    }
    for (int i = 0; i < rk_graph_n_tables(graph); i++) {
        const rk_table *table = rk_graph_table_at(graph, i);

        round_to_bf16(weights->tables[i], table->n_rows * table->dim);
    }
    weights->is_bf16 = true;
}
