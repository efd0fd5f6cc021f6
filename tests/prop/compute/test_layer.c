/* Layers of every kind of tile that runs here, and of plain loops, against product, norm and rectifier one after the
 * other: the same bits. Shapes that fill tiles and that don't; columns in one step and in two, of one row and of all;
 * sums that start from one row, from one for each, from where the result will be, with rows added. */
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

enum { ROW_BY_ROW, STARTS, IN_PLACE, WHOLE, ADDED, N_WAYS };

/* The bias in pieces, other ones for every second row: nothing + bias + nothing, nothing + half + half. */
static void run_added(const layer_case *c, rk_block y)
{
    int64_t padded = (c->n + RK_PANEL - 1) / RK_PANEL * RK_PANEL;
    float *pieces = rk_alloc((size_t)(3 * padded), sizeof *pieces);
    const float **added = rk_alloc((size_t)(2 * c->m), sizeof *added);

    for (int64_t j = 0; j < padded; j++) {
        pieces[j] = j < c->n ? 0 : 77;
        pieces[padded + j] = j < c->n ? c->bias[j] : 77;
        pieces[2 * padded + j] = j < c->n ? c->bias[j] / 2 : 77;
    }
    for (int64_t r = 0; r < c->m; r++) {
        added[2 * r] = pieces + (r % 2 ? 2 : 1) * padded;
        added[2 * r + 1] = pieces + (r % 2 ? 2 : 0) * padded;
    }
    rk_layer_finish(&c->layer, y, (rk_matrix){ c->x, c->k, false }, 0, (rk_layer_start){ pieces, 0, added, 2 });
    rk_free(added);
    rk_free(pieces);
}

/* y of all rows, from the first columns and the rest. */
static void run_layer(const layer_case *c, rk_block y, rk_block starts, int64_t first, int way)
{
    rk_matrix x = { c->x, c->k, false };
    rk_layer_start bias = { .data = c->layer.bias };

    for (int64_t r = 0; way == ROW_BY_ROW && r < c->m; r++) { /* as if they had their first columns in common */
        rk_matrix row = { c->x + r * c->k, c->k, false };

        rk_layer_begin(&c->layer, (rk_block){ starts.data, 0, 1, c->n }, row, first, bias);
        rk_layer_finish(&c->layer, (rk_block){ y.data + r * y.ld, y.ld, 1, c->n }, row, first,
                        (rk_layer_start){ .data = starts.data });
    }
    if (way == STARTS || way == IN_PLACE) {
        rk_block to = way == STARTS ? starts : y;

        rk_layer_begin(&c->layer, to, x, first, bias);
        rk_layer_finish(&c->layer, y, x, first, (rk_layer_start){ .data = to.data, .ld = to.ld });
    }
    if (way == ADDED)
        run_added(c, y);
    if (way == WHOLE)
        rk_layer_finish(&c->layer, y, x, 0, bias);
}

static void check_rows(const layer_case *c, int64_t first)
{
    int64_t ld = c->n + GAP;
    rk_block y = { rk_alloc((size_t)(c->m * ld), sizeof(float)), ld, c->m, c->n };
    rk_block starts = { rk_alloc((size_t)(c->m * c->n), sizeof(float)), c->n, c->m, c->n };

    for (int way = 0; way < N_WAYS; way++) {
        for (int64_t i = 0; i < c->m * ld; i++)
            y.data[i] = 77;
        run_layer(c, y, starts, first, way);
        for (int64_t i = 0; i < c->m * ld; i++)
            if (i % ld < c->n)
                assert_memory_equal(&y.data[i], &c->expected[i / ld * c->n + i % ld], sizeof *y.data);
            else
                assert_true(y.data[i] == 77);
    }
    rk_free(y.data);
    rk_free(starts.data);
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
                         depths[] = { 0, 1, 5, 64 };

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
