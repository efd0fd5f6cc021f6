/* See steps.h. The order is the plan's, as in the executor of training; so are places, but for a user's columns. */
#include "steps.h"

#include <string.h>

#include "mem.h"

enum { LINE = 16 }; /* floats of a cache line */

typedef struct maker {
    rk_steps *out;
    const rk_weights *weights;
    rk_arena *arena;
    bool *absorbed; /* [n_nodes] a norm that the layer before applies */
} maker;

static size_t on_lines(int64_t width)
{
    return (size_t)(width + LINE - 1) / LINE * LINE;
}

static const rk_node *node_at(const rk_steps *steps, int id)
{
    return rk_graph_node(steps->graph, id);
}

/* ---- ops ---- */

static rk_op_io io_of(const maker *m, const rk_node *node)
{
    const rk_plan *plan = m->out->plan;
    int rectifier = plan->rectifiers[node->id];
    int64_t *widths = rk_arena_alloc(m->arena, (size_t)node->n_inputs, sizeof *widths);
    rk_op_io io = { .node = node,
                    .backend = m->out->backend,
                    .n_inputs = node->n_inputs,
                    .widths = widths,
                    .slope = rectifier < 0 ? 1 : node_at(m->out, rectifier)->op->slope,
                    .table = node->table >= 0 ? m->weights->tables[node->table] : NULL };

    for (int i = 0; widths && i < node->n_inputs; i++)
        widths[i] = plan->widths[node->inputs[i]];
    for (int i = 0; i < node->n_params; i++)
        io.params[i] = m->weights->dense + rk_graph_param_at(m->out->graph, node->params[i])->offset;
    if (node->op->shared_size)
        io.shared = rk_arena_alloc(m->arena, node->op->shared_size(node), sizeof *io.shared);
    return io;
}

static void make_ios(maker *m)
{
    for (int id = 0; id < rk_graph_n_nodes(m->out->graph); id++) {
        const rk_node *node = node_at(m->out, id);

        if (node->kind != RK_NODE_OP)
            continue;
        m->out->ios[id] = io_of(m, node);
        if (!rk_arena_failed(m->arena) && node->op->combine)
            node->op->combine(&m->out->ios[id]);
    }
}

/* ---- places ---- */

/* Memory for each owner; the outermost concat owns what stands in it. */
static void place_owners(maker *m)
{
    rk_steps *out = m->out;

    for (int id = 0; id < rk_graph_n_nodes(out->graph); id++) {
        rk_operand *value = &out->values[id];

        if (out->part.places[id].owner != id || node_at(out, id)->kind != RK_NODE_OP)
            continue;
        value->at = out->floats_of_row;
        out->floats_of_row += on_lines(out->plan->widths[id]);
    }
}

static void place_values(maker *m)
{
    rk_steps *out = m->out;

    place_owners(m);
    for (int id = 0; id < rk_graph_n_nodes(out->graph); id++) {
        rk_place place = out->part.places[id];
        bool fed = node_at(out, place.owner)->kind != RK_NODE_OP;
        int64_t width = out->plan->widths[place.owner];

        out->values[id] = (rk_operand){ .input = fed ? place.owner : -1,
                                        .at = out->values[place.owner].at,
                                        .column = (size_t)place.column,
                                        .ld = fed ? (size_t)width : on_lines(width),
                                        .user = out->part.is_user[id] };
    }
}

/* ---- layers ---- */

/* The norm that alone reads this node, or NULL. */
static const rk_node *norm_behind(const rk_steps *steps, const rk_node *layer)
{
    const rk_node *norm = NULL;
    int n_readers = 0;

    for (int id = layer->id + 1; id < rk_graph_n_nodes(steps->graph); id++)
        for (int i = 0; i < node_at(steps, id)->n_inputs; i++)
            if (node_at(steps, id)->inputs[i] == layer->id) {
                norm = node_at(steps, id);
                n_readers++;
            }
    for (int i = 0; i < rk_graph_n_outputs(steps->graph); i++)
        n_readers += rk_graph_output_at(steps->graph, i)->node == layer->id;
    return n_readers == 1 && norm && norm->op->norm && steps->plan->rectifiers[layer->id] < 0 ? norm : NULL;
}

/* The rows of a kernel in the order in which the columns of its input, a concat, stand here. */
static void reorder(float *rows, const rk_steps *steps, const rk_node *concat, const float *kernel, int64_t width)
{
    for (int i = 0; i < concat->n_inputs; i++) {
        int64_t n = steps->plan->widths[concat->inputs[i]] * width;

        memcpy(rows + rk_user_part_column(&steps->part, steps->plan, concat, i) * width, kernel,
               (size_t)n * sizeof *rows);
        kernel += n;
    }
}

static bool pack(rk_layer *layer, const rk_steps *steps, const rk_node *node)
{
    const rk_shape *shape = &rk_graph_param_at(steps->graph, node->params[0])->shape;
    const rk_node *input = node_at(steps, node->inputs[0]);
    const float *kernel = steps->ios[node->id].params[0];

    if (steps->part.user_width[input->id] == 0)
        return rk_layer_init(layer, kernel, shape->dims[0], shape->dims[1]);
    float *rows = rk_alloc((size_t)rk_shape_size(shape), sizeof *rows);
    if (rows)
        reorder(rows, steps, input, kernel, shape->dims[1]);
    bool ok = rows && rk_layer_init(layer, rows, shape->dims[0], shape->dims[1]);
    rk_free(rows);
    return ok;
}

static bool add_layer(maker *m, const rk_node *node)
{
    rk_steps *out = m->out;
    const rk_node *norm = norm_behind(out, node), *last = norm ? norm : node;
    rk_layer *layer = &out->layers[out->n_layers];
    rk_step *step = &out->steps[out->n_steps++];

    *step = (rk_step){ .kind = RK_STEP_LAYER,
                       .user = out->part.is_user[node->id],
                       .x = out->values[node->inputs[0]],
                       .y = out->values[last->id],
                       .n_user = out->part.user_width[node->inputs[0]],
                       .start_at = out->n_starts,
                       .layer = out->n_layers };
    if (!pack(layer, out, node))
        return false;
    out->n_layers++;
    out->n_starts += step->n_user > 0 ? on_lines(layer->n) : 0;
    layer->bias = out->ios[node->id].params[node->op->offset_param];
    if (norm) {
        layer->norm = norm->op->norm(&out->ios[norm->id]);
        m->absorbed[norm->id] = true;
    }
    layer->norm.slope = out->ios[last->id].slope;
    return true;
}

/* ---- the rest ---- */

/* What is in its columns already needs no step, but for a user's row that has to be in all rows. */
static void add_joins(maker *m, const rk_node *concat)
{
    rk_steps *out = m->out;
    bool user_first = out->part.user_width[concat->id] > 0;

    for (int i = 0; i < concat->n_inputs; i++) {
        int input = concat->inputs[i];
        rk_step join = { .kind = RK_STEP_JOIN,
                         .user = out->part.is_user[concat->id] || (user_first && out->part.is_user[input]),
                         .x = out->values[input],
                         .y = out->values[concat->id],
                         .width = out->plan->widths[input] };

        join.y.column += (size_t)rk_user_part_column(&out->part, out->plan, concat, i);
        bool there = join.x.input < 0 && join.x.at == join.y.at && join.x.column == join.y.column;
        if (!there || (join.x.user && !join.user))
            out->steps[out->n_steps++] = join;
    }
}

static void add_op(maker *m, const rk_node *node)
{
    m->out->steps[m->out->n_steps++] = (rk_step){
        .kind = RK_STEP_OP, .user = m->out->part.is_user[node->id], .y = m->out->values[node->id], .node = node->id
    };
}

static bool add_node(maker *m, const rk_node *node)
{
    if (m->absorbed[node->id])
        return true;
    if (node->op->packs_kernel)
        return add_layer(m, node);
    if (node->op->joins_inputs)
        add_joins(m, node);
    else
        add_op(m, node);
    return true;
}

static bool add_steps(maker *m)
{
    const rk_pass *pass = &m->out->plan->inference;

    for (int s = 0; s < pass->n_stages; s++)
        for (int i = 0; i < pass->stages[s].n_tasks; i++)
            if (pass->stages[s].tasks[i].kind == RK_TASK_FORWARD &&
                !add_node(m, node_at(m->out, pass->stages[s].tasks[i].id)))
                return false;
    return true;
}

static size_t most_steps(const rk_graph *graph)
{
    size_t n = 0;

    for (int id = 0; id < rk_graph_n_nodes(graph); id++)
        n += 1 + (size_t)rk_graph_node(graph, id)->n_inputs;
    return n;
}

bool rk_steps_init(rk_steps *out, const rk_plan *plan, const rk_weights *weights, const rk_user_part *part,
                   rk_arena *arena)
{
    size_t n = (size_t)rk_graph_n_nodes(plan->graph);
    maker m = { .out = out, .weights = weights, .arena = arena };

    *out = (rk_steps){ .graph = plan->graph, .plan = plan, .part = *part, .backend = rk_backend_best() };
    out->ios = rk_arena_alloc(arena, n, sizeof *out->ios);
    out->values = rk_arena_alloc(arena, n, sizeof *out->values);
    out->steps = rk_arena_alloc(arena, most_steps(plan->graph), sizeof *out->steps);
    out->layers = rk_arena_alloc(arena, n, sizeof *out->layers);
    m.absorbed = rk_arena_alloc(arena, n, sizeof *m.absorbed);
    if (rk_arena_failed(arena))
        return false;
    make_ios(&m);
    if (rk_arena_failed(arena))
        return false;
    place_values(&m);
    return add_steps(&m);
}

void rk_steps_clear(rk_steps *steps)
{
    for (int i = 0; i < steps->n_layers; i++)
        rk_layer_clear(&steps->layers[i]);
    steps->n_layers = 0;
}
