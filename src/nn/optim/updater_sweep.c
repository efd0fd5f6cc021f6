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

/* Rows [row, end) have no gradient: each stretch of those that are awake moves in one run. */
static void coast(const rk_updater *updater, const rk_piece *piece, int64_t row, int64_t end)
{
    const uint64_t *awake = updater->awake[piece->target];
    int64_t dim = rk_graph_table_at(updater->graph, piece->target)->dim, first;

    while ((first = find_row(awake, row, end, true)) < end) {
        row = find_row(awake, first, end, false);
        rk_updater_move(updater, (rk_update_target){ piece->part, piece->target }, first * dim, (row - first) * dim,
                        NULL);
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
    int64_t row = piece->begin;

    if (!updater->awake_known)
        find_awake(updater, piece);
    if (!sparse)
        return;
    for (int64_t i = lower_bound(sparse, piece->begin); row < piece->end; i++) {
        int64_t next = i < sparse->n && sparse->rows[i] < piece->end ? sparse->rows[i] : piece->end;

        coast(updater, piece, row, next);
        if (next < piece->end) {
            rk_updater_move(updater, (rk_update_target){ piece->part, piece->target }, next * sparse->dim, sparse->dim,
                            sparse->values + i * sparse->dim);
            wake(updater->awake[piece->target], next);
        }
        row = next + 1;
    }
}
