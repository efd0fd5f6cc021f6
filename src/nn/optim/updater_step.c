/* One step of an rk_updater: measure the gradient, add up what shares a table, move the weights.
 *
 * The norm is upstream's: squares are summed over each look-up's own gradient, before the gradients of look-ups that
 * share a table are added up. It is always computed, since it is also the cheapest test for NaN and infinity: squares
 * of finite floats cannot overflow a double. Only then is anything moved. All partial sums are added in piece order,
 * and everything else is elementwise, so the bits do not depend on the threads.
 */
#include <assert.h>
#include <math.h>

#include "error.h"
#include "mem.h"
#include "updater_state.h"

void rk_updater_run_pieces(rk_updater *updater, int n, void (*fn)(void *arg, int piece, int thread))
{
    if (updater->pool)
        rk_pool_run(updater->pool, n, fn, updater);
    else
        for (int i = 0; i < n; i++)
            fn(updater, i, 0);
}

/* First row of the k-th piece of a sparse gradient. */
static int64_t share(const rk_sparse *sparse, int k)
{
    return sparse->n * k / RK_SPARSE_PIECES;
}

static double square_sum(const rk_updater *updater, float *g, int64_t n)
{
    return updater->backend->square_sum((rk_block){ g, n, 1, n });
}

static void scale_values(float *g, int64_t n, float factor)
{
    for (int64_t i = 0; i < n; i++)
        g[i] *= factor;
}

/* Piece i of the norm: parameters first, then RK_SPARSE_PIECES of each sparse gradient, which take the multiplier. */
static void measure_piece(void *arg, int i, int thread)
{
    rk_updater *updater = arg;
    int s = (i - updater->n_dense_pieces) / RK_SPARSE_PIECES, k = (i - updater->n_dense_pieces) % RK_SPARSE_PIECES;

    (void)thread;
    if (i < updater->n_dense_pieces) {
        const rk_piece *piece = &updater->pieces[i];

        updater->partials[i] = square_sum(updater, updater->gradients->dense + piece->begin, piece->end - piece->begin);
    } else {
        rk_sparse *sparse = updater->gradients->sparse[s];
        int64_t begin = share(sparse, k) * sparse->dim, n = share(sparse, k + 1) * sparse->dim - begin;

        if (updater->multiplier != 1)
            scale_values(sparse->values + begin, n, updater->multiplier);
        updater->partials[i] = square_sum(updater, sparse->values + begin, n);
    }
}

/* The norm. Whoever made the gradient may know it already, but not that of one which a multiplier changes. */
static double measure(rk_updater *updater)
{
    int n = updater->n_dense_pieces + updater->gradients->n_sparse * RK_SPARSE_PIECES;
    double sum = 0;

    if (updater->gradients->squares && updater->multiplier == 1)
        return sqrt(*updater->gradients->squares);
    rk_updater_run_pieces(updater, n, measure_piece);
    for (int i = 0; i < n; i++)
        sum += updater->partials[i];
    return sqrt(sum);
}

static int64_t find_not_finite(const float *g, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(g[i]))
            return i;
    return -1;
}

/* Name the first parameter, else the first row of a table, whose gradient is not a number. */
static rocket_status not_finite(const rk_updater *updater, rocket_error *err)
{
    const rk_gradients *gradients = updater->gradients;

    for (int i = 0; i < updater->n_dense_pieces; i++) {
        const rk_piece *piece = &updater->pieces[i];
        const rk_param *param = rk_graph_param_at(updater->graph, piece->target);
        int64_t at = find_not_finite(gradients->dense + piece->begin, piece->end - piece->begin);

        RK_FAIL_IF(at >= 0, FAILED, err, "the gradient of %s is %g at value %lld", param->name,
                   (double)gradients->dense[piece->begin + at],
                   (long long)(piece->begin + at - (int64_t)param->offset));
    }
    for (int i = 0; i < gradients->n_sparse; i++) {
        const rk_sparse *sparse = gradients->sparse[i];
        int64_t at = find_not_finite(sparse->values, sparse->n * sparse->dim);

        RK_FAIL_IF(at >= 0, FAILED, err, "the gradient of %s is %g in row %lld",
                   rk_graph_table_at(updater->graph, sparse->table)->name, (double)sparse->values[at],
                   (long long)sparse->rows[at / sparse->dim]);
    }
    return rk_fail(err, ROCKET_FAILED, "the norm of the gradient is not finite");
}

static rocket_status reserve(rk_sparse *merged, int64_t n_rows, int64_t dim, rocket_error *err)
{
    int64_t capacity = n_rows + n_rows / 2;
    int64_t *rows;
    float *values;

    if (n_rows <= merged->capacity)
        return ROCKET_OK;
    rows = rk_realloc(merged->rows, (size_t)capacity, sizeof *rows);
    merged->rows = rows ? rows : merged->rows;
    values = rk_realloc(merged->values, (size_t)(capacity * dim), sizeof *values);
    merged->values = values ? values : merged->values;
    RK_FAIL_IF(!rows || !values, FAILED, err, "no memory for the gradient of a shared table (%lld rows)",
               (long long)capacity);
    merged->capacity = capacity;
    return ROCKET_OK;
}

/* Set of_table: the one gradient of a table as it is, or room for the sum of several. */
static rocket_status assign_tables(rk_updater *updater, rocket_error *err)
{
    const rk_gradients *gradients = updater->gradients;

    for (int t = 0; t < rk_graph_n_tables(updater->graph); t++) {
        rk_sparse *merged = &updater->merged[t];
        int64_t n_rows = 0;
        int n = 0;

        updater->of_table[t] = NULL;
        for (int i = 0; i < gradients->n_sparse; i++) {
            if (gradients->sparse[i]->table != t)
                continue;
            updater->of_table[t] = n++ == 0 ? gradients->sparse[i] : merged;
            n_rows += gradients->sparse[i]->n;
        }
        if (n < 2)
            continue;
        merged->table = t;
        merged->dim = rk_graph_table_at(updater->graph, t)->dim;
        RK_TRY(reserve(merged, n_rows, merged->dim, err));
    }
    return ROCKET_OK;
}

/* Smallest row that no cursor of the table has passed; -1 at the end. */
static int64_t next_row(const rk_updater *updater, int table)
{
    const rk_gradients *gradients = updater->gradients;
    int64_t row = -1;

    for (int i = 0; i < gradients->n_sparse; i++) {
        const rk_sparse *sparse = gradients->sparse[i];
        int64_t at = updater->cursors[i];

        if (sparse->table == table && at < sparse->n && (row < 0 || sparse->rows[at] < row))
            row = sparse->rows[at];
    }
    return row;
}

/* Sum of the look-ups' gradients of row, in node order. */
static void sum_row(rk_updater *updater, int table, int64_t row, float *sum)
{
    const rk_gradients *gradients = updater->gradients;

    for (int i = 0; i < gradients->n_sparse; i++) {
        const rk_sparse *sparse = gradients->sparse[i];
        int64_t at = updater->cursors[i];

        if (sparse->table != table || at >= sparse->n || sparse->rows[at] != row)
            continue;
        for (int64_t d = 0; d < sparse->dim; d++)
            sum[d] += sparse->values[at * sparse->dim + d];
        updater->cursors[i]++;
    }
}

static void merge_table(void *arg, int table, int thread)
{
    rk_updater *updater = arg;
    rk_sparse *merged = &updater->merged[table];

    (void)thread;
    if (updater->of_table[table] != merged)
        return;
    for (int i = 0; i < updater->gradients->n_sparse; i++)
        if (updater->gradients->sparse[i]->table == table)
            updater->cursors[i] = 0;
    merged->n = 0;
    for (int64_t row; (row = next_row(updater, table)) >= 0; merged->n++) {
        float *sum = merged->values + merged->n * merged->dim;

        for (int64_t d = 0; d < merged->dim; d++)
            sum[d] = 0;
        merged->rows[merged->n] = row;
        sum_row(updater, table, row, sum);
    }
}

rk_update_run rk_updater_run_of(const rk_updater *updater, rk_update_target target)
{
    const rk_update_part *part = &updater->parts[target.part];
    rk_update_run run = { .hyper = &part->hyper };

    run.w = target.table < 0 ? updater->weights->dense : updater->weights->tables[target.table];
    for (int i = 0; i < part->def->n_slots; i++) {
        const rk_update_slot *slot = &updater->slots[part->first_slot + i];

        run.slots[i] = target.table < 0 ? slot->dense : slot->tables[target.table];
    }
    return run;
}

/* Move a run by its gradient. */
static void move(const rk_updater *updater, int part, rk_update_run *run, float *g)
{
    run->g = g;
    if (updater->scale != 1)
        scale_values(g, run->n, updater->scale);
    updater->parts[part].def->update(run);
}

static void move_one_by_one(const rk_optimizer_def *def, const rk_update_rows *rows)
{
    enum { AHEAD = 8 };

    for (int64_t i = 0; i < rows->n; i++) {
        rk_update_run run = rk_updater_run_at(&rows->table, rows->rows[i] * rows->dim, rows->dim);

        if (i + AHEAD < rows->n)
            rk_updater_fetch(&rows->table, rows->rows[i + AHEAD] * rows->dim, rows->dim);
        run.g = rows->table.g + i * rows->dim;
        def->update(&run);
    }
}

/* The first step of a row whose slots are zero. Memory that nobody has used is written before it is read: otherwise the
 * kernel lends a page of zeros first and takes it back at the write, for which it interrupts all other processors. */
static void wake(const rk_updater *updater, const rk_update_rows *rows, int part, int64_t i)
{
    for (int k = 0; k < updater->parts[part].def->n_slots; k++)
        rows->table.slots[k][rows->rows[i] * rows->dim] = 0;
}

/* Rows that nobody has read before, as the updater knows it, catch up here; mostly there are none. */
static void move_touched(const rk_updater *updater, const rk_piece *piece)
{
    const rk_sparse *sparse = updater->of_table[piece->target];
    const rk_trail *trail = &updater->trails[piece->target];
    const rk_optimizer_def *def = updater->parts[piece->part].def;
    int64_t first = share(sparse, (int)piece->begin), n = share(sparse, (int)piece->begin + 1) - first;
    float *g = sparse->values + first * sparse->dim;
    rk_update_rows rows = { .rows = sparse->rows + first, .n = n, .dim = sparse->dim };

    rows.table = rk_updater_run_of(updater, (rk_update_target){ piece->part, piece->target });
    rows.table.g = g;
    for (int64_t i = 0; trail->seen && i < n; i++) {
        if (trail->seen[rows.rows[i]] == RK_AT_REST)
            wake(updater, &rows, piece->part, i);
        rk_updater_catch_up(updater, &rows.table, piece->target, rows.rows[i]);
    }
    if (updater->scale != 1)
        scale_values(g, n * sparse->dim, updater->scale);
    if (def->update_rows)
        def->update_rows(&rows);
    else
        move_one_by_one(def, &rows);
    for (int64_t i = 0; trail->seen && i < n; i++)
        trail->seen[rows.rows[i]] = (uint16_t)(trail->n + 1);
}

static void move_dense(const rk_updater *updater, const rk_piece *piece)
{
    rk_update_run slab = rk_updater_run_of(updater, (rk_update_target){ piece->part, -1 });
    rk_update_run run = rk_updater_run_at(&slab, piece->begin, piece->end - piece->begin);

    move(updater, piece->part, &run, updater->gradients->dense + piece->begin);
}

static void move_piece(void *arg, int i, int thread)
{
    const rk_updater *updater = arg;
    const rk_piece *piece = &updater->pieces[i];

    (void)thread;
    if (piece->kind == RK_PIECE_DENSE)
        move_dense(updater, piece);
    else if (updater->of_table[piece->target])
        move_touched(updater, piece);
}

/* A table that no look-up of this step has a gradient for does not move at all, as a variable that upstream finds no
 * gradient for. */
static void extend_trails(rk_updater *updater)
{
    bool full = false;

    for (int t = 0; t < rk_graph_n_tables(updater->graph); t++) {
        if (!updater->trails[t].seen || !updater->of_table[t])
            continue;
        rk_updater_extend_trail(updater, t);
        full |= updater->trails[t].n == RK_TRAIL;
    }
    if (full)
        rk_updater_settle(updater);
}

static void prepare_parts(rk_updater *updater, uint64_t step)
{
    for (int i = 0; i < updater->n_parts; i++) {
        rk_update_part *part = &updater->parts[i];

        part->hyper.rate = part->schedule->rate(part->schedule_options, step);
        if (part->def->prepare)
            part->def->prepare(&part->hyper, part->options, step);
    }
}

rocket_status rk_updater_apply(rk_updater *updater, const rk_gradients *gradients, uint64_t step, double *norm,
                               rocket_error *err)
{
    double before;

    assert(gradients->n_sparse <= updater->max_sparse);
    updater->gradients = gradients;
    before = measure(updater);
    if (!isfinite(before))
        return not_finite(updater, err);
    rk_updater_look_at_slots(updater);
    RK_TRY(assign_tables(updater, err));
    rk_updater_run_pieces(updater, rk_graph_n_tables(updater->graph), merge_table);
    updater->scale = updater->clip > 0 && before > updater->clip ? (float)(updater->clip / before) : 1;
    prepare_parts(updater, step);
    rk_updater_run_pieces(updater, updater->n_pieces, move_piece);
    extend_trails(updater);
    if (norm)
        *norm = before;
    return ROCKET_OK;
}

rocket_status rk_updater_step(rk_updater *updater, rk_exec *exec, uint64_t step, double *norm, rocket_error *err)
{
    rk_gradients gradients = { .dense = rk_exec_dense_gradient(exec), .n_sparse = rk_exec_n_sparse(exec) };
    double squares = rk_exec_gradient_squares(exec);

    assert(gradients.n_sparse <= updater->max_sparse);
    for (int i = 0; i < gradients.n_sparse; i++)
        updater->collected[i] = rk_exec_sparse(exec, i);
    gradients.sparse = updater->collected;
    gradients.squares = &squares;
    return rk_updater_apply(updater, &gradients, step, norm, err);
}
