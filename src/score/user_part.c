/* See user_part.h. Concats of concats keep their order: only one level is looked at. */
#include "user_part.h"

#include <string.h>

static void find_users(rk_user_part *part, const rk_graph *graph, const int *inputs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        part->is_user[inputs[i]] = true;
    for (int id = 0; id < rk_graph_n_nodes(graph); id++) {
        const rk_node *node = rk_graph_node(graph, id);
        bool all = node->kind == RK_NODE_OP;

        for (int i = 0; i < node->n_inputs; i++)
            all = all && part->is_user[node->inputs[i]];
        part->is_user[id] |= all;
    }
}

/* Whether a node is read, and by nothing but layers with a kernel. */
static bool feeds_kernels_only(const rk_graph *graph, int id)
{
    bool read = false;

    for (int user = id + 1; user < rk_graph_n_nodes(graph); user++) {
        const rk_node *node = rk_graph_node(graph, user);

        for (int i = 0; i < node->n_inputs; i++) {
            if (node->inputs[i] == id && !node->op->packs_kernel)
                return false;
            read |= node->inputs[i] == id;
        }
    }
    for (int i = 0; i < rk_graph_n_outputs(graph); i++)
        if (rk_graph_output_at(graph, i)->node == id)
            return false;
    return read;
}

static int64_t width_of_users(const rk_user_part *part, const rk_node *concat)
{
    int64_t width = 0;

    for (int i = 0; i < concat->n_inputs; i++)
        width += part->is_user[concat->inputs[i]] ? part->widths[concat->inputs[i]] : 0;
    return width;
}

int64_t rk_user_part_column(const rk_user_part *part, const rk_node *concat, int i)
{
    bool ordered = part->user_width[concat->id] > 0, is_user = part->is_user[concat->inputs[i]];
    int64_t column = ordered && !is_user ? part->user_width[concat->id] : 0;

    for (int k = 0; k < i; k++)
        if (!ordered || part->is_user[concat->inputs[k]] == is_user)
            column += part->widths[concat->inputs[k]];
    return column;
}

/* What lies in a concat's memory moves with its columns. */
static void move_columns(rk_user_part *part, const rk_plan *plan, const rk_node *concat)
{
    int64_t from = 0;

    for (int i = 0; i < concat->n_inputs; i++) {
        int64_t width = plan->widths[concat->inputs[i]], to = rk_user_part_column(part, concat, i);

        for (int id = 0; id < concat->id; id++) {
            rk_place place = plan->values[id];

            if (place.owner == concat->id && place.column >= from && place.column < from + width)
                part->places[id].column = to + place.column - from;
        }
        from += width;
    }
}

/* What is folded leaves the concat that reads it. */
static void narrow(rk_user_part *part, const rk_plan *plan, const bool *folded)
{
    for (int id = 0; id < rk_graph_n_nodes(plan->graph); id++) {
        const rk_node *node = rk_graph_node(plan->graph, id);

        part->widths[id] = folded[id] ? 0 : plan->widths[id];
        for (int i = 0; i < node->n_inputs; i++)
            part->widths[id] -= folded[node->inputs[i]] ? plan->widths[node->inputs[i]] : 0;
    }
}

void rk_user_part_find(rk_user_part *out, const rk_plan *plan, const int *inputs, size_t n, const bool *folded,
                       rk_arena *arena)
{
    size_t n_nodes = (size_t)rk_graph_n_nodes(plan->graph);

    out->is_user = rk_arena_alloc(arena, n_nodes, sizeof *out->is_user);
    out->user_width = rk_arena_alloc(arena, n_nodes, sizeof *out->user_width);
    out->widths = rk_arena_alloc(arena, n_nodes, sizeof *out->widths);
    out->places = rk_arena_alloc(arena, n_nodes, sizeof *out->places);
    if (rk_arena_failed(arena))
        return;
    memcpy(out->places, plan->values, n_nodes * sizeof *out->places);
    find_users(out, plan->graph, inputs, n);
    narrow(out, plan, folded);
    for (int id = 0; id < (int)n_nodes; id++) {
        const rk_node *node = rk_graph_node(plan->graph, id);

        if (node->kind != RK_NODE_OP || !node->op->joins_inputs || plan->values[id].owner != id ||
            !feeds_kernels_only(plan->graph, id))
            continue;
        out->user_width[id] = out->is_user[id] ? 0 : width_of_users(out, node);
        move_columns(out, plan, node);
    }
}
