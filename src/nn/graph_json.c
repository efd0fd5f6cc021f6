/* The JSON form of a graph, as it stands in a model file.
 *
 *   {"params":  [{"name": "light_output/kernel", "shape": [64, 2], "trainable": true, "l2": 1e-6}, ...],
 *    "tables":  [{"name": "input_layer/user_id_embedding/embedding_weights", "rows": 1000, "dim": 16}, ...],
 *    "nodes":   [{"ids": "user_id"}, {"floats": "price", "width": 1},
 *                {"op": "dense", "name": "light_output", "inputs": [0, 1], "params": [3, 4], "attrs": {...}}, ...],
 *    "outputs": [{"name": "logits_light", "node": 12}, ...]}
 *
 * Items refer to each other by position. Initialisers and losses are not kept: who reads a graph has its weights and
 * does not train. Reading goes through the ordinary building calls, which check names, shapes and sizes; what is
 * checked here is that the JSON has the right form. Unknown members are refused, since ignoring them would change the
 * model.
 */
#include "graph_internal.h"
#include "mem.h"

#include <limits.h>
#include <string.h>

static void write_name(rk_buf *out, const char *key, const char *name)
{
    rk_buf_printf(out, "\"%s\":", key);
    rk_buf_json_string(out, name, strlen(name));
}

static void write_param(rk_buf *out, const rk_param *param)
{
    rk_buf_puts(out, "{");
    write_name(out, "name", param->name);
    rk_buf_puts(out, ",\"shape\":[");
    for (int i = 0; i < param->shape.rank; i++)
        rk_buf_printf(out, "%s%lld", i ? "," : "", (long long)param->shape.dims[i]);
    rk_buf_printf(out, "],\"trainable\":%s,\"l2\":", param->trainable ? "true" : "false");
    rk_buf_json_number(out, param->l2);
    rk_buf_puts(out, "}");
}

static void write_table(rk_buf *out, const rk_table *table)
{
    rk_buf_puts(out, "{");
    write_name(out, "name", table->name);
    rk_buf_printf(out, ",\"rows\":%lld,\"dim\":%lld}", (long long)table->n_rows, (long long)table->dim);
}

static void write_ids(rk_buf *out, const char *key, const int *ids, int n)
{
    rk_buf_printf(out, ",\"%s\":[", key);
    for (int i = 0; i < n; i++)
        rk_buf_printf(out, "%s%d", i ? "," : "", ids[i]);
    rk_buf_puts(out, "]");
}

static void write_op(rk_buf *out, const rk_node *node)
{
    write_name(out, "op", node->op->name);
    rk_buf_puts(out, ",");
    write_name(out, "name", node->name);
    write_ids(out, "inputs", node->inputs, node->n_inputs);
    if (node->n_params)
        write_ids(out, "params", node->params, node->n_params);
    if (node->table >= 0)
        rk_buf_printf(out, ",\"table\":%d", node->table);
    if (node->op->attrs[0]) {
        rk_buf_puts(out, ",\"attrs\":{");
        for (int i = 0; i < RK_MAX_ATTRS && node->op->attrs[i]; i++) {
            rk_buf_printf(out, "%s\"%s\":", i ? "," : "", node->op->attrs[i]);
            rk_buf_json_number(out, node->attrs[i]);
        }
        rk_buf_puts(out, "}");
    }
}

static void write_node(rk_buf *out, const rk_node *node)
{
    rk_buf_puts(out, "{");
    if (node->kind == RK_NODE_IDS)
        write_name(out, "ids", node->name);
    if (node->kind == RK_NODE_FLOATS) {
        write_name(out, "floats", node->name);
        rk_buf_printf(out, ",\"width\":%lld", (long long)rk_shape_size(&node->shape));
    }
    if (node->kind == RK_NODE_OP)
        write_op(out, node);
    rk_buf_puts(out, "}");
}

void rk_graph_write_json(const rk_graph *graph, rk_buf *out)
{
    rk_buf_puts(out, "{\"params\":[");
    for (int i = 0; i < rk_graph_n_params(graph); i++) {
        rk_buf_puts(out, i ? "," : "");
        write_param(out, rk_graph_param_at(graph, i));
    }
    rk_buf_puts(out, "],\"tables\":[");
    for (int i = 0; i < rk_graph_n_tables(graph); i++) {
        rk_buf_puts(out, i ? "," : "");
        write_table(out, rk_graph_table_at(graph, i));
    }
    rk_buf_puts(out, "],\"nodes\":[");
    for (int i = 0; i < rk_graph_n_nodes(graph); i++) {
        rk_buf_puts(out, i ? "," : "");
        write_node(out, rk_graph_node(graph, i));
    }
    rk_buf_puts(out, "],\"outputs\":[");
    for (int i = 0; i < rk_graph_n_outputs(graph); i++) {
        const rk_output *output = rk_graph_output_at(graph, i);

        rk_buf_puts(out, i ? ",{" : "{");
        write_name(out, "name", output->name);
        rk_buf_printf(out, ",\"node\":%d}", output->node);
    }
    rk_buf_puts(out, "]}");
}

/* Every key of object is one of the blank-separated words of allowed. */
static bool keys_are(const rk_json *object, const char *allowed)
{
    if (rk_json_kind_of(object) != RK_JSON_OBJECT)
        return false;
    for (size_t i = 0; i < rk_json_size(object); i++) {
        const char *key = rk_json_key(object, i);
        size_t n = strlen(key);
        const char *word = allowed;

        while (word && (strncmp(word, key, n) != 0 || (word[n] != ' ' && word[n] != '\0'))) {
            word = strchr(word, ' ');
            word = word ? word + 1 : NULL;
        }
        if (!word || n == 0)
            return false;
    }
    return true;
}

static bool get_int(const rk_json *value, int *out)
{
    int64_t number;

    if (!rk_json_integer(value, &number) || number < INT_MIN || number > INT_MAX)
        return false;
    *out = (int)number;
    return true;
}

static bool read_param(rk_graph *graph, const rk_json *json)
{
    const rk_json *shape = rk_json_get(json, "shape");
    rk_param param = { .name = rk_json_string(rk_json_get(json, "name")) };

    if (!keys_are(json, "name shape trainable l2") || !param.name || rk_json_kind_of(shape) != RK_JSON_ARRAY ||
        rk_json_size(shape) > RK_MAX_RANK || !rk_json_bool(rk_json_get(json, "trainable"), &param.trainable) ||
        !rk_json_number(rk_json_get(json, "l2"), &param.l2))
        return false;
    param.shape.rank = (int)rk_json_size(shape);
    for (int i = 0; i < param.shape.rank; i++)
        if (!rk_json_integer(rk_json_at(shape, (size_t)i), &param.shape.dims[i]))
            return false;
    if (rk_graph_find_param(graph, param.name) >= 0) /* a second one would move the positions of the others */
        return false;
    rk_graph_param(graph, &param);
    return true;
}

static bool read_table(rk_graph *graph, const rk_json *json)
{
    rk_table table = { .name = rk_json_string(rk_json_get(json, "name")) };

    if (!keys_are(json, "name rows dim") || !table.name || rk_graph_find_table(graph, table.name) >= 0 ||
        !rk_json_integer(rk_json_get(json, "rows"), &table.n_rows) ||
        !rk_json_integer(rk_json_get(json, "dim"), &table.dim))
        return false;
    rk_graph_table(graph, &table);
    return true;
}

static bool read_attrs(rk_node_spec *spec, const rk_json *attrs)
{
    if (!attrs)
        return true;
    if (rk_json_kind_of(attrs) != RK_JSON_OBJECT || rk_json_size(attrs) > RK_MAX_ATTRS)
        return false;
    for (size_t i = 0; i < rk_json_size(attrs); i++) {
        spec->attrs[i].name = rk_json_key(attrs, i);
        if (!rk_json_number(rk_json_member(attrs, i), &spec->attrs[i].value))
            return false;
    }
    return true;
}

/* A list of at most max integers (may be absent); their number, or -1. */
static int read_ids(int *out, size_t max, const rk_json *list)
{
    size_t n = rk_json_size(list);

    if (!list)
        return 0;
    if (rk_json_kind_of(list) != RK_JSON_ARRAY || n > max)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (!get_int(rk_json_at(list, i), &out[i]))
            return -1;
    return (int)n;
}

static bool read_op(rk_graph *graph, const rk_json *json)
{
    const rk_json *inputs = rk_json_get(json, "inputs"), *table = rk_json_get(json, "table");
    rk_node_spec spec = RK_NODE_SPEC(rk_json_string(rk_json_get(json, "op")));
    size_t n = rk_json_size(inputs);
    int *ids;

    spec.name = rk_json_string(rk_json_get(json, "name"));
    if (!keys_are(json, "op name inputs params table attrs") || !spec.op || !spec.name || n > RK_MAX_ITEMS ||
        !read_attrs(&spec, rk_json_get(json, "attrs")) || (table && !get_int(table, &spec.table)))
        return false;
    spec.n_params = read_ids(spec.params, RK_MAX_NODE_PARAMS, rk_json_get(json, "params"));
    ids = rk_arena_alloc(&graph->arena, n, sizeof *ids);
    if (!ids)
        return true; /* the arena remembers, and rk_graph_finish() tells */
    spec.inputs = ids;
    spec.n_inputs = read_ids(ids, n, inputs);
    if (spec.n_params < 0 || spec.n_inputs < 0)
        return false;
    rk_graph_add(graph, &spec);
    return true;
}

static bool read_node(rk_graph *graph, const rk_json *json)
{
    const char *ids = rk_json_string(rk_json_get(json, "ids")), *floats = rk_json_string(rk_json_get(json, "floats"));
    int64_t width;

    if (ids && keys_are(json, "ids")) {
        rk_graph_input_ids(graph, ids);
        return true;
    }
    if (floats && keys_are(json, "floats width") && rk_json_integer(rk_json_get(json, "width"), &width)) {
        rk_graph_input_floats(graph, floats, width);
        return true;
    }
    return read_op(graph, json);
}

static bool read_output(rk_graph *graph, const rk_json *json)
{
    const char *name = rk_json_string(rk_json_get(json, "name"));
    int node;

    if (!keys_are(json, "name node") || !name || !get_int(rk_json_get(json, "node"), &node))
        return false;
    rk_graph_output(graph, name, node);
    return true;
}

static rocket_status read_list(rk_graph *graph, const rk_json *json, const char *key,
                               bool (*read)(rk_graph *graph, const rk_json *json), rocket_error *err)
{
    const rk_json *list = rk_json_get(json, key);

    RK_FAIL_IF(rk_json_kind_of(list) != RK_JSON_ARRAY, CORRUPT, err, "graph: \"%s\" must be a list", key);
    for (size_t i = 0; i < rk_json_size(list); i++) {
        bool has_form = read(graph, rk_json_at(list, i));

        RK_FAIL_IF(rk_arena_failed(&graph->arena) || graph->fault.status == ROCKET_FAILED, FAILED, err,
                   "graph: out of memory");
        RK_FAIL_IF(!has_form, CORRUPT, err,
                   "graph: %s[%zu] lacks a member, or has one that is unknown or of the wrong type", key, i);
        RK_FAIL_IF(graph->fault.status != ROCKET_OK, CORRUPT, err, "graph: %s[%zu]: %s", key, i, graph->fault.text);
    }
    return ROCKET_OK;
}

static rocket_status read_all(rk_graph *graph, const rk_json *json, rocket_error *err)
{
    RK_FAIL_IF(!keys_are(json, "params tables nodes outputs"), CORRUPT, err,
               "graph: expected an object of params, tables, nodes and outputs");
    RK_TRY(read_list(graph, json, "params", read_param, err));
    RK_TRY(read_list(graph, json, "tables", read_table, err));
    RK_TRY(read_list(graph, json, "nodes", read_node, err));
    RK_TRY(read_list(graph, json, "outputs", read_output, err));
    RK_FAIL_IF(graph->nodes.n == 0, CORRUPT, err, "graph: it has no nodes");
    return rk_graph_finish(graph, err);
}

rocket_status rk_graph_read_json(rk_graph **out, const rk_json *json, rocket_error *err)
{
    rk_graph *graph = rk_graph_new();
    rocket_status status;

    RK_FAIL_IF(!graph, FAILED, err, "graph: out of memory");
    status = read_all(graph, json, err);
    if (status == ROCKET_OK)
        *out = graph;
    else
        rk_graph_free(graph);
    return status;
}
