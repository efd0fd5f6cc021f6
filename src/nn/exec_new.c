/* An executor's memory: all that does not depend on the batch, laid out once. */
#include <math.h>

#include "error.h"
#include "exec_state.h"
#include "mem.h"
#include "plan_passing.h"

enum { SEGMENT = 1 << 14 }; /* floats that one piece of the slab reduction sums up */
enum { ROW_ALIGN = 8 };     /* floats of a vector register */

static void *exec_alloc(rk_exec *exec, int n, size_t size)
{
    return rk_arena_alloc(&exec->arena, n > 0 ? (size_t)n : 1, size);
}

static int64_t row_step(int64_t width)
{
    return width <= ROW_ALIGN ? width : (width + ROW_ALIGN - 1) / ROW_ALIGN * ROW_ALIGN;
}

/* Columns of the slabs. Memory of an input is its column's. */
static void lay_out(rk_exec *exec)
{
    const rk_plan *plan = exec->plan;

    for (int id = 0; id < rk_graph_n_nodes(exec->graph); id++) {
        exec->lds[id] = row_step(plan->widths[id]);
        if (rk_graph_node(exec->graph, id)->kind != RK_NODE_OP)
            continue;
        if (plan->values[id].owner == id && !plan->passing[id]) {
            exec->value_at[id] = exec->value_row;
            exec->value_row += (size_t)exec->lds[id];
        }
        if (plan->gradients[id].owner == id && !plan->passing_gradients[id]) {
            exec->gradient_at[id] = exec->gradient_row;
            exec->gradient_row += (size_t)exec->lds[id];
        }
    }
}

static bool passing_init(rk_exec *exec)
{
    size_t n_threads = exec->options.pool ? (size_t)rk_pool_threads(exec->options.pool) : 1;
    size_t *room = exec_alloc(exec, rk_plan_n_tasks(exec->plan), sizeof *room);

    if (!room)
        return false;
    exec->passing_row = rk_plan_place_passing(exec->plan, exec->lds, exec->value_at, exec->gradient_at, room);
    exec->passing_slab = rk_alloc(n_threads * RK_PIECE_ROWS * exec->passing_row, sizeof *exec->passing_slab);
    return exec->passing_slab || exec->passing_row == 0;
}

/* Where a node finds its parameters and, in the first chunk's slab, their gradients. */
static void params_init(const rk_exec *exec, rk_op_io *io)
{
    const rk_node *node = io->node;
    bool has_gradient = exec->chunk_slabs && exec->plan->gradients[node->id].owner >= 0;
    int no_gradient = exec->plan->offset_lost[node->id] ? node->op->offset_param : -1;

    for (int i = 0; i < node->n_params; i++) {
        const rk_param *param = rk_graph_param_at(exec->graph, node->params[i]);

        io->params[i] = exec->weights->dense + param->offset;
        io->add_params[i] = exec->plan->shared_params[node->params[i]];
        if (param->trainable && has_gradient && i != no_gradient)
            io->dparams[i] = exec->chunk_slabs + param->offset;
    }
}

/* Room for n floats from a cache line on. */
static float *aligned_floats(rk_exec *exec, size_t n)
{
    enum { LINE = 64 };
    char *room = rk_arena_alloc(&exec->arena, n * sizeof(float) + LINE, 1);

    return room ? (float *)(room + (LINE - (uintptr_t)room % LINE) % LINE) : NULL;
}

/* Room for the kernel of a node, and its transpose, as products want them. */
static void packs_init(rk_exec *exec, rk_op_io *io)
{
    int64_t in = io->widths[0], out = exec->plan->widths[io->node->id];

    exec->packers[exec->n_packers++] = io->node->id;
    io->packed[0] = aligned_floats(exec, rk_packed_size(in, out));
    io->packed[1] = aligned_floats(exec, rk_packed_size(out, in));
}

/* What of a node's io never changes. */
static bool io_init(rk_exec *exec, const rk_node *node)
{
    rk_op_io *io = &exec->ios[node->id];
    rk_tensor *x = exec_alloc(exec, node->n_inputs, sizeof *x), *dx = exec_alloc(exec, node->n_inputs, sizeof *dx);
    const rk_column **ids = exec_alloc(exec, node->n_inputs, sizeof *ids);
    int64_t *widths = exec_alloc(exec, node->n_inputs, sizeof *widths);

    if (rk_arena_failed(&exec->arena))
        return false;
    for (int i = 0; i < node->n_inputs; i++)
        widths[i] = exec->plan->widths[node->inputs[i]];
    *io = (rk_op_io){ .node = node, .backend = exec->options.backend, .seed = exec->options.seed };
    io->n_inputs = node->n_inputs;
    io->x = x;
    io->dx = dx;
    io->ids = ids;
    io->widths = widths;
    io->add = exec->plan->add[node->id];
    io->slope = exec->plan->rectifiers[node->id] < 0
                    ? 1
                    : rk_graph_node(exec->graph, exec->plan->rectifiers[node->id])->op->slope;
    if (node->op->partial_size)
        io->partial = exec_alloc(exec, RK_CHUNKS * (int)node->op->partial_size(node), sizeof *io->partial);
    if (node->op->shared_size)
        io->shared = exec_alloc(exec, (int)node->op->shared_size(node), sizeof *io->shared);
    params_init(exec, io);
    if (node->op->packs_kernel && exec->options.gradients)
        packs_init(exec, io);
    if (node->table >= 0)
        io->table = exec->weights->tables[node->table];
    return !rk_arena_failed(&exec->arena);
}

static bool loss_io_init(rk_exec *exec, int i)
{
    const rk_loss *loss = rk_graph_loss_at(exec->graph, i);
    rk_loss_io *io = &exec->loss_ios[i];

    io->loss = loss;
    io->backend = exec->options.backend;
    io->C = exec->plan->widths[loss->inputs[0]];
    io->x = exec_alloc(exec, loss->n_inputs, sizeof *io->x);
    io->dx = exec_alloc(exec, loss->n_inputs, sizeof *io->dx);
    return !rk_arena_failed(&exec->arena);
}

static bool segments_init(rk_exec *exec)
{
    size_t most = rk_graph_dense_size(exec->graph) / SEGMENT + (size_t)rk_graph_n_params(exec->graph);

    exec->segments = rk_arena_alloc(&exec->arena, most + 1, sizeof *exec->segments);
    for (int i = 0; exec->segments && i < rk_graph_n_params(exec->graph); i++) {
        const rk_param *param = rk_graph_param_at(exec->graph, i);
        int64_t size = rk_shape_size(&param->shape);

        for (int64_t first = 0; param->trainable && first < size; first += SEGMENT) {
            int64_t n = size - first < SEGMENT ? size - first : SEGMENT;

            exec->segments[exec->n_segments++] = (rk_segment){ param->offset + (size_t)first, n, (float)param->l2 };
        }
    }
    exec->squares = exec_alloc(exec, exec->plan->n_tables + exec->n_segments, sizeof *exec->squares);
    return exec->segments && exec->squares;
}

static bool gradients_init(rk_exec *exec)
{
    size_t size = rk_graph_dense_size(exec->graph);

    exec->chunk_slabs = rk_alloc(RK_CHUNKS * size, sizeof *exec->chunk_slabs);
    exec->dense_gradient = rk_alloc(size, sizeof *exec->dense_gradient);
    exec->tables = exec_alloc(exec, exec->plan->n_tables, sizeof *exec->tables);
    exec->reading = exec_alloc(exec, exec->plan->n_tables, sizeof *exec->reading);
    if (!exec->chunk_slabs || !exec->dense_gradient || !exec->tables || !exec->reading)
        return false;
    for (int i = 0; i < exec->plan->n_tables; i++) {
        const rk_node *node = rk_graph_node(exec->graph, exec->plan->tables[i]);

        exec->tables[i].sparse.table = node->table;
        exec->tables[i].sparse.dim = rk_graph_table_at(exec->graph, node->table)->dim;
        exec->reading[i] = &exec->tables[i].sparse;
    }
    return segments_init(exec);
}

static void lookups_init(rk_exec *exec)
{
    for (int id = 0; id < rk_graph_n_nodes(exec->graph); id++) {
        const rk_node *node = rk_graph_node(exec->graph, id);
        rk_lookup *l = &exec->lookups[exec->n_lookups];

        if (node->kind != RK_NODE_OP || node->table < 0)
            continue;
        *l = (rk_lookup){ .node = id, .table = -1 };
        for (int i = 0; i < exec->plan->n_tables; i++)
            if (exec->plan->tables[i] == id)
                l->table = i;
        exec->n_lookups++;
    }
}

static bool exec_init(rk_exec *exec)
{
    int n = rk_graph_n_nodes(exec->graph), n_losses = rk_graph_n_losses(exec->graph);

    exec->value_at = exec_alloc(exec, n, sizeof *exec->value_at);
    exec->gradient_at = exec_alloc(exec, n, sizeof *exec->gradient_at);
    exec->lds = exec_alloc(exec, n, sizeof *exec->lds);
    exec->fed = exec_alloc(exec, n, sizeof *exec->fed);
    exec->ready = exec_alloc(exec, n, sizeof *exec->ready);
    exec->values = exec_alloc(exec, n, sizeof *exec->values);
    exec->gradients = exec_alloc(exec, n, sizeof *exec->gradients);
    exec->ios = exec_alloc(exec, n, sizeof *exec->ios);
    exec->packers = exec_alloc(exec, n, sizeof *exec->packers);
    exec->lookups = exec_alloc(exec, n, sizeof *exec->lookups);
    exec->loss_ios = exec_alloc(exec, n_losses, sizeof *exec->loss_ios);
    exec->loss_parts = exec_alloc(exec, n_losses * RK_CHUNKS, sizeof *exec->loss_parts);
    exec->loss_values = exec_alloc(exec, n_losses, sizeof *exec->loss_values);
    if (rk_arena_failed(&exec->arena) || (exec->options.gradients && !gradients_init(exec)))
        return false;
    lay_out(exec);
    if (!passing_init(exec))
        return false;
    lookups_init(exec);
    for (int id = 0; id < n; id++)
        if (rk_graph_node(exec->graph, id)->kind == RK_NODE_OP && !io_init(exec, rk_graph_node(exec->graph, id)))
            return false;
    for (int i = 0; i < n_losses; i++) {
        exec->loss_values[i] = NAN;
        if (!loss_io_init(exec, i))
            return false;
    }
    return true;
}

rocket_status rk_exec_new(rk_exec **out, const rk_graph *graph, rk_weights *weights, const rk_exec_options *options,
                          rocket_error *err)
{
    rk_exec *exec = rk_alloc(1, sizeof *exec);
    rocket_status status;

    RK_FAIL_IF(!exec, FAILED, err, "out of memory for an executor");
    exec->graph = graph;
    exec->weights = weights;
    exec->options = *options;
    if (!exec->options.backend)
        exec->options.backend = rk_backend_best();
    rk_arena_init(&exec->arena, 0);
    status = rk_plan_new(&exec->plan, graph, &(rk_plan_options){ options->gradients, options->unfused }, err);
    if (status == ROCKET_OK && !exec_init(exec))
        status = rk_fail(err, ROCKET_FAILED, "out of memory for an executor");
    if (status == ROCKET_OK)
        *out = exec;
    else
        rk_exec_free(exec);
    return status;
}

void rk_exec_free(rk_exec *exec)
{
    if (!exec)
        return;
    for (int i = 0; exec->tables && i < exec->plan->n_tables; i++)
        rk_table_gradient_clear(&exec->tables[i]);
    rk_plan_free(exec->plan);
    rk_arena_clear(&exec->arena);
    rk_free(exec->chunk_slabs);
    rk_free(exec->dense_gradient);
    rk_free(exec->value_slab);
    rk_free(exec->gradient_slab);
    rk_free(exec->passing_slab);
    rk_free(exec);
}
