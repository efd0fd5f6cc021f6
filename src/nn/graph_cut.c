/* What lies behind a node: the cut that export takes, and the cost table.
 *
 * The light net is what can be reached backwards from its outputs; nothing in here knows of any model. The cut is built
 * through the ordinary building calls, so it is checked like any other graph and its parameters are packed anew.
 */
#include "graph_internal.h"
#include "mem.h"

void rk_graph_reach(const rk_graph *graph, bool *reached, const int *ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        reached[ids[i]] = true;
    for (int id = rk_graph_n_nodes(graph) - 1; id >= 0; id--) { /* inputs come before their users */
        const rk_node *node = rk_graph_node(graph, id);

        for (int i = 0; reached[id] && i < node->n_inputs; i++)
            reached[node->inputs[i]] = true;
    }
}

/* One cut in the making. */
typedef struct cut {
    const rk_graph *graph;
    rk_graph *result;
    bool *reached;
    int *new_id; /* of a reached node */
    int *inputs; /* scratch: the longest list of inputs */
} cut;

static void copy_params(const cut *c, rk_node_spec *spec, const rk_node *node)
{
    spec->n_params = node->n_params;
    for (int i = 0; i < node->n_params; i++)
        spec->params[i] = rk_graph_param(c->result, rk_graph_param_at(c->graph, node->params[i]));
    if (node->table >= 0)
        spec->table = rk_graph_table(c->result, rk_graph_table_at(c->graph, node->table));
}

static int copy_op(const cut *c, const rk_node *node)
{
    rk_node_spec spec = RK_NODE_SPEC(node->op->name);

    if (node->op->identity_in_inference)
        return c->new_id[node->inputs[0]];
    for (int i = 0; i < node->n_inputs; i++)
        c->inputs[i] = c->new_id[node->inputs[i]];
    spec.name = node->name;
    spec.inputs = c->inputs;
    spec.n_inputs = node->n_inputs;
    copy_params(c, &spec, node);
    for (int i = 0; i < RK_MAX_ATTRS && node->op->attrs[i]; i++) {
        spec.attrs[i] = (rk_attr){ node->op->attrs[i], node->attrs[i] };
    }
    return rk_graph_add(c->result, &spec);
}

static int copy_node(const cut *c, const rk_node *node)
{
    if (node->kind == RK_NODE_IDS)
        return rk_graph_input_ids(c->result, node->name);
    if (node->kind == RK_NODE_FLOATS)
        return rk_graph_input_floats(c->result, node->name, rk_shape_size(&node->shape));
    return copy_op(c, node);
}

static rocket_status cut_run(cut *c, const char *const *outputs, size_t n_outputs, rocket_error *err)
{
    for (size_t i = 0; i < n_outputs; i++) {
        int node = rk_graph_find_output(c->graph, outputs[i]);

        RK_FAIL_IF(node < 0, CONFIG, err, "the model has no output \"%s\"", outputs[i]);
        rk_graph_reach(c->graph, c->reached, &node, 1);
    }
    for (int id = 0; id < rk_graph_n_nodes(c->graph); id++)
        if (c->reached[id])
            c->new_id[id] = copy_node(c, rk_graph_node(c->graph, id));
    for (size_t i = 0; i < n_outputs; i++)
        rk_graph_output(c->result, outputs[i], c->new_id[rk_graph_find_output(c->graph, outputs[i])]);
    return rk_graph_finish(c->result, err);
}

static size_t most_inputs(const rk_graph *graph)
{
    size_t most = 1;

    for (int id = 0; id < rk_graph_n_nodes(graph); id++)
        if ((size_t)rk_graph_node(graph, id)->n_inputs > most)
            most = (size_t)rk_graph_node(graph, id)->n_inputs;
    return most;
}

rocket_status rk_graph_cut(rk_graph **out, const rk_graph *graph, const char *const *outputs, size_t n_outputs,
                           rocket_error *err)
{
    size_t n = (size_t)rk_graph_n_nodes(graph);
    cut c = { .graph = graph };
    rocket_status status;

    c.result = rk_graph_new();
    c.reached = rk_alloc(n, sizeof *c.reached);
    c.new_id = rk_alloc(n, sizeof *c.new_id);
    c.inputs = rk_alloc(most_inputs(graph), sizeof *c.inputs);
    if (c.result && c.reached && c.new_id && c.inputs)
        status = cut_run(&c, outputs, n_outputs, err);
    else
        status = rk_fail(err, ROCKET_FAILED, "out of memory for the cut of a graph");
    rk_free(c.reached);
    rk_free(c.new_id);
    rk_free(c.inputs);
    if (status == ROCKET_OK)
        *out = c.result;
    else
        rk_graph_free(c.result);
    return status;
}

/* Parameters and tables may be shared by several nodes: each counts once, for the first node that is reached. */
static bool is_first_user(const rk_graph *graph, const bool *reached, int id, int param, int table)
{
    for (int earlier = 0; earlier < id; earlier++) {
        const rk_node *node = rk_graph_node(graph, earlier);

        if (!reached[earlier])
            continue;
        if (table >= 0 && node->table == table)
            return false;
        for (int i = 0; param >= 0 && i < node->n_params; i++)
            if (node->params[i] == param)
                return false;
    }
    return true;
}

static void cost_add(rk_cost *cost, const rk_graph *graph, const bool *reached, const rk_node *node)
{
    if (node->op->multiplications) {
        cost->multiplications += node->op->multiplications(graph, node);
        cost->layers++;
    }
    for (int i = 0; i < node->n_params; i++) {
        const rk_param *param = rk_graph_param_at(graph, node->params[i]);

        if (param->trainable && is_first_user(graph, reached, node->id, node->params[i], -1))
            cost->dense_params += rk_shape_size(&param->shape);
    }
    if (node->table >= 0 && is_first_user(graph, reached, node->id, -1, node->table)) {
        const rk_table *table = rk_graph_table_at(graph, node->table);

        cost->table_params += table->n_rows * table->dim;
    }
}

rk_cost rk_graph_cost(const rk_graph *graph, int node)
{
    rk_cost cost = { 0 };
    bool *reached = rk_alloc((size_t)rk_graph_n_nodes(graph), sizeof *reached);

    if (!reached)
        return (rk_cost){ -1, -1, -1, -1 };
    rk_graph_reach(graph, reached, &node, 1);
    for (int id = 0; id < rk_graph_n_nodes(graph); id++)
        if (reached[id] && rk_graph_node(graph, id)->kind == RK_NODE_OP)
            cost_add(&cost, graph, reached, rk_graph_node(graph, id));
    rk_free(reached);
    return cost;
}
