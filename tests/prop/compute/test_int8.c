/* Layers of 8-bit weights: every kernel that runs here gives the bits of the definition in int8.h, written out below
 * with sums of 64 bits, for shapes that fill tiles and that don't, rows together and apart, with a user's columns
 * worked out before and not; extremes do not saturate; and the result is near that of the same layer in floats. */
#include <math.h>
#include <string.h>

#include "int8.h"
#include "mem.h"
#include "rk_test.h"
#include "rng.h"

enum { GAP = 3 };

typedef struct int8_case {
    int64_t m, n, k, n_first;
    float *kernel, *scale, *bias, *norm, *x, *expected;
    rk_int8_layer layer;
    const rk_norm *with;
} int8_case;

static float *normals(int64_t n, uint64_t seed)
{
    rk_rng rng = rk_rng_at(seed, RK_RNG_TEST, 4, 0);
    float *values = rk_alloc((size_t)n, sizeof *values);

    for (int64_t i = 0; i < n; i++)
        values[i] = (float)rk_rng_normal(&rng);
    return values;
}

/* Integers times a scale; every seventh column is 0. */
static void make_kernel(int8_case *c)
{
    rk_rng rng = rk_rng_at(7, RK_RNG_TEST, 5, 0);

    c->kernel = rk_alloc((size_t)(c->k * c->n), sizeof(float));
    c->scale = rk_alloc((size_t)c->n, sizeof(float));
    for (int64_t j = 0; j < c->n; j++) {
        c->scale[j] = j % 7 == 6 ? 0 : 0.001F + 0.01F * rk_rng_float(&rng);
        for (int64_t l = 0; l < c->k; l++)
            c->kernel[l * c->n + j] = (float)((int)rk_rng_below(&rng, 255) - 127) * c->scale[j];
    }
}

/* Adds what columns [first, last) give to the row's sums. */
static void add_columns(const int8_case *c, float *y, const float *x, int64_t first, int64_t last)
{
    float least = 0, greatest = 0;

    for (int64_t l = first; l < last; l++) {
        least = fminf(least, x[l]);
        greatest = fmaxf(greatest, x[l]);
    }
    float range = greatest - least, s = range > 0 ? range / 255 : 0;
    int64_t z = range > 0 ? (int64_t)rintf(-least * (255 / range)) : 0;
    for (int64_t j = 0; j < c->n; j++) {
        int64_t sum = 0;

        for (int64_t l = first; l < last; l++) {
            int64_t q = range > 0 ? (int64_t)rintf(x[l] * (255 / range)) + z : 0;
            int64_t w = c->scale[j] > 0 ? (int64_t)rintf(c->kernel[l * c->n + j] / c->scale[j]) : 0;

            q = q < 0 ? 0 : q > 255 ? 255 : q;
            sum += (q - z) * w;
        }
        y[j] = fmaf((float)sum, s * c->scale[j], y[j]);
    }
}

static void compute(int8_case *c)
{
    for (int64_t r = 0; r < c->m; r++) {
        float *y = c->expected + r * c->n;

        memcpy(y, c->bias, (size_t)c->n * sizeof *y);
        if (c->n_first > 0)
            add_columns(c, y, c->x + r * c->k, 0, c->n_first);
        add_columns(c, y, c->x + r * c->k, c->n_first, c->k);
        for (int64_t j = 0; j < c->n; j++) {
            if (c->with->center)
                y[j] = fmaf(y[j] - c->with->center[j], c->with->scale[j], c->with->shift[j]);
            y[j] = y[j] > 0 ? y[j] : c->with->slope * y[j];
        }
    }
}

static void assert_rows(const int8_case *c, const float *y, int64_t ld)
{
    for (int64_t i = 0; i < c->m * ld; i++)
        if (i % ld >= c->n)
            assert_true(y[i] == 77);
        else if (memcmp(&y[i], &c->expected[i / ld * c->n + i % ld], sizeof *y) != 0)
            fail_msg("%s, %d x %d x %d: row %d, column %d is %.9g, expected %.9g", c->layer.kernels->name, (int)c->m,
                     (int)c->n, (int)c->k, (int)(i / ld), (int)(i % ld), (double)y[i],
                     (double)c->expected[i / ld * c->n + i % ld]);
}

static void check_rows(int8_case *c)
{
    int64_t ld = c->n + GAP;
    float *y = rk_alloc((size_t)(c->m * ld), sizeof *y), *start = rk_alloc((size_t)c->n, sizeof *start);
    void *memory = rk_alloc(rk_int8_rows_bytes(c->m, c->k), 1);
    rk_int8_rows room = rk_int8_rows_in(memory, c->m, c->k);

    for (int64_t i = 0; i < c->m * ld; i++)
        y[i] = 77;
    rk_int8_layer_finish(&c->layer, (rk_block){ y, ld, c->m, c->n }, (rk_matrix){ c->x, c->k, false }, NULL, room);
    assert_rows(c, y, ld);
    for (int64_t r = 0; r < c->m; r++) {
        const float *x = c->x + r * c->k;

        rk_int8_layer_begin(&c->layer, start, x, room);
        rk_int8_layer_finish(&c->layer, (rk_block){ y + r * ld, ld, 1, c->n }, (rk_matrix){ x, c->k, false },
                             c->n_first > 0 ? start : NULL, room);
    }
    assert_rows(c, y, ld);
    rk_free(y);
    rk_free(start);
    rk_free(memory);
}

static void check_kernels(int8_case *c)
{
    rk_int8_weights weights = { c->kernel, c->scale, c->k, c->n, c->n_first };

    assert_true(rk_int8_layer_init(&c->layer, &weights));
    c->layer.bias = c->bias;
    c->layer.norm = *c->with;
    for (const rk_int8_kernels *const *kernels = rk_all_int8_kernels; *kernels; kernels++) {
        c->layer.kernels = *kernels;
        if ((*kernels)->supported())
            check_rows(c);
    }
    rk_int8_layer_clear(&c->layer);
}

static int8_case make_case(int64_t m, int64_t n, int64_t k)
{
    int8_case c = { .m = m,
                    .n = n,
                    .k = k,
                    .bias = normals(n, 1),
                    .norm = normals(3 * n, 2),
                    .x = normals(m * k, 3),
                    .expected = rk_alloc((size_t)(m * n), sizeof(float)) };

    make_kernel(&c);
    for (int64_t l = 0; l < k; l++) /* the first row is all 0, the second is not negative */
        c.x[l] = m > 1 ? 0 : c.x[l];
    for (int64_t l = 0; m > 1 && l < k; l++)
        c.x[k + l] = fabsf(c.x[k + l]);
    return c;
}

static void free_case(int8_case *c)
{
    rk_free(c->kernel);
    rk_free(c->scale);
    rk_free(c->bias);
    rk_free(c->norm);
    rk_free(c->x);
    rk_free(c->expected);
}

static void check_shape(int64_t m, int64_t n, int64_t k)
{
    int8_case c = make_case(m, n, k);
    rk_norm norms[] = { { .slope = 1 },
                        { .slope = 0.25F },
                        { .center = c.norm, .scale = c.norm + n, .shift = c.norm + 2 * n, .slope = 0 } };

    for (size_t i = 0; i < sizeof norms / sizeof *norms; i++)
        for (c.n_first = 0; c.n_first < k; c.n_first += 1 + k / 3) {
            c.with = &norms[i];
            compute(&c);
            check_kernels(&c);
        }
    free_case(&c);
}

static void kernels_have_the_bits_of_the_definition(void **state)
{
    static const int64_t rows[] = { 1, 2, 3, 8, 19 }, widths[] = { 1, 16, 31, 48, 130 }, depths[] = { 1, 4, 7, 64, 70 };

    (void)state;
    for (size_t m = 0; m < sizeof rows / sizeof *rows; m++)
        for (size_t n = 0; n < sizeof widths / sizeof *widths; n++)
            for (size_t k = 0; k < sizeof depths / sizeof *depths; k++)
                check_shape(rows[m], widths[n], depths[k]);
}

/* 255 x 127 twice over leaves 16 bits. */
static void extremes_do_not_saturate(void **state)
{
    int8_case c = make_case(9, 17, 4096);
    rk_norm none = { .slope = 1 };

    (void)state;
    for (int64_t i = 0; i < c.k * c.n; i++)
        c.kernel[i] = 127 * c.scale[i % c.n];
    for (int64_t i = 0; i < c.m * c.k; i++)
        c.x[i] = 2;
    c.with = &none;
    compute(&c);
    check_kernels(&c);
    free_case(&c);
}

static void result_is_near_the_floats(void **state)
{
    int8_case c = make_case(8, 48, 300);
    rk_norm none = { .slope = 1 };

    (void)state;
    c.n_first = 100;
    c.with = &none;
    compute(&c);
    for (int64_t r = 0; r < c.m; r++)
        for (int64_t j = 0; j < c.n; j++) {
            double sum = (double)c.bias[j], size = 0;

            for (int64_t l = 0; l < c.k; l++) {
                double term = (double)c.x[r * c.k + l] * (double)c.kernel[l * c.n + j];

                sum += term;
                size += term * term;
            }
            assert_true(fabs(sum - (double)c.expected[r * c.n + j]) <= 0.04 * sqrt(size) + 1e-5);
        }
    free_case(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels_have_the_bits_of_the_definition),
        cmocka_unit_test(extremes_do_not_saturate),
        cmocka_unit_test(result_is_near_the_floats),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
