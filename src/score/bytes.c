/* See bytes.h. */
#include "bytes.h"

#include <string.h>

#include "int8.h"
#include "op.h"

enum { MIDDLE = 128 }; /* what bytes of a table lie around */

typedef struct planning {
    rk_byte_plan *out;
    const rk_plan *plan;
    const rk_weights *weights;
    const int *makers;
} planning;

static const rk_node *node_at(const planning *p, int id)
{
    return rk_graph_node(p->plan->graph, id);
}

static bool same(rk_byte_form a, rk_byte_form b, size_t width)
{
    return memcmp(a.scale, b.scale, width * sizeof *a.scale) == 0 && memcmp(a.zero, b.zero, width) == 0;
}

static bool fits_table(const planning *p, const rk_node *node, rk_byte_form form)
{
    if (node->table < 0 || !p->weights->int8_tables[node->table].q)
        return true;
    for (int64_t d = 0; d < p->plan->widths[node->id]; d++)
        if (form.zero[d] != MIDDLE)
            return false;
    return true;
}

/* Can the columns of a node be bytes of this form? */
static bool can_have(const planning *p, int id, rk_byte_form form)
{
    const rk_node *node = node_at(p, p->makers[id]);
    rk_byte_form given = p->out->forms[node->id];
    bool can = true;

    if (node->kind != RK_NODE_OP || !node->op->joins_inputs)
        return fits_table(p, node, form) && (!given.scale || same(given, form, (size_t)p->plan->widths[id]));
    for (int i = 0; i < node->n_inputs && can; i++) {
        can = can_have(p, node->inputs[i], form);
        form.scale += p->plan->widths[node->inputs[i]];
        form.zero += p->plan->widths[node->inputs[i]];
    }
    return can;
}

static void give(planning *p, int id, rk_byte_form form)
{
    const rk_node *node = node_at(p, p->makers[id]);

    if (node->kind != RK_NODE_OP || !node->op->joins_inputs) {
        p->out->forms[node->id] = form;
        return;
    }
    for (int i = 0; i < node->n_inputs; i++) {
        give(p, node->inputs[i], form);
        form.scale += p->plan->widths[node->inputs[i]];
        form.zero += p->plan->widths[node->inputs[i]];
    }
}

static void find_layers(planning *p)
{
    for (int id = 0; id < rk_graph_n_nodes(p->plan->graph); id++) {
        const rk_node *node = node_at(p, id);

        if (node->kind != RK_NODE_OP || !node->op->packs_kernel)
            continue;
        const rk_int8_kernel *kernel = &p->weights->int8_kernels[node->params[0]];
        rk_byte_form form = { kernel->x_scale, kernel->x_zero };
        int x = node->inputs[0];

        if (!kernel->w || p->plan->widths[x] > RK_INT8_MOST_K || node_at(p, p->makers[x])->kind != RK_NODE_OP ||
            !can_have(p, x, form))
            continue;
        give(p, x, form);
        p->out->layers[id] = p->out->any = true;
    }
}

/* What a node needs of its inputs, when it is known what is wanted of it. */
static void want_inputs(planning *p, const rk_node *node)
{
    rk_byte_plan *out = p->out;
    bool joins = node->op->joins_inputs, layer = out->layers[node->id];

    for (int i = 0; i < node->n_inputs; i++) {
        int input = p->makers[node->inputs[i]];

        out->bytes[input] |= layer || (joins && out->bytes[node->id]);
        out->floats[input] |= joins ? out->floats[node->id] : !layer;
    }
}

void rk_byte_plan_make(rk_byte_plan *out, const rk_plan *plan, const rk_weights *weights, const int *makers,
                       rk_arena *arena)
{
    planning p = { out, plan, weights, makers };
    size_t n = (size_t)rk_graph_n_nodes(plan->graph);

    out->layers = rk_arena_alloc(arena, n, sizeof *out->layers);
    out->bytes = rk_arena_alloc(arena, n, sizeof *out->bytes);
    out->floats = rk_arena_alloc(arena, n, sizeof *out->floats);
    out->forms = rk_arena_alloc(arena, n, sizeof *out->forms);
    if (rk_arena_failed(arena))
        return;
    find_layers(&p);
    for (int i = 0; i < rk_graph_n_outputs(plan->graph); i++)
        out->floats[makers[rk_graph_output_at(plan->graph, i)->node]] = true;
    for (int id = (int)n - 1; id >= 0; id--)
        if (makers[id] == id && node_at(&p, id)->kind == RK_NODE_OP)
            want_inputs(&p, node_at(&p, id));
}
