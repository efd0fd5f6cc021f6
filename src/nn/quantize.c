/* See quantize.h. */
#include "quantize.h"

#include <math.h>

#include "error.h"
#include "mem.h"
#include "op.h"

enum { MOST = 127 };

float rk_quantize_scale(const float *values, int64_t n, int64_t step)
{
    float greatest = 0;

    for (int64_t i = 0; i < n; i++)
        greatest = fmaxf(greatest, fabsf(values[i * step]));
    return greatest / MOST;
}

static float rounded(float value, float scale)
{
    float w = scale > 0 ? rintf(value / scale) : 0;

    return w > MOST ? MOST : w < -MOST ? -MOST : w;
}

void rk_quantize_round(int8_t *out, const float *values, int64_t n, int64_t step, float scale)
{
    for (int64_t i = 0; i < n; i++)
        out[i * step] = (int8_t)rounded(values[i * step], scale);
}

/* n values that share a scale. */
static float quantize(float *values, int64_t n, int64_t step)
{
    float scale = rk_quantize_scale(values, n, step);

    for (int64_t i = 0; i < n; i++)
        values[i * step] = rounded(values[i * step], scale) * scale;
    return scale;
}

static bool quantize_kernel(rk_weights *weights, int id)
{
    const rk_param *param = rk_graph_param_at(weights->graph, id);
    int64_t k = param->shape.dims[0], n = param->shape.dims[1];

    if (n < RK_QUANTIZE_LEAST || weights->param_scales[id])
        return true;
    weights->param_scales[id] = rk_alloc((size_t)n, sizeof(float));
    for (int64_t j = 0; weights->param_scales[id] && j < n; j++)
        weights->param_scales[id][j] = quantize(weights->dense + param->offset + j, k, n);
    return weights->param_scales[id];
}

static bool quantize_table(rk_weights *weights, int id)
{
    const rk_table *table = rk_graph_table_at(weights->graph, id);

    weights->table_scales[id] = rk_alloc((size_t)table->n_rows, sizeof(float));
    for (int64_t r = 0; weights->table_scales[id] && r < table->n_rows; r++)
        weights->table_scales[id][r] = quantize(weights->tables[id] + r * table->dim, table->dim, 1);
    return weights->table_scales[id];
}

rocket_status rk_weights_quantize(rk_weights *weights, rocket_error *err)
{
    const rk_graph *graph = weights->graph;
    bool ok = true;

    for (int id = 0; id < rk_graph_n_nodes(graph); id++) {
        const rk_node *node = rk_graph_node(graph, id);

        if (node->kind == RK_NODE_OP && node->op->packs_kernel)
            ok = ok && quantize_kernel(weights, node->params[0]);
    }
    for (int id = 0; id < rk_graph_n_tables(graph); id++)
        ok = ok && (weights->table_scales[id] || quantize_table(weights, id));
    RK_FAIL_IF(!ok, FAILED, err, "out of memory for the scales of 8-bit weights");
    return ROCKET_OK;
}
