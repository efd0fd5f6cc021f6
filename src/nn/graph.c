/* Building a graph: names, shapes, checks. What a node means is its op's affair (op.h).
 *
 * Everything is copied into the graph's arena; the caller's specs may die. Faults are sticky, so a model is written
 * down without a check per line and asks once, in rk_graph_finish(). A fault of the arena or of a name map is a fault
 * like any other.
 */
#include "graph.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "graph_internal.h"
#include "mem.h"

int64_t rk_shape_size(const rk_shape *shape)
{
    int64_t size = 1;

    for (int i = 0; i < shape->rank; i++)
        size *= shape->dims[i];
    return size;
}

rk_graph *rk_graph_new(void)
{
    rk_graph *graph = rk_alloc(1, sizeof *graph);

    if (!graph)
        return NULL;
    rk_arena_init(&graph->arena, 0);
    for (int i = 0; i < RK_NAMESPACES; i++) {
        graph->names[i] = rk_map_new();
        if (!graph->names[i]) {
            rk_graph_free(graph);
            return NULL;
        }
    }
    return graph;
}

void rk_graph_free(rk_graph *graph)
{
    if (!graph)
        return;
    for (int i = 0; i < RK_NAMESPACES; i++)
        rk_map_free(graph->names[i]);
    for (size_t i = 0; i < graph->n_frozen; i++)
        rk_pattern_free(graph->frozen[i]);
    rk_arena_clear(&graph->arena);
    rk_free(graph);
}

int rk_graph_fault(rk_graph *graph, const char *format, ...)
{
    char text[ROCKET_ERROR_TEXT_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (graph->fault.status == ROCKET_OK)
        (void)!rk_fail(&graph->fault, ROCKET_CONFIG, "%s", text);
    return -1;
}

int rk_graph_no_memory(rk_graph *graph)
{
    if (graph->fault.status == ROCKET_OK)
        (void)!rk_fail(&graph->fault, ROCKET_FAILED, "graph: out of memory");
    return -1;
}

static bool is_faulty(const rk_graph *graph)
{
    assert(!graph->finished);
    return graph->fault.status != ROCKET_OK;
}

/* Append to a list of the graph; its new index or -1. */
static int items_add(rk_graph *graph, rk_items *items, void *item)
{
    if (!item)
        return rk_graph_no_memory(graph);
    if (items->n == RK_MAX_ITEMS)
        return rk_graph_fault(graph, "graph: more than %d items of a kind", RK_MAX_ITEMS);
    if (items->n == items->capacity) {
        size_t capacity = items->capacity ? 2 * items->capacity : 32;
        void **at = rk_arena_alloc(&graph->arena, capacity, sizeof *at);

        if (!at)
            return rk_graph_no_memory(graph);
        if (items->n)
            memcpy(at, items->at, items->n * sizeof *at);
        items->at = at; /* the old array stays in the arena: at most as much again */
        items->capacity = capacity;
    }
    items->at[items->n] = item;
    return (int)items->n++;
}

/* Append a named item; the caller has made sure that the name is new. */
static int named_add(rk_graph *graph, rk_namespace space, rk_items *items, const char *name, void *item)
{
    int id;

    if (!name)
        return rk_graph_no_memory(graph);
    id = items_add(graph, items, item);
    if (id >= 0 && !rk_map_put(graph->names[space], name, strlen(name), id, NULL))
        return rk_graph_no_memory(graph);
    return id;
}

static bool shape_is_sane(const rk_shape *shape)
{
    int64_t size = 1;

    if (shape->rank < 0 || shape->rank > RK_MAX_RANK)
        return false;
    for (int i = 0; i < shape->rank; i++) {
        if (shape->dims[i] < 1 || shape->dims[i] > RK_MAX_DIM || size > RK_MAX_VALUES / shape->dims[i])
            return false;
        size *= shape->dims[i];
    }
    return true;
}

bool rk_graph_table_fits(int64_t n_rows, int64_t dim)
{
    return shape_is_sane(&(rk_shape){ 2, { n_rows, dim } });
}

static bool shapes_are_equal(const rk_shape *a, const rk_shape *b)
{
    return a->rank == b->rank && memcmp(a->dims, b->dims, (size_t)a->rank * sizeof a->dims[0]) == 0;
}

/* Room in the slab, rounded up to whole cache lines. */
static bool slab_reserve(rk_graph *graph, rk_param *param)
{
    size_t size = (size_t)rk_shape_size(&param->shape);

    param->offset = graph->dense_size;
    graph->dense_size += (size + RK_SLAB_ALIGN - 1) / RK_SLAB_ALIGN * RK_SLAB_ALIGN;
    return graph->dense_size <= (size_t)RK_MAX_VALUES;
}

void rk_graph_freeze(rk_graph *graph, const char *const *patterns, size_t n)
{
    graph->frozen = rk_arena_alloc(&graph->arena, n + 1, sizeof *graph->frozen);
    if (!graph->frozen)
        rk_graph_no_memory(graph);
    for (size_t i = 0; i < n && !is_faulty(graph); i++)
        if (rk_pattern_new(&graph->frozen[i], patterns[i], &graph->fault) == ROCKET_OK)
            graph->n_frozen++;
}

static bool is_frozen(const rk_graph *graph, const char *name)
{
    size_t i = 0;

    while (i < graph->n_frozen && !rk_pattern_matches(graph->frozen[i], name))
        i++;
    return i < graph->n_frozen;
}

static int param_again(rk_graph *graph, int id, const rk_param *param)
{
    const rk_param *first = rk_graph_param_at(graph, id);

    if (!shapes_are_equal(&first->shape, &param->shape))
        return rk_graph_fault(graph, "parameter \"%s\" is used with two different shapes", param->name);
    if (first->trainable != (param->trainable && !is_frozen(graph, param->name)) || first->l2 != param->l2)
        return rk_graph_fault(graph, "parameter \"%s\" is shared with different l2 or trainable", param->name);
    return id;
}

int rk_graph_param(rk_graph *graph, const rk_param *param)
{
    rk_param *copy;
    int id;

    if (is_faulty(graph))
        return -1;
    id = rk_graph_name_find(graph, RK_NAME_PARAM, param->name);
    if (id >= 0)
        return param_again(graph, id, param);
    if (!shape_is_sane(&param->shape))
        return rk_graph_fault(graph, "parameter \"%s\": its shape has an empty or too large dimension", param->name);
    if (!(param->l2 >= 0) || isinf(param->l2))
        return rk_graph_fault(graph, "parameter \"%s\": l2 must be a number >= 0, got %g", param->name, param->l2);

    copy = rk_arena_alloc(&graph->arena, 1, sizeof *copy);
    if (!copy)
        return rk_graph_no_memory(graph);
    *copy = *param;
    copy->name = rk_arena_strdup(&graph->arena, param->name);
    copy->trainable &= !is_frozen(graph, param->name);
    if (!slab_reserve(graph, copy))
        return rk_graph_fault(graph, "parameter \"%s\": the model has too many parameters", param->name);
    return named_add(graph, RK_NAME_PARAM, &graph->params, copy->name, copy);
}

int rk_graph_table(rk_graph *graph, const rk_table *table)
{
    rk_shape shape = { 2, { table->n_rows, table->dim } };
    rk_table *copy;
    int id;

    if (is_faulty(graph))
        return -1;
    id = rk_graph_name_find(graph, RK_NAME_TABLE, table->name);
    if (id >= 0) {
        const rk_table *first = rk_graph_table_at(graph, id);

        if (first->n_rows != table->n_rows || first->dim != table->dim)
            return rk_graph_fault(graph, "table \"%s\" is used as %lld x %lld and as %lld x %lld", table->name,
                                  (long long)first->n_rows, (long long)first->dim, (long long)table->n_rows,
                                  (long long)table->dim);
        return id;
    }
    if (!shape_is_sane(&shape))
        return rk_graph_fault(graph, "table \"%s\": %lld rows of %lld values are not possible", table->name,
                              (long long)table->n_rows, (long long)table->dim);

    copy = rk_arena_alloc(&graph->arena, 1, sizeof *copy);
    if (!copy)
        return rk_graph_no_memory(graph);
    *copy = *table;
    copy->name = rk_arena_strdup(&graph->arena, table->name);
    copy->frozen = is_frozen(graph, table->name);
    return named_add(graph, RK_NAME_TABLE, &graph->tables, copy->name, copy);
}

static rk_node *node_new(rk_graph *graph, rk_node_kind kind, const char *name)
{
    rk_node *node = rk_arena_alloc(&graph->arena, 1, sizeof *node);

    if (!node)
        return NULL;
    node->id = (int)graph->nodes.n;
    node->kind = kind;
    node->table = -1;
    node->name = rk_arena_strdup(&graph->arena, name);
    return node;
}

static int input_add(rk_graph *graph, rk_node_kind kind, const char *name, const rk_shape *shape)
{
    rk_node *node;

    if (is_faulty(graph))
        return -1;
    if (rk_graph_name_find(graph, RK_NAME_NODE, name) >= 0)
        return rk_graph_fault(graph, "node \"%s\" is defined twice", name);
    if (!shape_is_sane(shape))
        return rk_graph_fault(graph, "input \"%s\": width must be in 1 .. 2^31, got %lld", name,
                              (long long)shape->dims[0]);
    node = node_new(graph, kind, name);
    if (!node)
        return rk_graph_no_memory(graph);
    node->shape = *shape;
    return named_add(graph, RK_NAME_NODE, &graph->nodes, node->name, node);
}

int rk_graph_input_floats(rk_graph *graph, const char *name, int64_t width)
{
    return input_add(graph, RK_NODE_FLOATS, name, &(rk_shape){ 1, { width } });
}

int rk_graph_input_ids(rk_graph *graph, const char *name)
{
    return input_add(graph, RK_NODE_IDS, name, &(rk_shape){ 0, { 0 } });
}

/* Values of the attributes in the order of the definition. */
static bool attrs_set(rk_graph *graph, double *out, const char *const *names, const double *defaults,
                      const rk_node_spec *spec)
{
    memcpy(out, defaults, RK_MAX_ATTRS * sizeof *out);
    for (int i = 0; i < RK_MAX_ATTRS && spec->attrs[i].name; i++) {
        int k = 0;

        while (k < RK_MAX_ATTRS && names[k] && strcmp(names[k], spec->attrs[i].name) != 0)
            k++;
        if (k == RK_MAX_ATTRS || !names[k]) {
            rk_graph_fault(graph, "%s: it has no attribute \"%s\"", spec->op, spec->attrs[i].name);
            return false;
        }
        if (!isfinite(spec->attrs[i].value)) {
            rk_graph_fault(graph, "%s: attribute \"%s\" is not finite", spec->op, spec->attrs[i].name);
            return false;
        }
        out[k] = spec->attrs[i].value;
    }
    return true;
}

/* Copy of the input ids, all of nodes that exist; NULL after a fault. */
static const int *inputs_copy(rk_graph *graph, const char *what, const rk_node_spec *spec)
{
    int *copy;

    for (int i = 0; i < spec->n_inputs; i++)
        if (spec->inputs[i] < 0 || (size_t)spec->inputs[i] >= graph->nodes.n) {
            rk_graph_fault(graph, "%s: input %d is node %d, which does not exist", what, i, spec->inputs[i]);
            return NULL;
        }
    copy = rk_arena_alloc(&graph->arena, (size_t)spec->n_inputs, sizeof *copy);
    if (!copy) {
        rk_graph_no_memory(graph);
        return NULL;
    }
    memcpy(copy, spec->inputs, (size_t)spec->n_inputs * sizeof *copy);
    return copy;
}

/* Numbers and kinds of inputs, parameters and table against the op's definition. */
static bool spec_fits(rk_graph *graph, const rk_op *op, const char *name, const rk_node_spec *spec)
{
    if (spec->n_inputs < 1 || spec->n_inputs > RK_MAX_ITEMS || (op->n_inputs >= 0 && spec->n_inputs != op->n_inputs)) {
        rk_graph_fault(graph, "%s: %s does not take %d inputs", name, op->name, spec->n_inputs);
        return false;
    }
    if (spec->n_params != op->n_params) {
        rk_graph_fault(graph, "%s: %s takes %d parameters, got %d", name, op->name, op->n_params, spec->n_params);
        return false;
    }
    for (int i = 0; i < spec->n_params; i++)
        if (spec->params[i] < 0 || (size_t)spec->params[i] >= graph->params.n) {
            rk_graph_fault(graph, "%s: parameter %d does not exist", name, spec->params[i]);
            return false;
        }
    if (op->has_table != (spec->table >= 0) || spec->table >= (int)graph->tables.n) {
        rk_graph_fault(graph, "%s: %s %s", name, op->name, op->has_table ? "needs a table" : "takes no table");
        return false;
    }
    return true;
}

static bool inputs_fit(rk_graph *graph, const rk_op *op, const rk_node *node)
{
    for (int i = 0; i < node->n_inputs; i++) {
        const rk_node *input = rk_graph_node(graph, node->inputs[i]);
        bool wants_ids = i == 0 && op->ids_input;

        if (wants_ids != (input->kind == RK_NODE_IDS)) {
            rk_graph_fault(graph, "%s: input \"%s\" %s", node->name, input->name,
                           wants_ids ? "must be ids" : "must be values, not ids");
            return false;
        }
    }
    return true;
}

static bool node_wants_gradient(const rk_graph *graph, const rk_op *op, const rk_node *node)
{
    bool table_learns = op->has_table && !rk_graph_table_at(graph, node->table)->frozen;

    if (op->blocks_gradient || !op->backward)
        return table_learns; /* the gradient of a table has a way of its own */
    for (int i = 0; i < node->n_params; i++)
        if (rk_graph_param_at(graph, node->params[i])->trainable)
            return true;
    for (int i = 0; i < node->n_inputs; i++)
        if (rk_graph_node(graph, node->inputs[i])->needs_gradient)
            return true;
    return table_learns;
}

static int node_complete(rk_graph *graph, rk_node *node, const rk_op *op, const rk_node_spec *spec)
{
    node->op = op;
    node->n_inputs = spec->n_inputs;
    node->n_params = spec->n_params;
    memcpy(node->params, spec->params, sizeof node->params);
    node->table = spec->table;
    node->inputs = inputs_copy(graph, node->name, spec);
    if (!node->inputs || !inputs_fit(graph, op, node) ||
        !attrs_set(graph, node->attrs, op->attrs, op->attr_defaults, spec))
        return -1;
    if (op->shape(&node->shape, graph, node, &graph->fault) != ROCKET_OK) {
        rk_error_prefix(&graph->fault, "%s (%s)", node->name, op->name);
        return -1;
    }
    if (!shape_is_sane(&node->shape) || rk_shape_size(&node->shape) > RK_MAX_DIM)
        return rk_graph_fault(graph, "%s: its rows have too many values", node->name);
    node->needs_gradient = node_wants_gradient(graph, op, node);
    return named_add(graph, RK_NAME_NODE, &graph->nodes, node->name, node);
}

int rk_graph_add(rk_graph *graph, const rk_node_spec *spec)
{
    const rk_op *op = rk_op_find(spec->op);
    const char *name = spec->name;
    rk_node *node;

    if (is_faulty(graph))
        return -1;
    if (!op)
        return rk_graph_fault(graph, "there is no op \"%s\"", spec->op);
    if (!name)
        name = rk_arena_printf(&graph->arena, "%s_%zu", spec->op, graph->nodes.n);
    if (!name)
        return rk_graph_no_memory(graph);
    if (rk_graph_name_find(graph, RK_NAME_NODE, name) >= 0)
        return rk_graph_fault(graph, "node \"%s\" is defined twice", name);
    if (!spec_fits(graph, op, name, spec))
        return -1;
    node = node_new(graph, RK_NODE_OP, name);
    if (!node || !node->name)
        return rk_graph_no_memory(graph);
    return node_complete(graph, node, op, spec);
}

int rk_graph_unary(rk_graph *graph, const char *op, int input)
{
    rk_node_spec spec = RK_NODE_SPEC(op);

    spec.inputs = &input;
    spec.n_inputs = 1;
    return rk_graph_add(graph, &spec);
}

/* Sample weights, when given, are the last input: one value per row, fed (their non-zeros are counted beforehand). */
static bool loss_inputs_fit(rk_graph *graph, const rk_loss *loss)
{
    int extra = loss->n_inputs - loss->def->n_inputs;

    if (extra < 0 || extra > 1 || (extra == 1 && loss->def->regulariser)) {
        rk_graph_fault(graph, "loss %s: %s does not take %d inputs", loss->name, loss->def->name, loss->n_inputs);
        return false;
    }
    for (int i = 0; i < loss->n_inputs; i++)
        if (rk_graph_node(graph, loss->inputs[i])->kind == RK_NODE_IDS) {
            rk_graph_fault(graph, "loss %s: input %d is ids, it must be values", loss->name, i);
            return false;
        }
    if (extra == 1) {
        const rk_node *weight = rk_graph_node(graph, loss->inputs[loss->n_inputs - 1]);

        if (weight->kind != RK_NODE_FLOATS || rk_shape_size(&weight->shape) != 1) {
            rk_graph_fault(graph, "loss %s: \"%s\" must be an input of width 1 to be the sample weight", loss->name,
                           weight->name);
            return false;
        }
    }
    return true;
}

int rk_graph_add_loss(rk_graph *graph, const char *loss, const char *name, const rk_node_spec *spec)
{
    const rk_loss_def *def = rk_loss_find(loss);
    rk_node_spec named = *spec;
    rk_loss *copy;

    named.op = name;
    if (is_faulty(graph))
        return -1;
    if (!def)
        return rk_graph_fault(graph, "there is no loss \"%s\"", loss);
    copy = rk_arena_alloc(&graph->arena, 1, sizeof *copy);
    if (!copy)
        return rk_graph_no_memory(graph);
    copy->def = def;
    copy->name = rk_arena_strdup(&graph->arena, name);
    copy->n_inputs = spec->n_inputs;
    copy->inputs = copy->name ? inputs_copy(graph, name, spec) : NULL;
    if (!copy->name)
        return rk_graph_no_memory(graph);
    if (!copy->inputs || !attrs_set(graph, copy->attrs, def->attrs, def->attr_defaults, &named) ||
        !loss_inputs_fit(graph, copy))
        return -1;
    if (def->check(graph, copy, &graph->fault) != ROCKET_OK) {
        rk_error_prefix(&graph->fault, "loss %s (%s)", name, def->name);
        return -1;
    }
    return items_add(graph, &graph->losses, copy);
}

void rk_graph_output(rk_graph *graph, const char *name, int node)
{
    rk_output *output;

    if (is_faulty(graph))
        return;
    if (node < 0 || (size_t)node >= graph->nodes.n || rk_graph_node(graph, node)->kind == RK_NODE_IDS) {
        rk_graph_fault(graph, "output \"%s\": node %d does not exist or is ids", name, node);
        return;
    }
    if (rk_graph_name_find(graph, RK_NAME_OUTPUT, name) >= 0) {
        rk_graph_fault(graph, "output \"%s\" is defined twice", name);
        return;
    }
    output = rk_arena_alloc(&graph->arena, 1, sizeof *output);
    if (!output) {
        rk_graph_no_memory(graph);
        return;
    }
    output->name = rk_arena_strdup(&graph->arena, name);
    output->node = node;
    named_add(graph, RK_NAME_OUTPUT, &graph->outputs, output->name, output);
}

rocket_status rk_graph_finish(rk_graph *graph, rocket_error *err)
{
    if (graph->fault.status != ROCKET_OK)
        return rk_fail(err, graph->fault.status, "%s", graph->fault.text);
    RK_FAIL_IF(rk_arena_failed(&graph->arena), FAILED, err, "graph: out of memory");
    RK_FAIL_IF(graph->nodes.n == 0, CONFIG, err, "graph: it has no nodes");
    graph->finished = true;
    return ROCKET_OK;
}
