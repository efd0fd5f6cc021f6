/* See dropout_rates.h. */
#include "dropout_rates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "op.h"

static double mean_rate(const rk_weights *weights, const rk_node *node)
{
    const rk_param *param = rk_graph_param_at(weights->graph, node->params[0]);
    int64_t n = rk_shape_size(&param->shape);
    double sum = 0;

    for (int64_t i = 0; i < n; i++)
        sum += 1 / (1 + exp(-(double)weights->dense[param->offset + (size_t)i]));
    return sum / (double)n;
}

static int by_rate(const void *a, const void *b)
{
    const rk_dropout_rate *x = a, *y = b;

    if (x->rate != y->rate)
        return x->rate < y->rate ? -1 : 1;
    return strcmp(x->feature, y->feature);
}

/* "<prefix>variational_dropout/<feature>" without what stands between. */
static const char *feature_of(const rk_node *node, rk_arena *arena)
{
    static const char infix[] = "variational_dropout/";
    const char *at = strstr(node->name, infix);

    return at == NULL ? node->name
                      : rk_arena_printf(arena, "%.*s%s", (int)(at - node->name), node->name, at + sizeof infix - 1);
}

rocket_status rk_dropout_rates(rk_dropout_rate **out, size_t *n, const rk_weights *weights, rk_arena *arena,
                               rocket_error *err)
{
    const rk_graph *graph = weights->graph;
    rk_dropout_rate *rates = rk_arena_alloc(arena, (size_t)rk_graph_n_nodes(graph) + 1, sizeof *rates);
    size_t found = 0;

    for (int i = 0; rates != NULL && i < rk_graph_n_nodes(graph); i++) {
        const rk_node *node = rk_graph_node(graph, i);

        if (node->op != NULL && strcmp(node->op->name, "variational_dropout") == 0)
            rates[found++] = (rk_dropout_rate){ feature_of(node, arena), mean_rate(weights, node) };
    }
    RK_FAIL_IF(rates == NULL || rk_arena_failed(arena), FAILED, err, "out of memory");
    qsort(rates, found, sizeof *rates, by_rate);
    *out = rates;
    *n = found;
    return ROCKET_OK;
}

rocket_status rk_dropout_rates_print(rk_buf *out, const rk_weights *weights, rocket_error *err)
{
    rk_arena arena;
    rk_dropout_rate *rates;
    size_t n;

    rk_arena_init(&arena, 0);
    rocket_status status = rk_dropout_rates(&rates, &n, weights, &arena, err);
    if (status == ROCKET_OK && n > 0)
        rk_buf_printf(out, "feature_name,mean_drop_p\n");
    for (size_t i = 0; status == ROCKET_OK && i < n; i++)
        rk_buf_printf(out, "%s,%.6g\n", rates[i].feature, rates[i].rate);
    rk_arena_clear(&arena);
    if (status == ROCKET_OK)
        RK_FAIL_IF(rk_buf_failed(out), FAILED, err, "out of memory");
    return status;
}
