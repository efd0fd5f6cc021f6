/* Rows of a table that move without a gradient too, made up for when somebody wants to see them.
 *
 * A row that no batch touches moves in a way that only depends on itself and on the numbers of each step. So a table
 * keeps a trail of its steps' numbers, and of each row how far on the trail it is; a row catches up when a batch is
 * about to read it, and all do when the table is saved or evaluated, or the trail is full. The optimizer takes any
 * number of steps in one call, in the same bits as one by one: what is saved against walking over whole tables at each
 * step is memory traffic, and the work of rows that have come to rest within their steps.
 *
 * A row whose slots are all zero does not move. Whether one is, is read off the slots once after anybody else had them
 * in hand (a checkpoint that was loaded); from then on a row is awake from its first gradient on. "Zero" means all
 * bits, since -0 would become 0.
 */
#include <string.h>

#include "updater_state.h"

static bool is_zero(const float *values, int64_t n)
{
    uint32_t any = 0;

    for (int64_t i = 0; i < n; i++) {
        uint32_t bits;

        memcpy(&bits, &values[i], sizeof bits);
        any |= bits;
    }
    return any == 0;
}

static void look_piece(void *arg, int i, int thread)
{
    const rk_updater *updater = arg;
    const rk_piece *piece = &updater->rest[i];
    rk_update_run table = rk_updater_run_of(updater, (rk_update_target){ piece->part, piece->target });
    int64_t dim = rk_graph_table_at(updater->graph, piece->target)->dim;
    uint16_t *seen = updater->trails[piece->target].seen;

    (void)thread;
    for (int64_t row = piece->begin; row < piece->end; row++) {
        seen[row] = RK_AT_REST;
        for (int k = 0; k < updater->parts[piece->part].def->n_slots; k++)
            if (!is_zero(table.slots[k] + row * dim, dim))
                seen[row] = 0;
    }
}

/* Trails are empty: rows are at rest, or at the start. */
void rk_updater_look_at_slots(rk_updater *updater)
{
    if (!updater->rest_known)
        rk_updater_run_pieces(updater, updater->n_rest, look_piece);
    updater->rest_known = true;
}

/* Rows [row, end) of a table stand where the first of them does: take them on to the end of the trail. */
static void coast(const rk_updater *updater, const rk_update_run *table, int t, int64_t row, int64_t end)
{
    const rk_trail *trail = &updater->trails[t];
    int64_t dim = rk_graph_table_at(updater->graph, t)->dim;
    int seen = trail->seen[row];
    rk_update_run run = rk_updater_run_at(table, row * dim, (end - row) * dim);
    rk_coasting steps = { trail->steps + seen, trail->n - seen, trail->peak };

    updater->parts[trail->part].def->coast(&run, &steps);
}

void rk_updater_catch_up(const rk_updater *updater, const rk_update_run *table, int t, int64_t row)
{
    const rk_trail *trail = &updater->trails[t];

    if (trail->seen[row] == RK_AT_REST || trail->seen[row] == trail->n)
        return;
    coast(updater, table, t, row, row + 1);
    trail->seen[row] = (uint16_t)trail->n;
}

/* ---- before a batch reads its rows ---- */

/* Where in a sparse gradient the rows from `row` on begin. */
static int64_t lower_bound(const rk_sparse *sparse, int64_t row)
{
    int64_t low = 0, high = sparse->n;

    while (low < high) {
        int64_t middle = low + (high - low) / 2;

        if (sparse->rows[middle] < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_behind(const rk_trail *trail, int64_t row)
{
    return trail->seen[row] != RK_AT_REST && trail->seen[row] != trail->n;
}

RK_PREFETCHING void fetch_behind(const rk_trail *trail, const rk_update_run *table, const rk_sparse *rows, int64_t i)
{
    enum { AHEAD = 8, FAR = 4 * AHEAD };

    if (i + FAR < rows->n)
        __builtin_prefetch(&trail->seen[rows->rows[i + FAR]]);
    if (i + AHEAD < rows->n && is_behind(trail, rows->rows[i + AHEAD]))
        rk_updater_fetch(table, rows->rows[i + AHEAD] * rows->dim, rows->dim);
}

/* Piece i: an RK_SPARSE_PIECES-th of the rows of a table, for all look-ups of it, so that no two pieces share a row. */
static void reach_piece(void *arg, int i, int thread)
{
    const rk_updater *updater = arg;
    int t = i / RK_SPARSE_PIECES, k = i % RK_SPARSE_PIECES;
    int64_t n_rows = rk_graph_table_at(updater->graph, t)->n_rows;
    int64_t first = n_rows * k / RK_SPARSE_PIECES, end = n_rows * (k + 1) / RK_SPARSE_PIECES;
    rk_update_run table;

    (void)thread;
    if (!updater->trails[t].seen || updater->trails[t].n == 0)
        return;
    table = rk_updater_run_of(updater, (rk_update_target){ updater->trails[t].part, t });
    for (int s = 0; s < updater->n_reading; s++) {
        const rk_sparse *rows = updater->reading[s];

        if (rows->table != t)
            continue;
        for (int64_t r = lower_bound(rows, first); r < rows->n && rows->rows[r] < end; r++) {
            fetch_behind(&updater->trails[t], &table, rows, r);
            rk_updater_catch_up(updater, &table, t, rows->rows[r]);
        }
    }
}

/* An executor is about to read these rows; NULL: any. */
static void before_reading(void *arg, rk_sparse *const *rows, int n)
{
    rk_updater *updater = arg;

    if (!rows) {
        rk_updater_settle(updater);
        return;
    }
    updater->reading = rows;
    updater->n_reading = n;
    rk_updater_run_pieces(updater, rk_graph_n_tables(updater->graph) * RK_SPARSE_PIECES, reach_piece);
}

void rk_updater_attach(rk_updater *updater, rk_exec *exec)
{
    rk_exec_before_reading(exec, before_reading, updater);
}

/* ---- all rows ---- */

static int64_t stretch(const uint16_t *seen, int64_t row, int64_t end)
{
    int64_t next = row + 1;

    while (next < end && seen[next] == seen[row])
        next++;
    return next;
}

static void settle_piece(void *arg, int i, int thread)
{
    const rk_updater *updater = arg;
    const rk_piece *piece = &updater->rest[i];
    const rk_trail *trail = &updater->trails[piece->target];
    rk_update_run table = rk_updater_run_of(updater, (rk_update_target){ piece->part, piece->target });
    int64_t next;

    (void)thread;
    for (int64_t row = piece->begin; row < piece->end; row = next) {
        next = stretch(trail->seen, row, piece->end);
        if (trail->seen[row] == RK_AT_REST)
            continue;
        if (is_behind(trail, row))
            coast(updater, &table, piece->target, row, next);
        memset(trail->seen + row, 0, (size_t)(next - row) * sizeof *trail->seen);
    }
}

/* All trails are empty then. */
void rk_updater_settle(rk_updater *updater)
{
    bool behind = false;

    for (int t = 0; t < rk_graph_n_tables(updater->graph); t++)
        behind |= updater->trails[t].n > 0;
    if (!behind)
        return;
    rk_updater_run_pieces(updater, updater->n_rest, settle_piece);
    for (int t = 0; t < rk_graph_n_tables(updater->graph); t++)
        updater->trails[t].n = 0;
}

void rk_updater_extend_trail(rk_updater *updater, int t)
{
    rk_trail *trail = &updater->trails[t];
    const rk_hyper *hyper = &updater->parts[trail->part].hyper;

    if (trail->n == 0)
        trail->peak = *hyper;
    for (int i = 0; i < RK_MAX_COEFFICIENTS; i++)
        trail->peak.c[i] = hyper->c[i] > trail->peak.c[i] ? hyper->c[i] : trail->peak.c[i];
    trail->peak.rate = hyper->rate > trail->peak.rate ? hyper->rate : trail->peak.rate;
    trail->steps[trail->n++] = *hyper;
}
