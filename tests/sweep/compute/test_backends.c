/* Every backend that runs here against the reference, on blocks of odd and even shapes that lie in wider rows; what
 * lies between the rows must not change. */
#include <math.h>
#include <string.h>

#include "backend.h"
#include "mem.h"
#include "rk_test.h"
#include "rng.h"

enum { GAP = 3 };
static const float guard = 123.25F;

static const int64_t sizes[] = { 1, 2, 3, 7, 8, 9, 16, 17, 31, 64, 100 };
enum { N_SIZES = sizeof sizes / sizeof sizes[0] };

static rk_block make_block(int64_t rows, int64_t cols, uint64_t seed)
{
    rk_rng rng = rk_rng_at(seed, RK_RNG_TEST, 1, 0);
    rk_block block = { NULL, cols + GAP, rows, cols };

    block.data = rk_alloc((size_t)(rows * block.ld), sizeof *block.data);
    for (int64_t i = 0; i < rows * block.ld; i++)
        block.data[i] = i % block.ld < cols ? (float)rk_rng_normal(&rng) : guard;
    return block;
}

static void assert_blocks_near(rk_block a, rk_block b, double tolerance)
{
    for (int64_t r = 0; r < a.rows; r++)
        for (int64_t c = 0; c < a.ld; c++) {
            double x = (double)a.data[r * a.ld + c], y = (double)b.data[r * b.ld + c];

            if (c >= a.cols)
                assert_true(a.data[r * a.ld + c] == guard);
            else if (!(fabs(x - y) <= tolerance * (1 + fabs(y))))
                fail_msg("row %d, column %d of %d x %d: %.9g, in the reference %.9g", (int)r, (int)c, (int)a.rows,
                         (int)a.cols, x, y);
        }
}

/* One shape: two copies of each block that is written, one per backend. */
typedef struct trial {
    const rk_backend *backend, *reference;
    rk_block x, dy, y[2];
    float *vectors; /* [4, cols] */
} trial;

static trial trial_make(const rk_backend *backend, int64_t rows, int64_t cols)
{
    trial t = { .backend = backend, .reference = rk_backend_find("reference") };
    rk_block vectors = make_block(1, 4 * cols, 3);

    t.x = make_block(rows, cols, 1);
    t.dy = make_block(rows, cols, 2);
    t.y[0] = make_block(rows, cols, 4);
    t.y[1] = make_block(rows, cols, 4);
    t.vectors = vectors.data;
    return t;
}

static void trial_free(trial *t)
{
    rk_free(t->x.data);
    rk_free(t->dy.data);
    rk_free(t->y[0].data);
    rk_free(t->y[1].data);
    rk_free(t->vectors);
}

static const rk_backend *backend_of(const trial *t, int i)
{
    return i ? t->reference : t->backend;
}

static void check_elementwise(trial *t)
{
    for (int i = 0; i < 2; i++)
        backend_of(t, i)->relu(t->y[i], t->x, 0.2F);
    assert_blocks_near(t->y[0], t->y[1], 1e-6);
    for (int add = 0; add < 2; add++) {
        for (int i = 0; i < 2; i++)
            backend_of(t, i)->relu_backward(t->y[i], t->dy, t->x, 0.2F, add);
        assert_blocks_near(t->y[0], t->y[1], 1e-6);
    }
    for (int i = 0; i < 2; i++)
        backend_of(t, i)->add_scaled(t->y[i], t->x, -0.7F);
    assert_blocks_near(t->y[0], t->y[1], 1e-6);
    for (int i = 0; i < 2; i++)
        backend_of(t, i)->add_bias(t->y[i], t->vectors);
    assert_blocks_near(t->y[0], t->y[1], 1e-6);
    for (int i = 0; i < 2; i++)
        backend_of(t, i)->copy(t->y[i], t->dy);
    assert_blocks_near(t->y[0], t->dy, 0);
}

static rk_norm norm_of(const trial *t, float slope)
{
    const float *v = t->vectors;
    int64_t n = t->x.cols;

    return (rk_norm){ v, v + n, v + 2 * n, v + 3 * n, v + 2 * n, slope };
}

static void check_batch_norm(trial *t, float slope)
{
    rk_norm norm = norm_of(t, slope);

    for (int i = 0; i < 2; i++)
        backend_of(t, i)->norm(t->y[i], t->x, &norm);
    assert_blocks_near(t->y[0], t->y[1], 1e-6);
    for (int add = 0; add < 2; add++) {
        for (int i = 0; i < 2; i++)
            backend_of(t, i)->norm_backward(t->y[i], t->dy, t->x, &norm, add);
        assert_blocks_near(t->y[0], t->y[1], 3e-6);
    }
}

static void assert_sums_near(const double *a, const double *b, int64_t n, double tolerance)
{
    for (int64_t i = 0; i < n; i++)
        if (!(fabs(a[i] - b[i]) <= tolerance * (1 + fabs(b[i]))))
            fail_msg("sum %d: %.17g, in the reference %.17g", (int)i, a[i], b[i]);
}

static void check_sums(trial *t)
{
    int64_t n = t->x.cols;
    rk_norm norm = norm_of(t, 0.2F);
    double *sums[2];
    float *floats[2];

    for (int i = 0; i < 2; i++) {
        sums[i] = rk_alloc((size_t)(4 * n), sizeof *sums[i]);
        floats[i] = rk_alloc((size_t)n + 1, sizeof *floats[i]);
        floats[i][0] = 1.5F;
        floats[i][n] = n > 0 ? guard : 0;
        for (int twice = 0; twice < 2; twice++) { /* they add */
            backend_of(t, i)->moments(sums[i], t->x);
            backend_of(t, i)->norm_moments(sums[i] + 2 * n, t->dy, t->x, &norm);
            backend_of(t, i)->column_sums(floats[i], t->x);
        }
    }
    for (int i = 0; i < 2; i++)
        sums[i][0] = backend_of(t, i)->square_sum(t->x);
    assert_sums_near(sums[0], sums[1], 2 * n, 1e-12);
    assert_sums_near(sums[0] + 2 * n, sums[1] + 2 * n, 2 * n, 2e-5);
    for (int64_t c = 0; c <= n; c++)
        assert_true(fabsf(floats[0][c] - floats[1][c]) <= 2e-5F * (1 + fabsf(floats[1][c])));
    for (int i = 0; i < 2; i++) {
        rk_free(sums[i]);
        rk_free(floats[i]);
    }
}

/* Bags of 0 to 4 rows of x. */
static void check_bags(trial *t)
{
    rk_rng rng = rk_rng_at(9, RK_RNG_TEST, 0, (uint64_t)t->x.rows);
    int64_t *offsets = rk_alloc((size_t)t->x.rows + 1, sizeof *offsets), ids[400];
    float weights[400];

    for (int64_t r = 0; r < t->x.rows; r++) {
        offsets[r + 1] = offsets[r] + (int64_t)rk_rng_below(&rng, 5);
        for (int64_t k = offsets[r]; k < offsets[r + 1]; k++) {
            ids[k] = (int64_t)rk_rng_below(&rng, (uint64_t)t->x.rows);
            weights[k] = 0.1F + rk_rng_float(&rng);
        }
    }
    for (int kind = 0; kind < 6; kind++) {
        rk_bag bag = { t->x.data, t->x.ld, offsets, ids, kind % 2 ? weights : NULL, (rk_combiner)(kind / 2) };

        for (int i = 0; i < 2; i++)
            backend_of(t, i)->bag_sum(t->y[i], &bag);
        assert_blocks_near(t->y[0], t->y[1], 3e-6);
    }
    rk_free(offsets);
}

/* A row of x for each row, and no other sign of a zero than the sum of such a bag has. */
static void check_take(trial *t)
{
    int64_t *ids = rk_alloc((size_t)t->x.rows, sizeof *ids);

    for (int64_t r = 0; r < t->x.rows; r++)
        ids[r] = (r * 7 + 3) % t->x.rows;
    if (t->x.rows > 0)
        t->x.data[0] = -0.0F;
    for (int i = 0; i < 2; i++)
        backend_of(t, i)->take(t->y[i], t->x.data, t->x.ld, ids);
    assert_blocks_near(t->y[0], t->y[1], 0);
    for (int64_t r = 0; r < t->x.rows; r++)
        for (int64_t c = 0; c < t->x.cols; c++) {
            float expected = 0 + t->x.data[ids[r] * t->x.ld + c];

            assert_memory_equal(&t->y[1].data[r * t->y[1].ld + c], &expected, sizeof expected);
        }
    rk_free(ids);
}

static void kernels_agree_with_the_reference(void **state)
{
    (void)state;
    for (const rk_backend *const *backend = rk_backends; *backend; backend++)
        for (int i = 0; (*backend)->supported() && i < N_SIZES * N_SIZES; i++) {
            trial t = trial_make(*backend, sizes[i / N_SIZES], sizes[i % N_SIZES]);

            check_elementwise(&t);
            check_batch_norm(&t, 0.2F);
            check_batch_norm(&t, 0);
            check_batch_norm(&t, 1);
            check_sums(&t);
            check_bags(&t);
            check_take(&t);
            trial_free(&t);
        }
}

static void check_product(const rk_backend *backend, int64_t m, int64_t n, int64_t k)
{
    for (int kind = 0; kind < 8; kind++) {
        bool ta = kind & 1, tb = kind & 2, add = kind & 4;
        rk_block a = make_block(ta ? k : m, ta ? m : k, 1), b = make_block(tb ? n : k, tb ? k : n, 2);
        rk_block c = make_block(m, n, 3), expected = make_block(m, n, 3);

        rk_product product = { .c = c, .a = { a.data, a.ld, ta }, .b = { b.data, b.ld, tb }, .k = k, .add = add };
        backend->product(&product);
        product.c = expected;
        rk_backend_find("reference")->product(&product);
        assert_blocks_near(c, expected, 2e-5);
        rk_free(a.data);
        rk_free(b.data);
        rk_free(c.data);
        rk_free(expected.data);
    }
}

static void products_agree_with_the_reference(void **state)
{
    static const int64_t few[] = { 1, 2, 5, 8, 16, 33, 100 };
    enum { N = sizeof few / sizeof few[0] };

    (void)state;
    for (const rk_backend *const *backend = rk_backends; *backend; backend++)
        for (int i = 0; (*backend)->supported() && i < N * N * N; i++)
            check_product(*backend, few[i % N], few[i / N % N], few[i / N / N]);
}

static void backends_are_found(void **state)
{
    (void)state;
    assert_string_equal(rk_backends[0]->name, "reference");
    assert_true(rk_backend_best()->supported());
    for (const rk_backend *const *backend = rk_backends; *backend; backend++)
        assert_ptr_equal(rk_backend_find((*backend)->name), *backend);
    assert_null(rk_backend_find("abacus"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels_agree_with_the_reference),
        cmocka_unit_test(products_agree_with_the_reference),
        cmocka_unit_test(backends_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
