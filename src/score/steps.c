/* See steps.h. The order is the plan's, as in the executor of training; so are places, but for a user's columns. */
#include "steps.h"

#include <string.h>

#include "mem.h"

typedef struct maker {
    rk_steps *out;
    const rk_weights *weights;
    const bool *folded; /* [n_nodes] */
    rk_arena *arena;
    int *makers; /* [n_nodes] who makes the value: the node itself, or the one before that applies it */
} maker;

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
        out->floats_of_row += (size_t)rk_layer_ld(out->part.widths[id]);
    }
}

static void place_values(maker *m)
{
    rk_steps *out = m->out;

    place_owners(m);
    for (int id = 0; id < rk_graph_n_nodes(out->graph); id++) {
        rk_place place = out->part.places[id];
        bool fed = node_at(out, place.owner)->kind != RK_NODE_OP;
        int64_t width = out->part.widths[place.owner];

        out->values[id] = (rk_operand){ .input = fed ? place.owner : -1,
                                        .at = out->values[place.owner].at,
                                        .column = (size_t)place.column,
                                        .ld = fed ? (size_t)width : (size_t)rk_layer_ld(width),
                                        .user = out->part.is_user[id] };
    }
}

/* ---- layers ---- */

/* The norm that alone reads this node, or NULL. */
static const rk_node *norm_behind(const rk_steps *steps, const rk_node *layer)
{
    const rk_node *reader = rk_graph_only_reader(steps->graph, layer->id);

    return reader && reader->op->norm && steps->plan->rectifiers[layer->id] < 0 ? reader : NULL;
}

/* A norm is applied by the layer before it, a rectifier by whoever the plan says; a view is what it views. */
static void find_makers(maker *m)
{
    for (int id = 0; id < rk_graph_n_nodes(m->out->graph); id++) {
        const rk_node *node = node_at(m->out, id),
                      *before = node->n_inputs > 0 ? node_at(m->out, node->inputs[0]) : node;
        bool layer = before->kind == RK_NODE_OP && before->op->packs_kernel;
        bool applied = node->kind == RK_NODE_OP && (m->out->plan->applied[id] || node->op->is_view ||
                                                    (layer && norm_behind(m->out, before) == node));

        m->makers[id] = applied ? m->makers[before->id] : id;
    }
}

/* The rows of a kernel, so many bytes each, in the order in which the columns of its input, a concat, stand here. */
static void reorder(void *to, const rk_steps *steps, const rk_node *concat, const void *from, size_t row)
{
    const char *rows = from;

    for (int i = 0; i < concat->n_inputs; i++) {
        int input = concat->inputs[i];
        size_t at = (size_t)rk_user_part_column(&steps->part, concat, i) * row;

        memcpy((char *)to + at, rows, (size_t)steps->part.widths[input] * row);
        rows += (size_t)steps->plan->widths[input] * row;
    }
}

/* What is known of a layer before its kernel is packed. */
typedef struct draft {
    const rk_node *node, *norm_node; /* NULL: no norm is applied */
    const rk_node *input;
    int64_t k, n, n_user;
    bool moved;   /* columns do not stand as the kernel has them */
    rk_norm norm; /* center NULL: none */
    const float *bias;
} draft;

static draft draft_of(const maker *m, const rk_node *node)
{
    const rk_shape *shape = &rk_graph_param_at(m->out->graph, node->params[0])->shape;
    const rk_node *norm_node = norm_behind(m->out, node), *last = norm_node ? norm_node : node;
    draft d = { .node = node,
                .norm_node = norm_node,
                .input = node_at(m->out, node->inputs[0]),
                .k = m->out->part.widths[node->inputs[0]],
                .n = shape->dims[1],
                .n_user = m->out->part.user_width[node->inputs[0]],
                .bias = m->out->ios[node->id].params[node->op->offset_param] };

    d.moved = d.n_user > 0 || d.k < shape->dims[0];
    if (norm_node)
        d.norm = norm_node->op->norm(&m->out->ios[norm_node->id]);
    d.norm.slope = m->out->ios[last->id].slope;
    return d;
}

static bool pack_floats(maker *m, const draft *d)
{
    rk_steps *out = m->out;
    rk_fold *fold = &out->folds[out->n_layers];
    rk_layer *layer = &out->layers[out->n_layers++];
    const float *kernel = out->ios[d->node->id].params[0];
    float *rows = d->moved ? rk_alloc((size_t)(d->k * d->n), sizeof *rows) : NULL;

    if (d->moved && !rows)
        return false;
    if (rows)
        reorder(rows, out, d->input, kernel, (size_t)d->n * sizeof *rows);
    bool ok =
        rk_layer_init(layer, rows ? rows : kernel, d->k, d->n) &&
        rk_fold_init(fold, &(rk_fold_source){ out->plan, m->weights, m->folded, out->part.is_user }, d->node, m->arena);
    rk_free(rows);
    out->most_folded = (size_t)fold->n > out->most_folded ? (size_t)fold->n : out->most_folded;
    layer->norm = d->norm;
    layer->bias = d->bias;
    return ok;
}

static bool pack_integers(maker *m, const draft *d, bool to_bytes)
{
    rk_steps *out = m->out;
    rk_int8_layer *layer = &out->int8_layers[out->n_int8_layers++];
    const rk_int8_kernel *kernel = &m->weights->int8_kernels[d->node->params[0]];
    rk_byte_form form = out->bytes.forms[d->node->id];
    rk_int8_weights weights = { kernel->w, kernel->x_zero, d->k, d->n };
    int8_t *rows = d->n_user > 0 ? rk_alloc((size_t)(d->k * d->n + d->k), 1) : NULL;

    if (d->n_user > 0 && !rows)
        return false;
    if (rows) {
        uint8_t *zero = (uint8_t *)rows + d->k * d->n;

        reorder(rows, out, d->input, kernel->w, (size_t)d->n);
        reorder(zero, out, d->input, kernel->x_zero, 1);
        weights = (rk_int8_weights){ rows, zero, d->k, d->n };
    }
    bool ok = rk_int8_layer_init(layer, &weights);
    rk_free(rows);
    if (ok)
        rk_int8_layer_follow(layer, &(rk_int8_follow){ .scale = kernel->scale,
                                                       .bias = d->bias,
                                                       .norm = d->norm,
                                                       .y_scale = to_bytes ? form.scale : NULL,
                                                       .y_zero = form.zero });
    return ok;
}

/* A value that is there as floats and wanted as bytes. */
static void add_round(maker *m, int id, rk_operand x, rk_operand y, bool user)
{
    rk_steps *out = m->out;
    rk_byte_form form = out->bytes.forms[id];
    int64_t width = out->plan->widths[id];
    float *inverse = rk_arena_alloc(m->arena, (size_t)width, sizeof *inverse);
    float *zero = rk_arena_alloc(m->arena, (size_t)width, sizeof *zero);

    for (int64_t c = 0; inverse && zero && c < width; c++) {
        inverse[c] = 1 / form.scale[c];
        zero[c] = (float)form.zero[c];
    }
    out->steps[out->n_steps++] =
        (rk_step){ .kind = RK_STEP_ROUND, .user = user, .x = x, .y = y, .width = width, .by = inverse, .zero = zero };
}

static void round_value(maker *m, int id)
{
    if (m->out->bytes.bytes[id])
        add_round(m, id, m->out->values[id], m->out->values[id], m->out->part.is_user[id]);
}

static bool add_layer(maker *m, const rk_node *node)
{
    rk_steps *out = m->out;
    draft d = draft_of(m, node);
    bool int8 = out->bytes.layers[node->id], to_bytes = int8 && !out->bytes.floats[node->id];
    size_t *starts = int8 ? &out->n_sums : &out->n_starts;
    rk_step *step = &out->steps[out->n_steps++];

    *step = (rk_step){ .kind = int8 ? RK_STEP_INT8 : RK_STEP_LAYER,
                       .user = out->part.is_user[node->id],
                       .x = out->values[d.input->id],
                       .y = out->values[d.norm_node ? d.norm_node->id : node->id],
                       .n_user = d.n_user,
                       .start_at = *starts,
                       .layer = int8 ? out->n_int8_layers : out->n_layers,
                       .to_bytes = to_bytes };
    if (!(int8 ? pack_integers(m, &d, to_bytes) : pack_floats(m, &d)))
        return false;
    step->begins = d.n_user > 0 || (!int8 && out->folds[step->layer].n_user > 0);
    *starts += step->begins ? (size_t)rk_layer_ld(d.n) : 0;
    if (!to_bytes)
        round_value(m, node->id);
    return true;
}

/* ---- the rest ---- */

/* What is in its columns already needs no step, but for a user's row that has to be in all rows. Fed floats become
 * bytes on the way. */
static void add_join(maker *m, rk_step join, int input)
{
    bool bytes = join.kind == RK_STEP_BYTE_JOIN;
    bool there = join.x.input < 0 && join.x.at == join.y.at && join.x.column == join.y.column;

    if (bytes && join.x.input >= 0)
        add_round(m, m->makers[input], join.x, join.y, join.user);
    else if (!there || (join.x.user && !join.user))
        m->out->steps[m->out->n_steps++] = join;
}

static void add_joins(maker *m, const rk_node *concat)
{
    rk_steps *out = m->out;
    bool user_first = out->part.user_width[concat->id] > 0;

    for (int i = 0; i < concat->n_inputs; i++) {
        int input = concat->inputs[i];

        if (m->folded[input])
            continue;
        rk_step join = { .kind = RK_STEP_JOIN,
                         .user = out->part.is_user[concat->id] || (user_first && out->part.is_user[input]),
                         .x = out->values[input],
                         .y = out->values[concat->id],
                         .width = out->plan->widths[input] };

        join.y.column += (size_t)rk_user_part_column(&out->part, concat, i);
        if (out->bytes.floats[concat->id])
            add_join(m, join, input);
        join.kind = RK_STEP_BYTE_JOIN;
        if (out->bytes.bytes[concat->id])
            add_join(m, join, input);
    }
}

static rk_step step_of(const maker *m, const rk_node *node, rk_step_kind kind)
{
    return (rk_step){ .kind = kind,
                      .user = m->out->part.is_user[node->id],
                      .y = m->out->values[node->id],
                      .width = m->out->plan->widths[node->id],
                      .node = node->id };
}

static void add_op(maker *m, const rk_node *node)
{
    m->out->steps[m->out->n_steps++] = step_of(m, node, RK_STEP_OP);
    round_value(m, node->id);
}

/* How many of the bytes' steps are one of the table's, or NULL where all are. */
static const float *ratio_of(const maker *m, const float *scale, rk_byte_form form, int64_t width)
{
    bool differs = memcmp(scale, form.scale, (size_t)width * sizeof *scale) != 0;
    float *ratio = differs ? rk_arena_alloc(m->arena, (size_t)width, sizeof *ratio) : NULL;

    for (int64_t d = 0; ratio && d < width; d++)
        ratio[d] = scale[d] / form.scale[d];
    return ratio;
}

static void add_bag(maker *m, const rk_node *node)
{
    rk_steps *out = m->out;
    const rk_int8_table *table = &m->weights->int8_tables[node->table];
    rk_step bag = step_of(m, node, RK_STEP_BAG);

    bag.integers = table->q;
    bag.by = table->scale;
    if (out->bytes.floats[node->id])
        out->steps[out->n_steps++] = bag;
    if (!out->bytes.bytes[node->id])
        return;
    bag.to_bytes = true;
    bag.by = ratio_of(m, table->scale, out->bytes.forms[node->id], bag.width);
    out->steps[out->n_steps++] = bag;
}

static bool add_node(maker *m, const rk_node *node)
{
    if (m->makers[node->id] != node->id || m->folded[node->id])
        return true;
    if (node->op->packs_kernel)
        return add_layer(m, node);
    if (node->op->joins_inputs)
        add_joins(m, node);
    else if (node->table >= 0 && m->weights->int8_tables[node->table].q)
        add_bag(m, node);
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
        n += 2 + 2 * (size_t)rk_graph_node(graph, id)->n_inputs;
    return n;
}

bool rk_steps_init(rk_steps *out, const rk_steps_source *source, rk_arena *arena)
{
    const rk_plan *plan = source->plan;
    size_t n = (size_t)rk_graph_n_nodes(plan->graph);
    maker m = { .out = out, .weights = source->weights, .folded = source->folded, .arena = arena };

    *out = (rk_steps){ .graph = plan->graph, .plan = plan, .part = *source->part, .backend = rk_backend_best() };
    out->ios = rk_arena_alloc(arena, n, sizeof *out->ios);
    out->values = rk_arena_alloc(arena, n, sizeof *out->values);
    out->steps = rk_arena_alloc(arena, most_steps(plan->graph), sizeof *out->steps);
    out->layers = rk_arena_alloc(arena, n, sizeof *out->layers);
    out->folds = rk_arena_alloc(arena, n, sizeof *out->folds);
    out->int8_layers = rk_arena_alloc(arena, n, sizeof *out->int8_layers);
    m.makers = rk_arena_alloc(arena, n, sizeof *m.makers);
    if (rk_arena_failed(arena))
        return false;
    make_ios(&m);
    if (rk_arena_failed(arena))
        return false;
    place_values(&m);
    find_makers(&m);
    rk_byte_plan_make(&out->bytes, plan, source->weights, m.makers, arena);
    return !rk_arena_failed(arena) && add_steps(&m) && !rk_arena_failed(arena);
}

void rk_steps_clear(rk_steps *steps)
{
    for (int i = 0; i < steps->n_layers; i++) {
        rk_layer_clear(&steps->layers[i]);
        rk_fold_clear(&steps->folds[i]);
    }
    for (int i = 0; i < steps->n_int8_layers; i++)
        rk_int8_layer_clear(&steps->int8_layers[i]);
    steps->n_layers = steps->n_int8_layers = 0;
}
