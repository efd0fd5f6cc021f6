/* Batch norm with wider vectors: not near what AVX2 gives, the same bits, for rows that fill vectors and rows that
 * don't, and nothing written beyond them. (The sweep over backends compares the widest with the reference.) */
#include <string.h>

#include "mem.h"
#include "norm.h"
#include "rk_test.h"
#include "rng.h"

enum { GAP = 3 };
static const float guard = 77.5F;

static void fill(float *values, int64_t n, uint64_t seed)
{
    rk_rng rng = rk_rng_at(seed, RK_RNG_TEST, 3, 0);

    for (int64_t i = 0; i < n; i++)
        values[i] = (float)rk_rng_normal(&rng);
}

static rk_block make_block(int64_t rows, int64_t cols, uint64_t seed)
{
    rk_block block = { rk_alloc((size_t)(rows * (cols + GAP)), sizeof(float)), cols + GAP, rows, cols };

    fill(block.data, rows * block.ld, seed);
    for (int64_t i = 0; i < rows * block.ld; i++)
        block.data[i] = i % block.ld < cols ? block.data[i] : guard;
    return block;
}

/* What one kind of kernels makes of the same numbers, one result after the other. */
typedef struct results {
    double *sums; /* [4, cols] */
    rk_block y, dx[2];
} results;

static results run(const rk_norm_kernels *kernels, rk_block x, rk_block dy, const rk_norm *norm)
{
    int64_t n = x.cols;
    results r = { rk_alloc((size_t)(4 * n), sizeof(double)), make_block(x.rows, n, 4), { { 0 } } };

    for (int twice = 0; twice < 2; twice++) { /* they add */
        kernels->moments(r.sums, x);
        kernels->norm_moments(r.sums + 2 * n, dy, x, norm);
    }
    kernels->forward(r.y, x, norm);
    for (int add = 0; add < 2; add++) {
        r.dx[add] = make_block(x.rows, n, 5);
        kernels->backward(r.dx[add], dy, x, norm, add);
    }
    return r;
}

static void assert_same_block(rk_block a, rk_block b)
{
    assert_memory_equal(a.data, b.data, (size_t)(a.rows * a.ld) * sizeof *a.data);
    for (int64_t i = 0; i < a.rows * a.ld; i++)
        assert_true(i % a.ld < a.cols || a.data[i] == guard);
}

static void results_free(results *r)
{
    rk_free(r->sums);
    rk_free(r->y.data);
    rk_free(r->dx[0].data);
    rk_free(r->dx[1].data);
}

static void check(int64_t rows, int64_t cols, float slope)
{
    rk_block x = make_block(rows, cols, 1), dy = make_block(rows, cols, 2);
    float *v = rk_alloc((size_t)(5 * cols), sizeof *v);
    rk_norm norm = { v, v + cols, v + 2 * cols, v + 3 * cols, v + 4 * cols, slope };
    results a, b;

    fill(v, 5 * cols, 3);
    a = run(&rk_norm_avx2, x, dy, &norm);
    b = run(&rk_norm_avx512f, x, dy, &norm);
    assert_memory_equal(a.sums, b.sums, (size_t)(4 * cols) * sizeof *a.sums);
    assert_same_block(a.y, b.y);
    assert_same_block(a.dx[0], b.dx[0]);
    assert_same_block(a.dx[1], b.dx[1]);
    results_free(&a);
    results_free(&b);
    rk_free(v);
    rk_free(x.data);
    rk_free(dy.data);
}

static void wider_vectors_give_the_same_bits(void **state)
{
    static const int64_t rows[] = { 1, 7, 8, 17, 50 }, cols[] = { 1, 8, 15, 16, 17, 96, 300 };
    static const float slopes[] = { 0, 0.2F, 1 };

    (void)state;
    if (!rk_norm_avx512f.supported())
        skip();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t j = 0; j < sizeof cols / sizeof *cols; j++)
            for (size_t k = 0; k < sizeof slopes / sizeof *slopes; k++)
                check(rows[i], cols[j], slopes[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wider_vectors_give_the_same_bits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
