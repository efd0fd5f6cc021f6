/* A step of an executor: ids are checked and kernels packed, the forward pass, the losses; the backward pass, and the
 * chunks' gradients added up. What lies where: exec_state.h.
 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "error.h"
#include "exec_state.h"

enum { STRETCH = 1 << 11 }; /* floats of the slab reduction that are summed up at a time */

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

void rk_exec_before_reading(rk_exec *exec, rk_before_reading_fn fn, void *arg)
{
    exec->before_reading = fn;
    exec->before_reading_arg = arg;
}

/* ---- what comes before the passes: ids, packed kernels ---- */

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
static void prepare_lookup(rk_exec *exec, rk_lookup *l)
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

static rocket_status prepare(rk_exec *exec, bool training, rocket_error *err)
{
    rk_exec_run_pieces(exec, exec->n_lookups + (training ? 2 * exec->n_packers : 0), prepare_piece);
    for (int i = 0; i < exec->n_lookups; i++)
        if (exec->lookups[i].bad_ids)
            return ids_check(exec, rk_graph_node(exec->graph, exec->lookups[i].node), err);
    return ROCKET_OK;
}

/* ---- forward ---- */

static rocket_status losses_collect(rk_exec *exec, uint64_t step, rocket_error *err)
{
    for (int i = 0; i < rk_graph_n_losses(exec->graph); i++) {
        double sum = 0;

        if (!rk_exec_loss_is_ready(exec, i))
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

rocket_status rk_exec_forward(rk_exec *exec, int64_t n_rows, bool training, uint64_t step, rocket_error *err)
{
    bool gradients = training && exec->options.gradients;

    assert(n_rows > 0);
    exec->diverged = false;
    RK_TRY(rk_exec_bind(exec, n_rows, training, step, err));
    RK_TRY(prepare(exec, training, err));
    if (exec->before_reading)
        exec->before_reading(exec->before_reading_arg, gradients ? exec->reading : NULL, exec->plan->n_tables);
    exec->has_run = true;
    rk_exec_run_pass(exec, training ? &exec->plan->training : &exec->plan->inference);
    return losses_collect(exec, step, err);
}

/* ---- backward ---- */

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
static double sum_segment(rk_exec *exec, const rk_segment *s)
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
        RK_FAIL_IF(!rk_exec_loss_is_ready(exec, i), FAILED, err, "%s has no gradient: not all of its inputs were fed",
                   exec->loss_ios[i].loss->name);
    for (int chunk = 0; chunk < exec->n_chunks; chunk++)
        zero_shared_params(exec, chunk);
    rk_exec_run_pass(exec, &exec->plan->backward);
    rk_exec_run_pieces(exec, exec->plan->n_tables + exec->n_segments, sum_piece);
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
