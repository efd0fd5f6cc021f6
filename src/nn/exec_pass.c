/* A pass of an executor: its stages one after the other, the chunks of a stage on the pool's threads, a chunk in pieces
 * that stay in cache. Passing rows have their place in the thread's memory, where a piece finds them.
 */
#include <string.h>

#include "exec_state.h"

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

static void run_piece(rk_exec *exec, chunk_piece piece)
{
    for (int i = 0; i < exec->stage->n_tasks; i++) {
        rk_task task = exec->stage->tasks[i];

        if (task.kind == RK_TASK_LOSS || task.kind == RK_TASK_LOSS_BACKWARD) {
            if (rk_exec_loss_is_ready(exec, task.id))
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

void rk_exec_run_pieces(rk_exec *exec, int n, void (*fn)(void *arg, int piece, int thread))
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

void rk_exec_run_pass(rk_exec *exec, const rk_pass *pass)
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
        rk_exec_run_pieces(exec, exec->n_chunks, run_chunk);
    }
}
