/* A batch of an executor: room for it, its chunks, and where each node and loss finds its rows.
 *
 * Chunks have at least RK_CHUNK_MIN_ROWS rows: a product of two rows costs nearly as much as one of sixteen. Their
 * number depends on the number of rows only.
 */
#include <math.h>

#include "error.h"
#include "exec_state.h"
#include "mem.h"

enum { CAPACITY_ALIGN = 16 }; /* rows: keeps every node's memory on a cache line */

/* Room for n_rows rows; what was in the slabs is lost. */
static rocket_status slabs_reserve(rk_exec *exec, int64_t n_rows, rocket_error *err)
{
    size_t capacity = (size_t)(n_rows + CAPACITY_ALIGN - 1) / CAPACITY_ALIGN * CAPACITY_ALIGN;
    float *values, *gradients;

    if (n_rows <= exec->capacity)
        return ROCKET_OK;
    values = rk_alloc(capacity * exec->value_row, sizeof *values);
    gradients = rk_alloc(capacity * exec->gradient_row, sizeof *gradients);
    if (!values || !gradients) {
        rk_free(values);
        rk_free(gradients);
        return rk_fail(err, ROCKET_FAILED, "out of memory for the activations of %lld rows", (long long)n_rows);
    }
    rk_free(exec->value_slab);
    rk_free(exec->gradient_slab);
    exec->value_slab = values;
    exec->gradient_slab = gradients;
    exec->capacity = (int64_t)capacity;
    return ROCKET_OK;
}

static rocket_status tables_reserve(rk_exec *exec, rocket_error *err)
{
    for (int i = 0; i < exec->plan->n_tables; i++) {
        const rk_node *node = rk_graph_node(exec->graph, exec->plan->tables[i]);
        const rk_column *column = exec->fed[node->inputs[0]];

        RK_FAIL_IF(column && !rk_table_gradient_reserve(&exec->tables[i], column, exec->n_rows), FAILED, err,
                   "out of memory for the gradient of %s", node->name);
    }
    return ROCKET_OK;
}

static void chunks_cut(rk_exec *exec, int64_t n_rows)
{
    exec->n_rows = n_rows;
    exec->chunk_rows = (n_rows + RK_CHUNKS - 1) / RK_CHUNKS;
    if (exec->chunk_rows < RK_CHUNK_MIN_ROWS)
        exec->chunk_rows = RK_CHUNK_MIN_ROWS;
    exec->n_chunks = (int)((n_rows + exec->chunk_rows - 1) / exec->chunk_rows);
}

/* Where a place is in this run. Passing rows have theirs in a piece only. */
static rk_tensor value_at(const rk_exec *exec, int id)
{
    rk_place place = exec->plan->values[id];
    const rk_column *column = exec->fed[place.owner];
    size_t first = exec->value_at[place.owner] * (size_t)exec->capacity;

    if (exec->plan->passing[place.owner])
        return (rk_tensor){ NULL, exec->lds[place.owner] };
    if (rk_graph_node(exec->graph, place.owner)->kind == RK_NODE_OP)
        return (rk_tensor){ exec->value_slab + first + place.column, exec->lds[place.owner] };
    if (column && column->kind == RK_COLUMN_FLOATS)
        return (rk_tensor){ column->values, column->width };
    return (rk_tensor){ 0 };
}

static rk_tensor gradient_at(const rk_exec *exec, int id)
{
    rk_place place = exec->plan->gradients[id];

    if (place.owner < 0 || exec->plan->passing_gradients[place.owner])
        return (rk_tensor){ NULL, place.owner < 0 ? 0 : exec->lds[place.owner] };
    return (rk_tensor){ exec->gradient_slab + exec->gradient_at[place.owner] * (size_t)exec->capacity + place.column,
                        exec->lds[place.owner] };
}

static bool all_ready(const rk_exec *exec, const int *ids, int n)
{
    for (int i = 0; i < n; i++)
        if (!exec->ready[ids[i]])
            return false;
    return true;
}

bool rk_exec_loss_is_ready(const rk_exec *exec, int i)
{
    const rk_loss *loss = exec->loss_ios[i].loss;

    return all_ready(exec, loss->inputs, loss->n_inputs);
}

/* Pointers of one node for this run. The arrays are the executor's own; io has them const for the ops' sake. */
static void node_bind(rk_exec *exec, const rk_node *node)
{
    rk_op_io *io = &exec->ios[node->id];
    rk_tensor *x = (rk_tensor *)(uintptr_t)io->x, *dx = (rk_tensor *)(uintptr_t)io->dx;
    const rk_column **ids = (const rk_column **)(uintptr_t)io->ids;

    for (int i = 0; i < node->n_inputs; i++) {
        x[i] = exec->values[node->inputs[i]];
        dx[i] = exec->gradients[node->inputs[i]];
        ids[i] = rk_graph_node(exec->graph, node->inputs[i])->kind == RK_NODE_IDS ? exec->fed[node->inputs[i]] : NULL;
    }
    io->y = exec->values[node->id];
    io->dy = exec->gradients[node->id];
    io->begin = 0;
    io->end = exec->n_rows;
    io->n_rows = exec->n_rows;
}

static void nodes_bind(rk_exec *exec, bool training, uint64_t step)
{
    for (int id = 0; id < rk_graph_n_nodes(exec->graph); id++) {
        const rk_node *node = rk_graph_node(exec->graph, id);

        exec->values[id] = value_at(exec, id);
        exec->gradients[id] = gradient_at(exec, id);
        exec->ready[id] =
            node->kind == RK_NODE_OP ? all_ready(exec, node->inputs, node->n_inputs) : exec->fed[id] != NULL;
        if (node->kind == RK_NODE_OP) {
            node_bind(exec, node);
            exec->ios[id].training = training;
            exec->ios[id].step = step;
        }
    }
}

/* What a loss is divided by: rows, or rows of non-zero weight. Without any, every term is 0 and 1 does. */
static double rows_that_count(const float *weights, int64_t n_rows)
{
    int64_t n = 0;

    if (!weights)
        return (double)n_rows;
    for (int64_t b = 0; b < n_rows; b++)
        n += weights[b] != 0;
    return n > 0 ? (double)n : 1;
}

static void losses_bind(rk_exec *exec)
{
    for (int i = 0; i < rk_graph_n_losses(exec->graph); i++) {
        rk_loss_io *io = &exec->loss_ios[i];
        const rk_loss *loss = io->loss;
        rk_tensor *x = (rk_tensor *)(uintptr_t)io->x, *dx = (rk_tensor *)(uintptr_t)io->dx;

        exec->loss_values[i] = NAN;
        if (!rk_exec_loss_is_ready(exec, i))
            continue;
        for (int k = 0; k < loss->n_inputs; k++) {
            x[k] = exec->values[loss->inputs[k]];
            dx[k] = exec->gradients[loss->inputs[k]];
        }
        io->weights = loss->n_inputs > loss->def->n_inputs ? x[loss->n_inputs - 1].data : NULL;
        io->n = rows_that_count(io->weights, exec->n_rows);
    }
}

rocket_status rk_exec_bind(rk_exec *exec, int64_t n_rows, bool training, uint64_t step, rocket_error *err)
{
    RK_TRY(slabs_reserve(exec, n_rows, err));
    chunks_cut(exec, n_rows);
    if (training && exec->options.gradients)
        RK_TRY(tables_reserve(exec, err));
    nodes_bind(exec, training, step);
    losses_bind(exec);
    return ROCKET_OK;
}
