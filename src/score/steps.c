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

/* What is known of a layer before its kernel is packed. */
typedef struct draft {
    const rk_node *node;
    const float *kernel, *scale; /* scale NULL: floats */
    int64_t k, n, n_user;
} draft;

/* Packs the kernel; where its norm and bias go to. */
static bool pack(rk_norm **norm, const float ***bias, rk_steps *out, const draft *d)
{
    if (d->scale) {
        rk_int8_layer *layer = &out->int8_layers[out->n_int8_layers++];

        *norm = &layer->norm;
        *bias = &layer->bias;
        out->widest_int8 = d->k > out->widest_int8 ? d->k : out->widest_int8;
        return rk_int8_layer_init(layer, &(rk_int8_weights){ d->kernel, d->scale, d->k, d->n, d->n_user });
    }
    rk_layer *layer = &out->layers[out->n_layers++];

    *norm = &layer->norm;
    *bias = &layer->bias;
    return rk_layer_init(layer, d->kernel, d->k, d->n);
}

static bool pack_reordered(rk_norm **norm, const float ***bias, rk_steps *out, const draft *d)
{
    draft ordered = *d;
    float *rows = rk_alloc((size_t)(d->k * d->n), sizeof *rows);

    if (rows)
        reorder(rows, out, node_at(out, d->node->inputs[0]), d->kernel, d->n);
    ordered.kernel = rows;
    bool ok = rows && pack(norm, bias, out, &ordered);
    rk_free(rows);
    return ok;
}

static draft draft_of(const maker *m, const rk_node *node)
{
    const rk_shape *shape = &rk_graph_param_at(m->out->graph, node->params[0])->shape;
    draft d = { node,
                m->out->ios[node->id].params[0],
                m->weights->param_scales[node->params[0]],
                shape->dims[0],
                shape->dims[1],
                m->out->part.user_width[node->inputs[0]] };

    if (d.k > RK_INT8_MOST_K)
        d.scale = NULL;
    return d;
}

static bool add_layer(maker *m, const rk_node *node)
{
    rk_steps *out = m->out;
    const rk_node *norm_node = norm_behind(out, node), *last = norm_node ? norm_node : node;
    draft d = draft_of(m, node);
    rk_norm *norm;
    const float **bias;

    out->steps[out->n_steps++] = (rk_step){ .kind = d.scale ? RK_STEP_INT8 : RK_STEP_LAYER,
                                            .user = out->part.is_user[node->id],
                                            .x = out->values[node->inputs[0]],
                                            .y = out->values[last->id],
                                            .n_user = d.n_user,
                                            .start_at = out->n_starts,
                                            .layer = d.scale ? out->n_int8_layers : out->n_layers };
    if (!(d.n_user > 0 ? pack_reordered : pack)(&norm, &bias, out, &d))
        return false;
    out->n_starts += d.n_user > 0 ? on_lines(d.n) : 0;
    *bias = out->ios[node->id].params[node->op->offset_param];
    if (norm_node) {
        *norm = norm_node->op->norm(&out->ios[norm_node->id]);
        m->absorbed[norm_node->id] = true;
    }
    norm->slope = out->ios[last->id].slope;
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
    out->int8_layers = rk_arena_alloc(arena, n, sizeof *out->int8_layers);
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
    for (int i = 0; i < steps->n_int8_layers; i++)
        rk_int8_layer_clear(&steps->int8_layers[i]);
    steps->n_layers = steps->n_int8_layers = 0;
}
