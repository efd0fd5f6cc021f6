/* Any bytes as the JSON form of a graph. What is accepted must write itself, read that back, and write the same; and
 * its costs and its cut must be computable. Nothing is allocated for weights: sizes are only numbers here. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool what)
{
    if (!what)
        abort();
}

static rk_graph *read(const char *text, size_t n)
{
    rocket_error err = { 0 };
    rk_graph *graph = NULL;
    rk_json *json = NULL;

    if (rk_json_parse(&json, text, n, "fuzz", &err) == ROCKET_OK) {
        rocket_status status = rk_graph_read_json(&graph, json, &err);

        require(status == err.status);
        require((status == ROCKET_OK) == (graph != NULL));
        require(status == ROCKET_OK || status == ROCKET_CORRUPT);
    }
    rk_json_free(json);
    return graph;
}

static void check_outputs(const rk_graph *graph)
{
    for (int i = 0; i < rk_graph_n_outputs(graph); i++) {
        const rk_output *output = rk_graph_output_at(graph, i);
        rocket_error err = { 0 };
        rk_graph *cut = NULL;

        require(rk_graph_cost(graph, output->node).multiplications >= 0);
        require(rk_graph_cut(&cut, graph, &output->name, 1, &err) == ROCKET_OK);
        require(rk_graph_n_nodes(cut) <= rk_graph_n_nodes(graph));
        rk_graph_free(cut);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rk_graph *graph = read((const char *)data, size), *again;
    rk_buf first, second;

    if (!graph)
        return 0;
    rk_buf_init(&first, 0);
    rk_buf_init(&second, 0);
    rk_graph_write_json(graph, &first);
    again = read(first.data, first.size);
    require(again != NULL);
    rk_graph_write_json(again, &second);
    require(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
    check_outputs(graph);
    rk_buf_clear(&first);
    rk_buf_clear(&second);
    rk_graph_free(again);
    rk_graph_free(graph);
    return 0;
}
