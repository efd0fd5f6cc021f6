/* Moving all rows of a table, where the optimizer moves rows without a gradient too.
 *
 * A row that no batch has touched has slots of zero, and an update without a gradient leaves such a row as it is. So a
 * bit per row tells which rows are awake, and the others cost an eighth of a byte instead of a pass over weights and
 * slots. The bits follow from the slots: they are not saved, but read off the slots again after anybody else had them
 * in hand (a checkpoint that was loaded or written). "Zero" means all bits, since -0 would become 0.
 *
 * Pieces begin and end at whole words, so threads never share one.
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

static void wake(uint64_t *awake, int64_t row)
{
    awake[row / RK_AWAKE_BITS] |= (uint64_t)1 << row % RK_AWAKE_BITS;
}

/* Set the bits of the rows of a piece from their slots. */
static void find_awake(const rk_updater *updater, const rk_piece *piece)
{
    const rk_update_part *part = &updater->parts[piece->part];
    int64_t dim = rk_graph_table_at(updater->graph, piece->target)->dim;
    uint64_t *awake = updater->awake[piece->target];

    memset(awake + piece->begin / RK_AWAKE_BITS, 0,
           (size_t)((piece->end - piece->begin + RK_AWAKE_BITS - 1) / RK_AWAKE_BITS) * sizeof *awake);
    for (int i = 0; i < part->def->n_slots; i++) {
        const float *slot = updater->slots[part->first_slot + i].tables[piece->target];

        for (int64_t row = piece->begin; row < piece->end; row++)
            if (!is_zero(slot + row * dim, dim))
                wake(awake, row);
    }
}

/* First row of [row, end) whose bit is `set`; end when there is none. */
static int64_t find_row(const uint64_t *awake, int64_t row, int64_t end, bool set)
{
    while (row < end) {
        uint64_t word = awake[row / RK_AWAKE_BITS];
        uint64_t left = (set ? word : ~word) >> row % RK_AWAKE_BITS;

        if (left) {
            row += __builtin_ctzll(left);
            return row < end ? row : end;
        }
        row += RK_AWAKE_BITS - row % RK_AWAKE_BITS;
    }
    return end;
}

/* A walk over the rows of a piece. */
typedef struct walk {
    const rk_updater *updater;
    const rk_piece *piece;
    const float *blocks[1 + RK_MAX_SLOTS]; /* the table and its slots */
    int n_blocks;
    int64_t dim, fetched; /* rows that were asked for end here */
} walk;

static walk walk_begin(const rk_updater *updater, const rk_piece *piece)
{
    const rk_update_part *part = &updater->parts[piece->part];
    walk w = { .updater = updater, .piece = piece, .n_blocks = 1 + part->def->n_slots, .fetched = piece->begin };

    w.dim = rk_graph_table_at(updater->graph, piece->target)->dim;
    w.blocks[0] = updater->weights->tables[piece->target];
    for (int i = 0; i < part->def->n_slots; i++)
        w.blocks[1 + i] = updater->slots[part->first_slot + i].tables[piece->target];
    return w;
}

/* Rows that are awake lie scattered, so that the processor does not foresee them: ask for those up to `row` and a bit
 * further. */
static void fetch_ahead(walk *w, int64_t row)
{
    enum { AHEAD = 64, LINE = 16 };
    int64_t end = row + AHEAD < w->piece->end ? row + AHEAD : w->piece->end;
    const uint64_t *awake = w->updater->awake[w->piece->target];

    for (; (w->fetched = find_row(awake, w->fetched, end, true)) < end; w->fetched++)
        for (int64_t d = 0; d < w->dim; d += LINE)
            for (int i = 0; i < w->n_blocks; i++)
                __builtin_prefetch(w->blocks[i] + w->fetched * w->dim + d, 1);
}

/* Rows [row, end) have no gradient: each stretch of those that are awake moves in one run. */
static void coast(walk *w, int64_t row, int64_t end)
{
    const uint64_t *awake = w->updater->awake[w->piece->target];
    rk_update_target to = { w->piece->part, w->piece->target };
    int64_t first;

    while ((first = find_row(awake, row, end, true)) < end) {
        fetch_ahead(w, first);
        row = find_row(awake, first, end, false);
        rk_updater_move(w->updater, to, first * w->dim, (row - first) * w->dim, NULL);
        w->fetched = w->fetched > row ? w->fetched : row;
    }
}

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

void rk_updater_sweep(const rk_updater *updater, const rk_piece *piece)
{
    const rk_sparse *sparse = updater->of_table[piece->target];
    rk_update_target to = { piece->part, piece->target };
    int64_t row = piece->begin;
    walk w = walk_begin(updater, piece);

    if (!updater->awake_known)
        find_awake(updater, piece);
    if (!sparse)
        return;
    for (int64_t i = lower_bound(sparse, piece->begin); row < piece->end; i++) {
        int64_t next = i < sparse->n && sparse->rows[i] < piece->end ? sparse->rows[i] : piece->end;

        coast(&w, row, next);
        if (next < piece->end) {
            fetch_ahead(&w, next);
            rk_updater_move(updater, to, next * w.dim, w.dim, sparse->values + i * w.dim);
            wake(updater->awake[piece->target], next);
        }
        row = next + 1;
    }
}
