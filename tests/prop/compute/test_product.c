/* Products of every kind of tile that runs here, against the chain of fused multiply-adds that rk_product promises:
 * not near it, the same bits. All ways to give the factors, shapes that fill tiles and that don't, addresses off cache
 * lines, and what the promise is good for: rows on their own, k in parts. */
#include <math.h>
#include <string.h>

#include "mem.h"
#include "rk_test.h"
#include "rng.h"
#include "tile.h"

enum { GAP = 3 };
static const float guard = 123.25F;

/* Rows of normal values in memory of exactly their size, one float off a cache line; guards between rows. */
static rk_block make_block(int64_t rows, int64_t cols, uint64_t seed)
{
    rk_rng rng = rk_rng_at(seed, RK_RNG_TEST, 2, 0);
    rk_block block = { NULL, cols + GAP, rows, cols };

    block.data = (float *)rk_alloc((size_t)(rows * block.ld) + 1, sizeof *block.data) + 1;
    for (int64_t i = 0; i < rows * block.ld; i++)
        block.data[i] = i % block.ld < cols ? (float)rk_rng_normal(&rng) : guard;
    return block;
}

static void block_free(rk_block block)
{
    rk_free(block.data - 1);
}

static float element(rk_matrix m, int64_t row, int64_t col)
{
    return m.transposed ? m.data[col * m.ld + row] : m.data[row * m.ld + col];
}

/* The promise, word by word. b is in p even when p has it packed. */
static void chain(const rk_product *p, rk_block out)
{
    for (int64_t i = 0; i < out.rows; i++)
        for (int64_t j = 0; j < out.cols; j++) {
            float *y = out.data + i * out.ld + j;
            float sum = p->add ? *y : p->start ? p->start[j] : 0;

            for (int64_t l = 0; l < p->k; l++)
                sum = fmaf(element(p->a, i, l), element(p->b, l, j), sum);
            *y = p->rectify && !(sum > 0) ? p->slope * sum : sum;
        }
}

static void assert_same_bits(const rk_product *p, rk_block a, rk_block b, const char *tiles)
{
    for (int64_t i = 0; i < a.rows * a.ld; i++)
        if (memcmp(&a.data[i], &b.data[i], sizeof *a.data) != 0)
            fail_msg("%s, %d x %d x %d%s%s%s%s%s%s: row %d, column %d is %.9g, expected %.9g", tiles, (int)a.rows,
                     (int)a.cols, (int)p->k, p->a.transposed ? ", a transposed" : "",
                     p->b.transposed ? ", b transposed" : "", p->packed ? ", packed" : "", p->start ? ", start" : "",
                     p->add ? ", add" : "", p->rectify ? ", rectify" : "", (int)(i / a.ld), (int)(i % a.ld),
                     (double)a.data[i], (double)b.data[i]);
}

typedef struct factors {
    rk_block a[2], b[2], start; /* [1]: transposed */
    float *packed[2];
} factors;

static factors factors_make(int64_t m, int64_t n, int64_t k)
{
    factors f = { { make_block(m, k, 1), make_block(k, m, 2) },
                  { make_block(k, n, 3), make_block(n, k, 4) },
                  make_block(1, n, 5),
                  { NULL, NULL } };

    for (int t = 0; t < 2; t++) {
        f.packed[t] = rk_alloc(rk_packed_size(k, n) + 1, sizeof(float));
        rk_pack(f.packed[t], (rk_matrix){ f.b[t].data, f.b[t].ld, t }, k, n);
    }
    return f;
}

static void factors_free(factors *f)
{
    for (int t = 0; t < 2; t++) {
        block_free(f->a[t]);
        block_free(f->b[t]);
        rk_free(f->packed[t]);
    }
    block_free(f->start);
}

/* Kinds of products: bits 0 and 1 transpose, bit 2 packs, 3 rectifies, 4 and 5 choose the start. */
enum { N_KINDS = 48 };

static rk_product product_of(const factors *f, int kind, rk_block c, int64_t k)
{
    int ta = kind & 1, tb = kind >> 1 & 1, start = kind >> 4;

    return (rk_product){ .c = c,
                         .a = { f->a[ta].data, f->a[ta].ld, ta },
                         .b = { f->b[tb].data, f->b[tb].ld, tb },
                         .packed = kind & 4 ? f->packed[tb] : NULL,
                         .k = k,
                         .start = start == 1 ? f->start.data : NULL,
                         .add = start == 2,
                         .rectify = kind & 8,
                         .slope = 0.25F };
}

static void check_shape(int64_t m, int64_t n, int64_t k)
{
    factors f = factors_make(m, n, k);

    for (int kind = 0; kind < N_KINDS; kind++) {
        rk_block expected = make_block(m, n, 6);
        rk_product p = product_of(&f, kind, expected, k);

        chain(&p, expected);
        for (const rk_tiles *const *tiles = rk_all_tiles; *tiles; tiles++) {
            if (!(*tiles)->supported() || ((*tiles)->columns > 0 && p.c.cols > (*tiles)->columns))
                continue;
            p.c = make_block(m, n, 6);
            rk_product_tiled(&p, *tiles);
            assert_same_bits(&p, p.c, expected, (*tiles)->name);
            block_free(p.c);
        }
        p.c = make_block(m, n, 6);
        rk_backend_find("reference")->product(&p);
        for (int64_t i = 0; i < m * p.c.ld; i++)
            assert_true(fabsf(p.c.data[i] - expected.data[i]) <= 2e-5F * (1 + fabsf(expected.data[i])));
        block_free(p.c);
        block_free(expected);
    }
    factors_free(&f);
}

static void products_are_chains(void **state)
{
    static const int64_t m[] = { 1, 2, 5, 8, 9, 70 }, n[] = { 1, 15, 16, 17, 48, 90 };
    static const int64_t k[] = { 1, 6, 131 };

    (void)state;
    for (size_t i = 0; i < sizeof m / sizeof *m; i++)
        for (size_t j = 0; j < sizeof n / sizeof *n; j++)
            for (size_t l = 0; l < sizeof k / sizeof *k; l++)
                check_shape(m[i], n[j], k[l]);
    check_shape(3, 5, 0);
    check_shape(1, 200, 300);
    check_shape(130, 33, 257);
}

/* Whatever m: a row by itself has the bits that it has among others. Two products of parts of k have those of one. */
static void rows_and_parts_of_k_stand_alone(void **state)
{
    enum { M = 37, N = 50, K = 90, CUT = 31 };
    factors f = factors_make(M, N, K);
    rk_block all = make_block(M, N, 7), one = make_block(1, N, 7), parts = make_block(M, N, 7);
    const rk_tiles *tiles = rk_tiles_best(RK_PANEL);
    rk_product p = product_of(&f, 4, all, K), q = product_of(&f, 0, parts, CUT);

    (void)state;
    if (!tiles)
        skip();
    rk_product_tiled(&p, tiles);
    for (int64_t r = 0; r < M; r++) {
        p.c = one;
        p.a.data = f.a[0].data + r * f.a[0].ld;
        rk_product_tiled(&p, tiles);
        assert_memory_equal(one.data, all.data + r * all.ld, N * sizeof(float));
    }
    rk_product_tiled(&q, tiles);
    q.a.data += CUT;
    q.b.data += CUT * q.b.ld;
    q.k = K - CUT;
    q.add = true;
    rk_product_tiled(&q, tiles);
    assert_same_bits(&q, parts, all, tiles->name);
    block_free(all);
    block_free(one);
    block_free(parts);
    factors_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_chains),
        cmocka_unit_test(rows_and_parts_of_k_stand_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
