/* What a graph holds, by number and by name. See graph.h. */
#include <assert.h>
#include <string.h>

#include "graph_internal.h"

int rk_graph_name_find(const rk_graph *graph, rk_namespace space, const char *name)
{
    return (int)rk_map_get(graph->names[space], name, strlen(name));
}

int rk_graph_n_nodes(const rk_graph *graph)
{
    return (int)graph->nodes.n;
}

int rk_graph_n_params(const rk_graph *graph)
{
    return (int)graph->params.n;
}

int rk_graph_n_tables(const rk_graph *graph)
{
    return (int)graph->tables.n;
}

int rk_graph_n_losses(const rk_graph *graph)
{
    return (int)graph->losses.n;
}

int rk_graph_n_outputs(const rk_graph *graph)
{
    return (int)graph->outputs.n;
}

static void *item_at(const rk_items *items, int i)
{
    assert(i >= 0 && (size_t)i < items->n);
    return items->at[i];
}

const rk_node *rk_graph_node(const rk_graph *graph, int id)
{
    return item_at(&graph->nodes, id);
}

const rk_param *rk_graph_param_at(const rk_graph *graph, int id)
{
    return item_at(&graph->params, id);
}

const rk_table *rk_graph_table_at(const rk_graph *graph, int id)
{
    return item_at(&graph->tables, id);
}

const rk_loss *rk_graph_loss_at(const rk_graph *graph, int id)
{
    return item_at(&graph->losses, id);
}

const rk_output *rk_graph_output_at(const rk_graph *graph, int i)
{
    return item_at(&graph->outputs, i);
}

int rk_graph_find_node(const rk_graph *graph, const char *name)
{
    return rk_graph_name_find(graph, RK_NAME_NODE, name);
}

int rk_graph_find_output(const rk_graph *graph, const char *name)
{
    int i = rk_graph_name_find(graph, RK_NAME_OUTPUT, name);

    return i < 0 ? -1 : rk_graph_output_at(graph, i)->node;
}

const rk_node *rk_graph_only_reader(const rk_graph *graph, int id)
{
    const rk_node *reader = NULL;

    for (int k = 0; k < rk_graph_n_outputs(graph); k++)
        if (rk_graph_output_at(graph, k)->node == id)
            return NULL;
    for (int later = id + 1; later < rk_graph_n_nodes(graph); later++) {
        const rk_node *node = rk_graph_node(graph, later);

        for (int i = 0; i < node->n_inputs; i++) {
            if (node->inputs[i] != id)
                continue;
            if (reader)
                return NULL;
            reader = node;
        }
    }
    return reader;
}

int rk_graph_find_param(const rk_graph *graph, const char *name)
{
    return rk_graph_name_find(graph, RK_NAME_PARAM, name);
}

int rk_graph_find_table(const rk_graph *graph, const char *name)
{
    return rk_graph_name_find(graph, RK_NAME_TABLE, name);
}

size_t rk_graph_dense_size(const rk_graph *graph)
{
    return graph->dense_size;
}
