/* Layers of every kind of tile that runs here, and of plain loops, against product, norm and rectifier one after the
 * other: the same bits. Shapes that fill tiles and that don't; columns in one step and in two. */
#include <math.h>
#include <string.h>

#include "layer.h"
#include "mem.h"
#include "rk_test.h"
#include "rng.h"

enum { GAP = 5 };

static float *normals(int64_t n, uint64_t seed)
{
    rk_rng rng = rk_rng_at(seed, RK_RNG_TEST, 3, 0);
    float *values = rk_alloc((size_t)n, sizeof *values);

    for (int64_t i = 0; i < n; i++)
        values[i] = (float)rk_rng_normal(&rng);
    return values;
}

typedef struct layer_case {
    int64_t m, n, k;
    float *kernel, *bias, *norm, *x, *expected;
    rk_layer layer;
} layer_case;

/* The definition, one value after the other. */
static void compute(layer_case *c, bool with_norm, float slope)
{
    for (int64_t r = 0; r < c->m; r++)
        for (int64_t j = 0; j < c->n; j++) {
            float v = c->bias[j];

            for (int64_t l = 0; l < c->k; l++)
                v = fmaf(c->x[r * c->k + l], c->kernel[l * c->n + j], v);
            if (with_norm)
                v = fmaf(v - c->norm[j], c->norm[c->n + j], c->norm[2 * c->n + j]);
            c->expected[r * c->n + j] = v > 0 ? v : slope == 1 ? v : slope * v;
        }
}

static void check_rows(const layer_case *c, int64_t first)
{
    int64_t ld = c->n + GAP;
    float *y = rk_alloc((size_t)(c->m * ld), sizeof *y), *start = rk_alloc((size_t)c->n, sizeof *start);

    for (int64_t i = 0; i < c->m * ld; i++)
        y[i] = 77;
    for (int64_t r = 0; r < c->m; r++) { /* rows do not share their first columns here: one by one */
        rk_layer_begin(&c->layer, start, c->x + r * c->k, first);
        rk_layer_finish(&c->layer, (rk_block){ y + r * ld, ld, 1, c->n }, (rk_matrix){ c->x + r * c->k, c->k, false },
                        first, start);
    }
    for (int whole = 0; whole < 2; whole++) {
        for (int64_t i = 0; i < c->m * ld; i++)
            if (i % ld < c->n)
                assert_memory_equal(&y[i], &c->expected[i / ld * c->n + i % ld], sizeof *y);
            else
                assert_true(y[i] == 77);
        rk_layer_finish(&c->layer, (rk_block){ y, ld, c->m, c->n }, (rk_matrix){ c->x, c->k, false }, 0, c->layer.bias);
    }
    rk_free(y);
    rk_free(start);
}

static void check_kernels(layer_case *c)
{
    rk_layer_use(&c->layer, NULL);
    check_rows(c, 0);
    check_rows(c, c->k / 2);
    for (const rk_tiles *const *tiles = rk_all_tiles; *tiles; tiles++) {
        if (!(*tiles)->supported() || ((*tiles)->columns > 0 && c->n > (*tiles)->columns))
            continue;
        rk_layer_use(&c->layer, *tiles);
        for (int64_t first = 0; first <= c->k; first += 1 + c->k / 3)
            check_rows(c, first);
    }
}

static void check_shape(int64_t m, int64_t n, int64_t k)
{
    layer_case c = { m,
                     n,
                     k,
                     normals(k * n, 1),
                     normals(n, 2),
                     normals(3 * n, 3),
                     normals(m * k, 4),
                     rk_alloc((size_t)(m * n), sizeof(float)),
                     { 0 } };

    assert_true(rk_layer_init(&c.layer, c.kernel, k, n));
    c.layer.bias = c.bias;
    for (int kind = 0; kind < 4; kind++) {
        float slope = kind & 1 ? 0.25F : 1;

        c.layer.norm = (rk_norm){ .slope = slope };
        if (kind & 2)
            c.layer.norm = (rk_norm){ .center = c.norm, .scale = c.norm + n, .shift = c.norm + 2 * n, .slope = slope };
        compute(&c, kind & 2, slope);
        check_kernels(&c);
    }
    rk_layer_clear(&c.layer);
    rk_free(c.kernel);
    rk_free(c.bias);
    rk_free(c.norm);
    rk_free(c.x);
    rk_free(c.expected);
}

static void layers_have_the_bits_of_their_parts(void **state)
{
    static const int64_t rows[] = { 1, 2, 7, 8, 19 }, widths[] = { 1, 2, 4, 16, 31, 48, 80, 96, 130 },
                         depths[] = { 1, 5, 64 };

    (void)state;
    for (size_t m = 0; m < sizeof rows / sizeof *rows; m++)
        for (size_t n = 0; n < sizeof widths / sizeof *widths; n++)
            for (size_t k = 0; k < sizeof depths / sizeof *depths; k++)
                check_shape(rows[m], widths[n], depths[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(layers_have_the_bits_of_their_parts) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
