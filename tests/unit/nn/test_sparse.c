/* Sparse gradients against a plain sum into a whole table, in batch order: same bits in the reference sense, rows
 * ascending, and row 0 wherever a bag is empty. */
#include <math.h>
#include <string.h>

#include "mem.h"
#include "rk_test.h"
#include "rng.h"
#include "sparse.h"

enum { DIM = 5 };

typedef struct lookups {
    rk_column column;
    rk_block dy;
    int64_t n_table_rows;
} lookups;

/* full: no bag is empty. Ids crowd at both ends of the table. */
static lookups make_lookups(int64_t n_rows, int64_t n_table_rows, bool weighted, bool full)
{
    rk_rng rng = rk_rng_at(3, RK_RNG_TEST, (uint64_t)n_rows, (uint64_t)n_table_rows);
    lookups l = { .n_table_rows = n_table_rows, .dy = { NULL, DIM + 2, n_rows, DIM } };

    l.column.kind = RK_COLUMN_IDS;
    l.column.offsets = rk_alloc((size_t)n_rows + 1, sizeof *l.column.offsets);
    l.column.ids = rk_alloc((size_t)n_rows * 4, sizeof *l.column.ids);
    l.column.weights = weighted ? rk_alloc((size_t)n_rows * 4, sizeof *l.column.weights) : NULL;
    l.dy.data = rk_alloc((size_t)(n_rows * l.dy.ld), sizeof *l.dy.data);
    for (int64_t b = 0; b < n_rows; b++) {
        int64_t n = l.column.offsets[b], end = n + (int64_t)rk_rng_below(&rng, 4) + full;

        for (; n < end; n++) {
            int64_t id = (int64_t)rk_rng_below(&rng, (uint64_t)n_table_rows);

            l.column.ids[n] = rk_rng_below(&rng, 3) ? id : n_table_rows - 1 - id % 3 % n_table_rows;
            if (weighted)
                l.column.weights[n] = 0.1F + rk_rng_float(&rng);
        }
        l.column.offsets[b + 1] = n;
    }
    for (int64_t i = 0; i < n_rows * l.dy.ld; i++)
        l.dy.data[i] = (float)rk_rng_normal(&rng);
    return l;
}

static void free_lookups(lookups *l)
{
    rk_free(l->column.offsets);
    rk_free(l->column.ids);
    rk_free(l->column.weights);
    rk_free(l->dy.data);
}

/* Sum of what table row `row` got, in double; *touched: whether anything. */
static void plain_sum(double out[DIM], const lookups *l, rk_combiner combiner, int64_t row, bool *touched)
{
    rk_bag bag = {
        .offsets = l->column.offsets, .ids = l->column.ids, .weights = l->column.weights, .combiner = combiner
    };

    memset(out, 0, DIM * sizeof *out);
    *touched = false;
    for (int64_t b = 0; b < l->dy.rows; b++) {
        if (row == 0 && bag.offsets[b] == bag.offsets[b + 1])
            *touched = true;
        for (int64_t i = bag.offsets[b]; i < bag.offsets[b + 1]; i++) {
            if (bag.ids[i] != row)
                continue;
            *touched = true;
            for (int c = 0; c < DIM; c++)
                out[c] += (double)rk_bag_factor(&bag, b) * (bag.weights ? (double)bag.weights[i] : 1) *
                          (double)l->dy.data[b * l->dy.ld + c];
        }
    }
}

static void check_row(const rk_sparse *sparse, int64_t at, const double expected[DIM])
{
    for (int c = 0; c < DIM; c++) {
        double got = (double)sparse->values[at * DIM + c];

        if (!(fabs(got - expected[c]) <= 1e-5 * (1 + fabs(expected[c]))))
            fail_msg("row %d: %.9g, expected %.9g", (int)sparse->rows[at], got, expected[c]);
    }
}

static void check_lookups(const lookups *l, rk_combiner combiner, rk_table_gradient *gradient)
{
    const rk_sparse *sparse = &gradient->sparse;
    int64_t at = 0;

    assert_true(rk_table_gradient_reserve(gradient, &l->column, l->dy.rows));
    rk_table_gradient_rows(gradient, &l->column, l->dy.rows, combiner);
    rk_table_gradient_sum(gradient, l->dy, rk_backend_best());
    for (int64_t i = 1; i < sparse->n; i++)
        assert_true(sparse->rows[i - 1] < sparse->rows[i]);
    for (int64_t row = 0; row < l->n_table_rows; row++) {
        double expected[DIM];
        bool touched, listed = at < sparse->n && sparse->rows[at] == row;

        if (l->n_table_rows > 3000 && !listed && row % 997 != 0 && row != 0)
            continue; /* the plain sum is slow: every listed row, and some others */
        plain_sum(expected, l, combiner, row, &touched);
        assert_int_equal(touched, listed);
        if (listed)
            check_row(sparse, at++, expected);
    }
    assert_int_equal(at, sparse->n);
}

static void sums_equal_a_plain_loop(void **state)
{
    static const int64_t rows[] = { 1, 2, 40, 300 }, tables[] = { 1, 7, 2048, 2049, 70000, 5000000 };
    rk_table_gradient gradient = { .sparse = { .dim = DIM } };

    (void)state;
    for (int i = 0; i < 4 * 6 * 4; i++) {
        lookups l = make_lookups(rows[i % 4], tables[i / 4 % 6], i / 24 % 2, i / 48 % 2);

        check_lookups(&l, (rk_combiner)(i % 3), &gradient);
        free_lookups(&l);
    }
    rk_table_gradient_clear(&gradient);
}

/* Upstream looks up row 0 for an empty bag and masks the result: row 0 gets a zero gradient. */
static void an_empty_bag_touches_row_0(void **state)
{
    int64_t offsets[] = { 0, 0, 1 }, ids[] = { 6 };
    float dy[2 * DIM] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
    rk_column column = { .kind = RK_COLUMN_IDS, .offsets = offsets, .ids = ids };
    rk_table_gradient gradient = { .sparse = { .dim = DIM } };

    (void)state;
    assert_true(rk_table_gradient_reserve(&gradient, &column, 2));
    rk_table_gradient_rows(&gradient, &column, 2, RK_COMBINER_SUM);
    rk_table_gradient_sum(&gradient, (rk_block){ dy, DIM, 2, DIM }, rk_backend_best());
    assert_int_equal(gradient.sparse.n, 2);
    assert_int_equal(gradient.sparse.rows[0], 0);
    assert_int_equal(gradient.sparse.rows[1], 6);
    for (int c = 0; c < DIM; c++) {
        assert_true(gradient.sparse.values[c] == 0);
        assert_true(gradient.sparse.values[DIM + c] == dy[DIM + c]);
    }
    rk_table_gradient_clear(&gradient);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_equal_a_plain_loop),
        cmocka_unit_test(an_empty_bag_touches_row_0),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
