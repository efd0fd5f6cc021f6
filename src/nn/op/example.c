/* Small instances of ops. The source of an example is an embedding: its table is the op's input, value by value, so a
 * sweep that moves table values moves x, and the sparse gradient it compares with is dx. */
#include "example.h"

#include <stdio.h>

int rk_example_source(rk_graph *graph, const char *name, int64_t width)
{
    char ids_name[64], table_name[64];
    rk_table table = { .name = table_name, .n_rows = RK_EXAMPLE_ROWS, .dim = width };
    rk_node_spec spec = RK_NODE_SPEC("embedding");
    int ids;

    snprintf(ids_name, sizeof ids_name, "%s_ids", name);
    snprintf(table_name, sizeof table_name, "%s_table", name);
    table.init = rk_init_make("random_normal", 0, 1);
    ids = rk_graph_input_ids(graph, ids_name);
    spec.name = name;
    spec.inputs = &ids;
    spec.n_inputs = 1;
    spec.table = rk_graph_table(graph, &table);
    return rk_graph_add(graph, &spec);
}

int rk_example_param(rk_graph *graph, const char *name, rk_shape shape, const char *init, double a, double b)
{
    rk_param param = { .name = name, .shape = shape, .init = rk_init_make(init, a, b), .trainable = true };

    return rk_graph_param(graph, &param);
}

int rk_example_state(rk_graph *graph, const char *name, int64_t C, const char *init)
{
    rk_param param = { .name = name, .shape = { 1, { C } }, .init = rk_init_make(init, 0, 0) };

    return rk_graph_param(graph, &param);
}

bool rk_example_make(rk_graph *graph, const rk_op *op, int variant, int *node)
{
    if (op->example)
        return op->example(graph, variant, node);
    if (variant > 1)
        return false;
    *node = rk_graph_unary(graph, op->name, rk_example_source(graph, "x", variant == 0 ? 1 : 5));
    return true;
}
