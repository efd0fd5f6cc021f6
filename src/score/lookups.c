/* See lookups.h. */
#include "lookups.h"

#include "prefetch.h"

enum { LINE = 64 };

static rk_lookup lookup_of(const rk_steps *steps, int id)
{
    const rk_node *node = rk_graph_node(steps->graph, id);

    return (rk_lookup){ .node = id,
                        .input = node->inputs[0],
                        .n_ids = rk_graph_table_at(steps->graph, node->table)->n_rows,
                        .user = steps->part.is_user[id] };
}

static void add_folded(rk_lookups *out, const rk_steps *steps)
{
    for (int i = 0; i < steps->n_layers; i++)
        for (int k = 0; k < steps->folds[i].n; k++)
            out->all[out->n_all++] = lookup_of(steps, steps->folds[i].all[k].node);
}

void rk_lookups_find(rk_lookups *out, const rk_steps *steps, rk_arena *arena)
{
    size_t n = (size_t)steps->n_steps + (size_t)rk_graph_n_nodes(steps->graph);

    out->all = rk_arena_alloc(arena, n, sizeof *out->all);
    out->n = out->n_all = 0;
    for (int i = 0; out->all && i < steps->n_steps; i++) {
        const rk_step *step = &steps->steps[i];
        const rk_node *node = rk_graph_node(steps->graph, step->node);

        if ((step->kind != RK_STEP_OP && step->kind != RK_STEP_BAG) || node->table < 0)
            continue;
        rk_lookup lookup = lookup_of(steps, step->node);
        lookup.rows = step->kind == RK_STEP_BAG ? (const char *)step->integers
                                                : (const char *)(const void *)steps->ios[step->node].table;
        lookup.row_bytes = (size_t)rk_graph_table_at(steps->graph, node->table)->dim;
        lookup.row_bytes *= step->kind == RK_STEP_BAG ? sizeof *step->integers : sizeof(float);
        out->all[out->n++] = lookup;
    }
    out->n_all = out->n;
    if (out->all)
        add_folded(out, steps);
}

/* Into the second-level cache: a piece's rows would take most of the first one. */
RK_PREFETCHING void ask_for(const rk_lookup *lookup, const rk_column *column, int64_t begin, int64_t end)
{
    for (int64_t i = begin; i < end; i++) {
        const char *row = lookup->rows + (size_t)column->ids[i] * lookup->row_bytes;

        for (size_t at = 0; at < lookup->row_bytes; at += LINE)
            __builtin_prefetch(row + at, 0, 2);
    }
}

void rk_fetch_rows(rk_fetch *fetch, int64_t n)
{
    while (n > 0 && fetch->at < fetch->lookups->n) {
        const rk_lookup *lookup = &fetch->lookups->all[fetch->at];
        const rk_column *column = fetch->columns[lookup->input];
        bool none = fetch->one_user && lookup->user;
        int64_t first = none ? 0 : column->offsets[fetch->begin] + fetch->n_done;
        int64_t left = none ? 0 : column->offsets[fetch->end] - first, now = left < n ? left : n;

        ask_for(lookup, column, first, first + now);
        n -= now;
        fetch->n_done += now;
        if (now == left) {
            fetch->at++;
            fetch->n_done = 0;
        }
    }
}

void rk_fetch_user(const rk_lookups *lookups, const rk_column *const *columns)
{
    for (int i = 0; i < lookups->n; i++) {
        const rk_column *column = columns[lookups->all[i].input];

        if (lookups->all[i].user)
            ask_for(&lookups->all[i], column, column->offsets[0], column->offsets[1]);
    }
}

bool rk_one_id_each(const rk_column *column, int64_t n_rows)
{
    int64_t other = 0;

    for (int64_t r = 0; r < n_rows; r++)
        other |= column->offsets[r + 1] - column->offsets[r] - 1;
    return other == 0 && !column->weights;
}
