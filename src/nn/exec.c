/* Running a plan. Activations and gradients of all nodes stand in two slabs that grow with the largest batch; a chunk
 * is a range of rows of everything. Passing rows (plan.h) have room for one piece with each thread. What a chunk of a
 * batch adds to the parameters' gradient goes to a slab of its own, and the slabs are added up in chunk order at the
 * end, so no bit depends on which thread was faster. A slab is not zeroed before: the first to write overwrites; what
 * nobody writes was zero from the start.
 *
 * Chunks have at least RK_CHUNK_MIN_ROWS rows: a product of two rows costs nearly as much as one of sixteen. Their
 * number depends on the number of rows only.
 */
#include "exec.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "loss.h"
#include "mem.h"
#include "op.h"
#include "plan_passing.h"

enum { SEGMENT = 1 << 14 };   /* floats that one piece of the slab reduction sums up */
enum { STRETCH = 1 << 11 };   /* floats of it that are summed up at a time */
enum { ROW_ALIGN = 8 };       /* floats of a vector register */
enum { CAPACITY_ALIGN = 16 }; /* rows: keeps every node's memory on a cache line */

/* A run of one trainable parameter. */
typedef struct segment {
    size_t offset;
    int64_t n;
    float l2;
} segment;

/* A node that looks rows of a table up. */
typedef struct lookup {
    int node;
    int table;    /* where its gradient is in exec->tables; -1: it has none */
    bool bad_ids; /* of this batch */
} lookup;

struct rk_exec {
    const rk_graph *graph;
    rk_weights *weights;
    rk_exec_options options;
    rk_plan *plan;
    rk_arena arena; /* the arrays below, but for the slabs */

    int64_t capacity; /* rows that the slabs have room for */
    float *value_slab, *gradient_slab;
    size_t value_row, gradient_row; /* floats per row of all nodes together */
    float *passing_slab;            /* [threads, RK_PIECE_ROWS, passing_row] */
    size_t passing_row;
    size_t *value_at, *gradient_at; /* [n_nodes] of an owner, in floats per row of its slab */
    int64_t *lds;                   /* [n_nodes] row step of an owner's memory */

    const rk_column **fed;            /* [n_nodes] */
    bool *ready;                      /* [n_nodes] it can be computed from what was fed */
    rk_tensor *values, *gradients;    /* [n_nodes] */
    rk_op_io *ios;                    /* [n_nodes] all but what differs between chunks */
    rk_loss_io *loss_ios;             /* [n_losses] */
    double *loss_parts, *loss_values; /* [n_losses, RK_CHUNKS], [n_losses] */
    bool diverged;                    /* a loss of the last batch is not finite */

    int *packers; /* nodes whose kernels are packed anew for each training batch */
    lookup *lookups;
    int n_packers, n_lookups;

    float *chunk_slabs;    /* [RK_CHUNKS, dense_size] */
    float *dense_gradient; /* [dense_size] */
    segment *segments;
    int n_segments;
    double *squares;           /* [plan->n_tables + n_segments] of the parts of the gradient, summed */
    rk_table_gradient *tables; /* [plan->n_tables] */
    rk_sparse **reading;       /* [plan->n_tables] of tables */
    rk_before_reading_fn before_reading;
    void *before_reading_arg;

    int64_t n_rows, chunk_rows;
    int n_chunks;
    bool has_run;
    const rk_stage *stage; /* that runs now */
    bool backwards;        /* from the last chunk to the first */
};

/* ---- making ---- */

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

            exec->segments[exec->n_segments++] = (segment){ param->offset + (size_t)first, n, (float)param->l2 };
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
        lookup *l = &exec->lookups[exec->n_lookups];

        if (node->kind != RK_NODE_OP || node->table < 0)
            continue;
        *l = (lookup){ .node = id, .table = -1 };
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

/* ---- before a run ---- */

void rk_exec_feed(rk_exec *exec, int id, const rk_column *column)
{
    const rk_node *node = rk_graph_node(exec->graph, id);

    assert(node->kind == RK_NODE_IDS ? column->kind == RK_COLUMN_IDS
                                     : node->kind == RK_NODE_FLOATS && column->kind == RK_COLUMN_FLOATS &&
                                           column->width == exec->plan->widths[id]);
    (void)node;
    if (exec->has_run)
        memset(exec->fed, 0, (size_t)rk_graph_n_nodes(exec->graph) * sizeof *exec->fed);
    exec->has_run = false;
    exec->fed[id] = column;
}

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
        if (!all_ready(exec, loss->inputs, loss->n_inputs))
            continue;
        for (int k = 0; k < loss->n_inputs; k++) {
            x[k] = exec->values[loss->inputs[k]];
            dx[k] = exec->gradients[loss->inputs[k]];
        }
        io->weights = loss->n_inputs > loss->def->n_inputs ? x[loss->n_inputs - 1].data : NULL;
        io->n = rows_that_count(io->weights, exec->n_rows);
    }
}

/* ---- running ---- */

static void zero_rows(rk_block rows)
{
    for (int64_t r = 0; r < rows.rows; r++)
        memset(rows.data + r * rows.ld, 0, (size_t)rows.cols * sizeof *rows.data);
}

/* Some rows of a chunk. */
typedef struct chunk_piece {
    int chunk, thread;
    int64_t begin, end;
    bool first; /* of the chunk */
} chunk_piece;

/* The io of a node for one piece. x and dx: those of nodes with one input, which may be passing. */
typedef struct piece_io {
    rk_op_io io;
    rk_tensor x, dx;
} piece_io;

/* Passing rows of a piece, at what offset they have in the thread's memory: row `begin` is its first. */
static void bind_passing(const rk_exec *exec, rk_tensor *rows, size_t at, chunk_piece piece)
{
    float *memory = exec->passing_slab + (size_t)piece.thread * RK_PIECE_ROWS * exec->passing_row;

    rows->data = memory + at * RK_PIECE_ROWS - piece.begin * rows->ld;
}

static void bind_passing_value(const rk_exec *exec, rk_tensor *rows, int id, chunk_piece piece)
{
    int owner = exec->plan->values[id].owner;

    if (exec->plan->passing[owner])
        bind_passing(exec, rows, exec->value_at[owner], piece);
}

static void bind_passing_gradient(const rk_exec *exec, rk_tensor *rows, int id, chunk_piece piece)
{
    if (exec->plan->passing_gradients[id])
        bind_passing(exec, rows, exec->gradient_at[id], piece);
}

static void bind_piece(const rk_exec *exec, piece_io *out, int id, chunk_piece piece)
{
    int input = out->io.node->inputs[0];

    bind_passing_value(exec, &out->io.y, id, piece);
    bind_passing_gradient(exec, &out->io.dy, id, piece);
    if (out->io.n_inputs != 1)
        return;
    out->x = out->io.x[0];
    out->dx = out->io.dx[0];
    out->io.x = &out->x;
    out->io.dx = &out->dx;
    bind_passing_value(exec, &out->x, input, piece);
    bind_passing_gradient(exec, &out->dx, input, piece);
}

static void piece_io_init(piece_io *out, const rk_exec *exec, int id, chunk_piece piece)
{
    rk_op_io *io = &out->io;
    size_t slab = (size_t)piece.chunk * rk_graph_dense_size(exec->graph);

    *io = exec->ios[id];
    if (!io->training)
        io->packed[0] = NULL; /* of the weights before the last step */
    io->begin = piece.begin;
    io->end = piece.end;
    for (int i = 0; i < io->node->n_params; i++) {
        io->add_params[i] |= !piece.first;
        if (io->dparams[i])
            io->dparams[i] += slab;
    }
    if (io->node->op->partial_size)
        io->partial += (size_t)piece.chunk * io->node->op->partial_size(io->node);
    bind_piece(exec, out, id, piece);
}

static void run_reduce(const rk_op_io *io, rk_task task, chunk_piece piece)
{
    if (piece.first)
        memset(io->partial, 0, io->node->op->partial_size(io->node) * sizeof *io->partial);
    if (task.kind == RK_TASK_REDUCE)
        io->node->op->reduce(io);
    else
        io->node->op->reduce_backward(io);
}

static void run_node(const rk_exec *exec, rk_task task, chunk_piece piece)
{
    piece_io at;

    piece_io_init(&at, exec, task.id, piece);
    if (task.kind == RK_TASK_REDUCE || task.kind == RK_TASK_REDUCE_BACKWARD)
        run_reduce(&at.io, task, piece);
    else if (task.kind == RK_TASK_FORWARD)
        at.io.node->op->forward(&at.io);
    else if (task.kind == RK_TASK_BACKWARD)
        at.io.node->op->backward(&at.io);
    else
        zero_rows(rk_rows(at.io.dy, piece.begin, piece.end, exec->plan->widths[task.id]));
}

static void run_loss(rk_exec *exec, rk_task task, chunk_piece piece)
{
    rk_loss_io io = exec->loss_ios[task.id];
    double *part = &exec->loss_parts[task.id * RK_CHUNKS + piece.chunk];

    io.begin = piece.begin;
    io.end = piece.end;
    if (task.kind == RK_TASK_LOSS)
        *part = (piece.first ? 0 : *part) + io.loss->def->forward(&io);
    else
        io.loss->def->backward(&io);
}

static bool loss_is_ready(const rk_exec *exec, int i)
{
    const rk_loss *loss = exec->loss_ios[i].loss;

    return all_ready(exec, loss->inputs, loss->n_inputs);
}

static void run_piece(rk_exec *exec, chunk_piece piece)
{
    for (int i = 0; i < exec->stage->n_tasks; i++) {
        rk_task task = exec->stage->tasks[i];

        if (task.kind == RK_TASK_LOSS || task.kind == RK_TASK_LOSS_BACKWARD) {
            if (loss_is_ready(exec, task.id))
                run_loss(exec, task, piece);
        } else if (exec->ready[task.id]) {
            run_node(exec, task, piece);
        }
    }
}

/* Piece i of a stage. Every other stage goes over the chunks backwards: it begins with what the last one left in cache.
 */
static void run_chunk(void *arg, int i, int thread)
{
    rk_exec *exec = arg;
    int chunk = exec->backwards ? exec->n_chunks - 1 - i : i;
    int64_t begin = chunk * exec->chunk_rows;
    int64_t n = exec->n_rows - begin < exec->chunk_rows ? exec->n_rows - begin : exec->chunk_rows;
    int64_t n_pieces = (n + RK_PIECE_ROWS - 1) / RK_PIECE_ROWS;

    for (int64_t k = 0; k < n_pieces; k++)
        run_piece(exec,
                  (chunk_piece){ chunk, thread, begin + n * k / n_pieces, begin + n * (k + 1) / n_pieces, k == 0 });
}

static void run_pieces(rk_exec *exec, int n, void (*fn)(void *arg, int piece, int thread))
{
    if (exec->options.pool && n > 1) {
        rk_pool_run(exec->options.pool, n, fn, exec);
        return;
    }
    for (int piece = 0; piece < n; piece++)
        fn(exec, piece, 0);
}

/* All chunks' partial sums, in chunk order, become the first one's. */
static void add_up_partials(const rk_exec *exec, const rk_op_io *io)
{
    size_t n = io->node->op->partial_size(io->node);

    for (int chunk = 1; chunk < exec->n_chunks; chunk++)
        for (size_t i = 0; i < n; i++)
            io->partial[i] += io->partial[(size_t)chunk * n + i];
}

static void run_pass(rk_exec *exec, const rk_pass *pass)
{
    bool backward = pass == &exec->plan->backward;

    for (int s = 0; s < pass->n_stages; s++) {
        exec->stage = &pass->stages[s];
        exec->backwards = !exec->backwards;
        for (int i = 0; i < exec->stage->n_combines; i++) {
            const rk_op_io *io = &exec->ios[exec->stage->combines[i]];

            if (!exec->ready[io->node->id])
                continue;
            if (io->training)
                add_up_partials(exec, io);
            if (backward)
                io->node->op->combine_backward(io);
            else
                io->node->op->combine(io);
        }
        run_pieces(exec, exec->n_chunks, run_chunk);
    }
}

static rocket_status losses_collect(rk_exec *exec, uint64_t step, rocket_error *err)
{
    for (int i = 0; i < rk_graph_n_losses(exec->graph); i++) {
        double sum = 0;

        if (!loss_is_ready(exec, i))
            continue;
        for (int chunk = 0; chunk < exec->n_chunks; chunk++)
            sum += exec->loss_parts[i * RK_CHUNKS + chunk];
        exec->loss_ios[i].sum = sum;
        if (exec->loss_ios[i].loss->def->whole)
            sum = exec->loss_ios[i].loss->def->whole(exec->loss_ios[i].loss, sum);
        exec->loss_values[i] = sum;
        exec->diverged = !isfinite(sum);
        RK_FAIL_IF(!isfinite(sum), FAILED, err, "%s is %s at step %llu", exec->loss_ios[i].loss->name,
                   isnan(sum) ? "nan" : "infinite", (unsigned long long)step);
    }
    return ROCKET_OK;
}

/* Ids that a table does not have would be read from beyond it, and a model file and its features may disagree. */
static rocket_status ids_check(const rk_exec *exec, const rk_node *node, rocket_error *err)
{
    const rk_column *column = exec->fed[node->inputs[0]];
    int64_t n_rows = rk_graph_table_at(exec->graph, node->table)->n_rows;

    for (int64_t i = 0; i < column->offsets[exec->n_rows]; i++)
        RK_FAIL_IF(column->ids[i] < 0 || column->ids[i] >= n_rows, DATA, err, "%s: id %lld, expected 0 .. %lld",
                   node->name, (long long)column->ids[i], (long long)n_rows - 1);
    return ROCKET_OK;
}

static bool has_bad_ids(const rk_exec *exec, const rk_node *node)
{
    const rk_column *column = exec->fed[node->inputs[0]];
    uint64_t n_rows = (uint64_t)rk_graph_table_at(exec->graph, node->table)->n_rows;
    bool bad = false;

    for (int64_t i = 0; i < column->offsets[exec->n_rows]; i++)
        bad |= (uint64_t)column->ids[i] >= n_rows;
    return bad;
}

/* A look-up's ids are looked at and, where it has a gradient, the rows sorted out that they name. */
static void prepare_lookup(rk_exec *exec, lookup *l)
{
    const rk_op_io *io = &exec->ios[l->node];
    bool fed = exec->ready[l->node];

    l->bad_ids = fed && has_bad_ids(exec, io->node);
    if (l->table < 0 || !io->training)
        return;
    exec->tables[l->table].sparse.n = 0;
    if (fed && !l->bad_ids)
        io->node->op->table_rows(io, &exec->tables[l->table]);
}

void rk_exec_before_reading(rk_exec *exec, rk_before_reading_fn fn, void *arg)
{
    exec->before_reading = fn;
    exec->before_reading_arg = arg;
}

/* Piece i: a kernel, or its transpose. */
static void pack_kernel(const rk_exec *exec, int i)
{
    const rk_op_io *io = &exec->ios[exec->packers[i / 2]];
    int64_t in = io->widths[0], out = exec->plan->widths[io->node->id];

    if (i % 2)
        rk_pack((float *)(uintptr_t)io->packed[1], (rk_matrix){ io->params[0], out, true }, out, in);
    else
        rk_pack((float *)(uintptr_t)io->packed[0], (rk_matrix){ io->params[0], out, false }, in, out);
}

static void prepare_piece(void *arg, int i, int thread)
{
    rk_exec *exec = arg;

    (void)thread;
    if (i < exec->n_lookups)
        prepare_lookup(exec, &exec->lookups[i]);
    else
        pack_kernel(exec, i - exec->n_lookups);
}

/* What comes before the stages: ids, and packed kernels. */
static rocket_status prepare(rk_exec *exec, bool training, rocket_error *err)
{
    run_pieces(exec, exec->n_lookups + (training ? 2 * exec->n_packers : 0), prepare_piece);
    for (int i = 0; i < exec->n_lookups; i++)
        if (exec->lookups[i].bad_ids)
            return ids_check(exec, rk_graph_node(exec->graph, exec->lookups[i].node), err);
    return ROCKET_OK;
}

rocket_status rk_exec_forward(rk_exec *exec, int64_t n_rows, bool training, uint64_t step, rocket_error *err)
{
    bool gradients = training && exec->options.gradients;

    assert(n_rows > 0);
    exec->diverged = false;
    RK_TRY(slabs_reserve(exec, n_rows, err));
    chunks_cut(exec, n_rows);
    if (gradients)
        RK_TRY(tables_reserve(exec, err));
    nodes_bind(exec, training, step);
    RK_TRY(prepare(exec, training, err));
    losses_bind(exec);
    if (exec->before_reading)
        exec->before_reading(exec->before_reading_arg, gradients ? exec->reading : NULL, exec->plan->n_tables);
    exec->has_run = true;
    run_pass(exec, training ? &exec->plan->training : &exec->plan->inference);
    return losses_collect(exec, step, err);
}

/* What several nodes add to has no first writer that could overwrite it. */
static void zero_shared_params(const rk_exec *exec, int chunk)
{
    for (int i = 0; i < rk_graph_n_params(exec->graph); i++) {
        const rk_param *param = rk_graph_param_at(exec->graph, i);
        float *gradient = exec->chunk_slabs + (size_t)chunk * rk_graph_dense_size(exec->graph) + param->offset;

        if (exec->plan->shared_params[i])
            memset(gradient, 0, (size_t)rk_shape_size(&param->shape) * sizeof *gradient);
    }
}

/* Gradient of one run of a parameter: the chunks' in order, then what L2 adds; in stretches that stay in cache. Returns
 * the sum of its squares. */
static double sum_segment(rk_exec *exec, const segment *s)
{
    const rk_backend *backend = exec->options.backend;
    size_t stride = rk_graph_dense_size(exec->graph);
    double squares = 0;

    for (int64_t first = 0; first < s->n; first += STRETCH) {
        size_t at = s->offset + (size_t)first;
        int64_t n = s->n - first < STRETCH ? s->n - first : STRETCH;
        rk_block sum = { exec->dense_gradient + at, n, 1, n }, part = { exec->chunk_slabs + at, n, 1, n };

        backend->copy(sum, part);
        for (int chunk = 1; chunk < exec->n_chunks; chunk++) {
            part.data += stride;
            backend->add_scaled(sum, part, 1);
        }
        part.data = exec->weights->dense + at;
        if (s->l2 > 0)
            backend->add_scaled(sum, part, s->l2);
        squares += backend->square_sum(sum);
    }
    return squares;
}

/* Tables first, since some are long. */
static void sum_piece(void *arg, int i, int thread)
{
    rk_exec *exec = arg;
    int n_tables = exec->plan->n_tables;

    (void)thread;
    if (i < n_tables) {
        const rk_op_io *io = &exec->ios[exec->plan->tables[i]];

        exec->squares[i] = io->node->op->backward_table(io, &exec->tables[i]);
    } else {
        exec->squares[i] = sum_segment(exec, &exec->segments[i - n_tables]);
    }
}

rocket_status rk_exec_backward(rk_exec *exec, rocket_error *err)
{
    assert(exec->options.gradients && exec->has_run);
    for (int i = 0; i < rk_graph_n_losses(exec->graph); i++)
        RK_FAIL_IF(!loss_is_ready(exec, i), FAILED, err, "%s has no gradient: not all of its inputs were fed",
                   exec->loss_ios[i].loss->name);
    for (int chunk = 0; chunk < exec->n_chunks; chunk++)
        zero_shared_params(exec, chunk);
    run_pass(exec, &exec->plan->backward);
    run_pieces(exec, exec->plan->n_tables + exec->n_segments, sum_piece);
    return ROCKET_OK;
}

/* ---- results ---- */

const float *rk_exec_value(const rk_exec *exec, int node, int64_t *ld)
{
    if (!exec->has_run || !exec->ready[node] || exec->plan->rectifiers[node] >= 0)
        return NULL;
    *ld = exec->values[node].ld;
    return exec->values[node].data;
}

const float *rk_exec_gradient(const rk_exec *exec, int node, int64_t *ld)
{
    assert(exec->options.unfused);
    *ld = exec->gradients[node].ld;
    return exec->gradients[node].data;
}

double rk_exec_loss(const rk_exec *exec, int loss)
{
    return exec->loss_values[loss];
}

bool rk_exec_diverged(const rk_exec *exec)
{
    return exec->diverged;
}

double rk_exec_l2(const rk_exec *exec)
{
    double total = 0;

    for (int i = 0; i < rk_graph_n_params(exec->graph); i++) {
        const rk_param *param = rk_graph_param_at(exec->graph, i);
        const float *w = exec->weights->dense + param->offset;
        double sum = 0;

        for (int64_t k = 0; param->l2 > 0 && k < rk_shape_size(&param->shape); k++)
            sum += (double)w[k] * (double)w[k];
        total += 0.5 * param->l2 * sum;
    }
    return total;
}

float *rk_exec_dense_gradient(rk_exec *exec)
{
    return exec->dense_gradient;
}

double rk_exec_gradient_squares(const rk_exec *exec)
{
    double sum = 0;

    for (int i = 0; i < exec->plan->n_tables + exec->n_segments; i++)
        sum += exec->squares[i];
    return sum;
}

int rk_exec_n_sparse(const rk_exec *exec)
{
    return exec->plan->n_tables;
}

rk_sparse *rk_exec_sparse(rk_exec *exec, int i)
{
    assert(i >= 0 && i < exec->plan->n_tables);
    return &exec->tables[i].sparse;
}
