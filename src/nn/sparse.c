/* Sparse gradients by sorting: (row, occurrence) pairs are radix-sorted by row, so equal rows stand together in batch
 * order, and summing them up is a bag-sum again, whose "table" is dy.
 *
 * Why not a hash table or a stamp per table row: the sort needs memory of the batch's size only, touches it in order,
 * leaves the rows ascending, and costs a few nanoseconds per id whatever the table. A sort by at most 11 bits at a
 * time needs one pass for tables up to 2,048 rows and two up to 4 million.
 *
 * Where ids have no weights of their own, all that is to be known of an occurrence is its row of the batch, so that
 * stands in the pair in its place, and nothing is looked up per occurrence but what a whole bag shares.
 */
#include "sparse.h"

#include <assert.h>
#include <string.h>

#include "mem.h"

enum { MOST_DIGIT_BITS = 11, OCCURRENCE_BITS = 32 };

/* Cut count values of size bytes off *at. */
static void *carve(char **at, int64_t count, size_t size)
{
    char *piece = *at;

    *at += (size_t)count * size;
    return piece;
}

/* Two more than the items: the end of the offsets, and row 0 with its zero gradient. One block for all arrays, widest
 * elements first; nothing is kept from before. sparse.dim is set by the owner beforehand. */
bool rk_table_gradient_reserve(rk_table_gradient *gradient, const rk_column *column, int64_t n_rows)
{
    rk_sparse *sparse = &gradient->sparse;
    int64_t n_items = column->offsets[n_rows] > n_rows ? column->offsets[n_rows] : n_rows;
    int64_t n = n_items + n_items / 4 + 2;
    size_t bytes = 5 * sizeof(int64_t) + (3 + (size_t)sparse->dim) * sizeof(float);
    char *at;

    assert(n < (int64_t)1 << OCCURRENCE_BITS);
    if (n_items + 2 <= sparse->capacity)
        return true;
    at = rk_alloc((size_t)n, bytes);
    if (!at)
        return false;
    rk_free(gradient->memory);
    gradient->memory = at;
    sparse->rows = carve(&at, n, sizeof *sparse->rows);
    gradient->keys[0] = carve(&at, n, sizeof *gradient->keys[0]);
    gradient->keys[1] = carve(&at, n, sizeof *gradient->keys[1]);
    gradient->offsets = carve(&at, n, sizeof *gradient->offsets);
    gradient->ids = carve(&at, n, sizeof *gradient->ids);
    sparse->values = carve(&at, n * sparse->dim, sizeof *sparse->values);
    gradient->weights = carve(&at, n, sizeof *gradient->weights);
    gradient->rows_of = carve(&at, n, sizeof *gradient->rows_of);
    gradient->weights_of = carve(&at, n, sizeof *gradient->weights_of);
    sparse->capacity = n;
    return true;
}

void rk_table_gradient_clear(rk_table_gradient *gradient)
{
    rk_free(gradient->memory);
    *gradient = (rk_table_gradient){ 0 };
}

static uint64_t pair(int64_t id, int64_t low)
{
    return (uint64_t)id << OCCURRENCE_BITS | (uint64_t)low;
}

/* Pairs of (id, occurrence), and of each occurrence which row of dy it takes, times what. Returns the greatest id;
 * *empty: a bag is empty. */
static uint64_t expand_weighted(rk_table_gradient *g, const rk_bag *bag, int64_t n_rows, bool *empty)
{
    uint64_t greatest = 0;

    for (int64_t r = 0; r < n_rows; r++) {
        float factor = rk_bag_factor(bag, r);

        *empty |= bag->offsets[r] == bag->offsets[r + 1];
        for (int64_t i = bag->offsets[r]; i < bag->offsets[r + 1]; i++) {
            uint64_t id = (uint64_t)bag->ids[i];

            greatest = id > greatest ? id : greatest;
            g->keys[0][i] = pair(bag->ids[i], i);
            g->rows_of[i] = (uint32_t)r;
            g->weights_of[i] = factor * bag->weights[i];
        }
    }
    return greatest;
}

/* Pairs of (id, row of dy), and what each row of dy is multiplied with. *plain: with 1 everywhere. */
static uint64_t expand_rows(rk_table_gradient *g, const rk_bag *bag, int64_t n_rows, bool *empty, bool *plain)
{
    uint64_t greatest = 0;

    for (int64_t r = 0; r < n_rows; r++) {
        int64_t begin = bag->offsets[r], end = bag->offsets[r + 1];

        *empty |= begin == end;
        *plain &= end - begin <= 1 || bag->combiner == RK_COMBINER_SUM;
        g->weights_of[r] = end - begin == 1 ? 1 : rk_bag_factor(bag, r);
        for (int64_t i = begin; i < end; i++) {
            uint64_t id = (uint64_t)bag->ids[i];

            greatest = id > greatest ? id : greatest;
            g->keys[0][i] = pair(bag->ids[i], r);
        }
    }
    return greatest;
}

/* One stable pass by the digit of so many bits at `shift`, from keys[0] to keys[1]; then the two change places. */
static void sort_pass(rk_table_gradient *g, int64_t n, int shift, int bits)
{
    uint32_t starts[1 << MOST_DIGIT_BITS];
    uint64_t *from = g->keys[0], *to = g->keys[1];
    uint64_t mask = ((uint64_t)1 << bits) - 1;
    uint32_t start = 0;

    memset(starts, 0, sizeof *starts << bits);
    for (int64_t i = 0; i < n; i++)
        starts[from[i] >> shift & mask]++;
    for (uint64_t d = 0; d <= mask; d++) {
        uint32_t count = starts[d];

        starts[d] = start;
        start += count;
    }
    for (int64_t i = 0; i < n; i++)
        to[starts[from[i] >> shift & mask]++] = from[i];
    g->keys[0] = to;
    g->keys[1] = from;
}

/* As few passes as there must be, of digits as short as that allows: a small batch then has few counters to go over. */
static void sort(rk_table_gradient *g, int64_t n, uint64_t greatest)
{
    int bits = greatest > 0 ? 64 - __builtin_clzll(greatest) : 0;
    int n_passes = (bits + MOST_DIGIT_BITS - 1) / MOST_DIGIT_BITS;

    for (int pass = 0, done = 0, digit; pass < n_passes; pass++, done += digit) {
        digit = (bits - done + n_passes - pass - 1) / (n_passes - pass);
        sort_pass(g, n, OCCURRENCE_BITS + done, digit);
    }
}

/* Sorted pairs to one bag per distinct row; ids [n] are what stood beside the rows. Returns the number of rows. Whether
 * a row is new cannot be foreseen, so there is no jump: every pair writes where its bag would end. */
static int64_t group(rk_table_gradient *g, int64_t n, bool row_0_too)
{
    const uint64_t *keys = g->keys[0];
    int64_t *rows = g->sparse.rows, *offsets = g->offsets;
    int64_t n_rows = 0, last = -1;

    offsets[0] = 0;
    if (row_0_too && (n == 0 || keys[0] >> OCCURRENCE_BITS > 0)) {
        rows[0] = last = 0;
        offsets[++n_rows] = 0;
    }
    for (int64_t i = 0; i < n; i++) {
        int64_t row = (int64_t)(keys[i] >> OCCURRENCE_BITS);

        n_rows += row != last;
        last = rows[n_rows - 1] = row;
        offsets[n_rows] = i + 1;
        g->ids[i] = (int64_t)(uint32_t)keys[i];
    }
    return n_rows;
}

void rk_table_gradient_rows(rk_table_gradient *out, const rk_column *column, int64_t n_rows, rk_combiner combiner)
{
    rk_bag forward = {
        .offsets = column->offsets, .ids = column->ids, .weights = column->weights, .combiner = combiner
    };
    int64_t n = column->offsets[n_rows];
    bool empty = false, weighted = column->weights != NULL;
    uint64_t greatest;

    out->plain = !weighted;
    greatest = weighted ? expand_weighted(out, &forward, n_rows, &empty)
                        : expand_rows(out, &forward, n_rows, &empty, &out->plain);
    sort(out, n, greatest);
    out->sparse.n = group(out, n, empty);
    for (int64_t i = 0; i < n && !out->plain; i++)
        out->weights[i] = out->weights_of[out->ids[i]];
    for (int64_t i = 0; i < n && weighted; i++)
        out->ids[i] = out->rows_of[out->ids[i]];
}

/* Some rows at a time, whose squares are summed while they are in the first-level cache. */
double rk_table_gradient_sum(rk_table_gradient *out, rk_block dy, const rk_backend *backend)
{
    enum { ROWS = 256 };
    rk_sparse *sparse = &out->sparse;
    rk_bag backward = { .source = dy.data, .ld = dy.ld, .ids = out->ids, .combiner = RK_COMBINER_SUM };
    double squares = 0;

    backward.weights = out->plain ? NULL : out->weights;
    for (int64_t first = 0; first < sparse->n; first += ROWS) {
        int64_t n = sparse->n - first < ROWS ? sparse->n - first : ROWS;
        rk_block rows = { sparse->values + first * sparse->dim, sparse->dim, n, sparse->dim };

        backward.offsets = out->offsets + first;
        backend->bag_sum(rows, &backward);
        squares += backend->square_sum(rows);
    }
    return squares;
}
