/* See fold.h. */
#include "fold.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* Embeddings of fewer columns cost no more as they are; the most bounds what opening a file takes. */
enum { LEAST_DIM = 4, MOST_DIM = 512 };
enum { MOST_BYTES = 64 << 10, MOST_BYTES_OF_ALL = 256 << 10 }; /* of rows; second-level caches begin at 256 KB */

/* ---- choosing ---- */

typedef struct candidate {
    int node;
    size_t bytes;
} candidate;

/* The layer of floats that alone reads a look-up, through a concat; or NULL. */
static const rk_node *layer_of(const rk_plan *plan, const rk_weights *weights, const rk_node *look_up)
{
    const rk_node *concat = rk_graph_only_reader(plan->graph, look_up->id);

    if (!concat || !concat->op->joins_inputs || plan->values[concat->id].owner != concat->id)
        return NULL;
    const rk_node *layer = rk_graph_only_reader(plan->graph, concat->id);
    return layer && layer->op->packs_kernel && !weights->int8_kernels[layer->params[0]].w ? layer : NULL;
}

/* What the rows of a look-up would take; 0: it is not to be folded. */
static size_t bytes_of(const rk_plan *plan, const rk_weights *weights, const rk_node *node)
{
    if (node->kind != RK_NODE_OP || node->table < 0 || !node->op->ids_input || !weights->tables[node->table])
        return 0;
    const rk_table *table = rk_graph_table_at(plan->graph, node->table);
    const rk_node *layer = layer_of(plan, weights, node);
    if (!layer || table->dim < LEAST_DIM || table->dim > MOST_DIM || table->n_rows > MOST_BYTES)
        return 0;
    int64_t width = plan->widths[layer->id];
    size_t bytes = width > MOST_BYTES ? SIZE_MAX : (size_t)((table->n_rows + 1) * rk_layer_ld(width)) * sizeof(float);
    return bytes <= MOST_BYTES ? bytes : 0;
}

static int by_bytes(const void *a, const void *b)
{
    const candidate *x = a, *y = b;

    return x->bytes != y->bytes ? (x->bytes < y->bytes ? -1 : 1) : (x->node > y->node) - (x->node < y->node);
}

bool *rk_fold_choose(const rk_plan *plan, const rk_weights *weights, rk_arena *arena)
{
    size_t n_nodes = (size_t)rk_graph_n_nodes(plan->graph), n = 0, all = 0;
    bool *folded = rk_arena_alloc(arena, n_nodes, sizeof *folded);
    candidate *candidates = rk_arena_alloc(arena, n_nodes, sizeof *candidates);

    for (int id = 0; folded && candidates && id < (int)n_nodes; id++) {
        candidate found = { id, bytes_of(plan, weights, rk_graph_node(plan->graph, id)) };

        if (found.bytes > 0)
            candidates[n++] = found;
    }
    if (n > 0)
        qsort(candidates, n, sizeof *candidates, by_bytes);
    for (size_t i = 0; i < n && (all += candidates[i].bytes) <= MOST_BYTES_OF_ALL; i++)
        folded[candidates[i].node] = true;
    return folded;
}

/* ---- making ---- */

typedef struct maker {
    const rk_fold_source *source;
    const rk_node *layer, *concat;
    rk_fold *out;
} maker;

static const rk_table *table_of(const maker *m, const rk_node *look_up)
{
    return rk_graph_table_at(m->source->plan->graph, look_up->table);
}

/* Look-ups that are the user's or not, in the concat's order; a concat of the user's inputs alone has none. */
static void list(maker *m, bool user)
{
    const rk_fold_source *source = m->source;
    int64_t column = 0;

    for (int i = 0; i < m->concat->n_inputs; i++) {
        const rk_node *node = rk_graph_node(source->plan->graph, m->concat->inputs[i]);
        bool is_user = source->is_user[node->id] && !source->is_user[m->concat->id];

        if (source->folded[node->id] && is_user == user)
            m->out->all[m->out->n++] = (rk_folded){ .node = node->id,
                                                    .input = node->inputs[0],
                                                    .column = column,
                                                    .combiner = (rk_combiner)node->attrs[0],
                                                    .n_ids = table_of(m, node)->n_rows };
        column += source->plan->widths[node->id];
    }
    if (user)
        m->out->n_user = m->out->n;
}

/* e W, with the rows of the kernel that belong to the embedding: a layer without a bias. */
static bool work_out(const maker *m, const rk_folded *folded)
{
    const rk_graph *graph = m->source->plan->graph;
    const rk_weights *weights = m->source->weights;
    const rk_param *kernel = rk_graph_param_at(graph, m->layer->params[0]);
    int table = rk_graph_node(graph, folded->node)->table;
    int64_t dim = rk_graph_table_at(graph, table)->dim, cols = m->out->cols;
    float *zeros = rk_alloc((size_t)cols, sizeof *zeros);
    rk_layer product = { 0 };
    bool ok = zeros && rk_layer_init(&product, weights->dense + kernel->offset + folded->column * cols, dim, cols);

    if (ok)
        rk_layer_finish(&product, (rk_block){ folded->rows, m->out->ld, folded->n_ids, cols },
                        (rk_matrix){ weights->tables[table], dim, false }, 0, (rk_layer_start){ .data = zeros });
    rk_layer_clear(&product);
    rk_free(zeros);
    return ok;
}

static bool work_out_all(const maker *m)
{
    float *rows = m->out->rows;

    for (int k = 0; k < m->out->n; k++) {
        rk_folded *folded = &m->out->all[k];

        folded->rows = rows;
        if (!work_out(m, folded))
            return false;
        rows += (folded->n_ids + 1) * m->out->ld;
    }
    return true;
}

bool rk_fold_init(rk_fold *out, const rk_fold_source *source, const rk_node *layer, rk_arena *arena)
{
    const rk_graph *graph = source->plan->graph;
    const rk_node *concat = rk_graph_node(graph, layer->inputs[0]);
    maker m = { source, layer, concat, out };
    int64_t n_rows = 0;

    *out = (rk_fold){ .cols = source->plan->widths[layer->id] };
    out->ld = rk_layer_ld(out->cols);
    for (int i = 0; i < concat->n_inputs; i++)
        if (source->folded[concat->inputs[i]])
            n_rows += table_of(&m, rk_graph_node(graph, concat->inputs[i]))->n_rows + 1;
    if (n_rows == 0)
        return true;
    out->all = rk_arena_alloc(arena, (size_t)concat->n_inputs, sizeof *out->all);
    out->rows = rk_alloc((size_t)(n_rows * out->ld), sizeof *out->rows);
    if (!out->all || !out->rows)
        return false;
    list(&m, true);
    list(&m, false);
    return work_out_all(&m);
}

void rk_fold_clear(rk_fold *fold)
{
    rk_free(fold->rows);
    *fold = (rk_fold){ 0 };
}

/* ---- adding ---- */

static void add_row(const rk_fold_part *part, const rk_folded *folded, rk_block y, int64_t id, float by)
{
    rk_block row = { folded->rows + id * part->fold->ld, part->fold->ld, 1, y.cols };

    part->backend->add_scaled(y, row, by);
}

static void add_bag(const rk_fold_part *part, const rk_folded *folded, rk_block y, int64_t r)
{
    const rk_column *column = &part->columns[folded->input];
    rk_bag bag = { .offsets = column->offsets, .ids = column->ids, .weights = column->weights };

    bag.combiner = folded->combiner;
    float factor = rk_bag_factor(&bag, r);
    for (int64_t i = bag.offsets[r]; i < bag.offsets[r + 1]; i++)
        add_row(part, folded, y, bag.ids[i], bag.weights ? bag.weights[i] * factor : factor);
    if (bag.offsets[r] == bag.offsets[r + 1])
        add_row(part, folded, y, folded->n_ids, 1); /* as beside rows of one id: -0 + 0 is 0 */
}

/* Bags of any kind. */
static rk_layer_start add_bags(const rk_fold_part *part, rk_block y, rk_layer_start start)
{
    for (int64_t r = 0; r < y.rows; r++) {
        rk_block to = { y.data + r * y.ld, y.ld, 1, y.cols };

        if (start.data != y.data)
            memcpy(to.data, start.data + r * start.ld, (size_t)y.cols * sizeof *to.data);
        for (int k = part->first; k < part->last; k++)
            add_bag(part, &part->fold->all[k], to, r);
    }
    return (rk_layer_start){ .data = y.data, .ld = y.ld };
}

static bool at_most_one_id(const rk_column *column, int64_t n_rows)
{
    int64_t other = 0;

    for (int64_t r = 0; r < n_rows; r++)
        other |= (column->offsets[r + 1] - column->offsets[r]) & ~(int64_t)1;
    return other == 0 && !column->weights;
}

/* One id is multiplied with 1, whatever the combiner. */
static void put_rows(const rk_fold_part *part, int64_t n_rows)
{
    int n = part->last - part->first;

    for (int k = 0; k < n; k++) {
        const rk_folded *folded = &part->fold->all[part->first + k];
        const rk_column *column = &part->columns[folded->input];
        const int64_t *offsets = column->offsets;

        for (int64_t r = 0; r < n_rows; r++) {
            int64_t id = offsets[r] < offsets[r + 1] ? column->ids[offsets[r]] : folded->n_ids;

            part->rows[r * n + k] = folded->rows + id * part->fold->ld;
        }
    }
}

rk_layer_start rk_fold_add(const rk_fold_part *part, rk_block y, rk_layer_start start)
{
    for (int k = part->first; k < part->last; k++)
        if (!at_most_one_id(&part->columns[part->fold->all[k].input], y.rows))
            return add_bags(part, y, start);
    put_rows(part, y.rows);
    start.added = part->rows;
    start.n_added = part->last - part->first;
    return start;
}
