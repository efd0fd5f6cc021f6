/* Layers of 8-bit integers: every kernel that runs here gives the bits of the definition in int8.h, written out below
 * with sums of 64 bits, as floats and as bytes, for shapes that fill tiles and that don't, rows together and apart,
 * with a user's columns worked out before and not; extremes do not saturate; values at the ends of floats have a byte.
 * Floats are rounded to the nearest byte, and bags of a table are the sums of its rows. */
#include <math.h>
#include <string.h>

#include "int8_rows.h"
#include "mem.h"
#include "rk_test.h"
#include "rng.h"

enum { GAP = 3, UNTOUCHED = 77, SLACK = RK_INT8_QUAD };

typedef struct int8_case {
    int64_t m, n, k;
    int8_t *w;
    uint8_t *zero, *x, *y_zero;
    float *scale, *bias, *norm, *y_scale;
    rk_norm with;
    bool to_bytes;
    float *floats; /* [m, n] what is expected, of one of the two */
    uint8_t *bytes;
    rk_int8_layer layer;
} int8_case;

static float *draw(int64_t n, uint64_t seed, float least, float greatest)
{
    rk_rng rng = rk_rng_at(seed, RK_RNG_TEST, 4, 0);
    float *values = rk_alloc((size_t)n, sizeof *values);

    for (int64_t i = 0; i < n; i++)
        values[i] = least + (greatest - least) * rk_rng_float(&rng);
    return values;
}

static void *draw_bytes(int64_t n, uint64_t seed)
{
    rk_rng rng = rk_rng_at(seed, RK_RNG_TEST, 5, 0);
    uint8_t *values = rk_alloc((size_t)n + SLACK, 1);

    for (int64_t i = 0; i < n + SLACK; i++)
        values[i] = (uint8_t)rk_rng_below(&rng, 256);
    return values;
}

static int8_case make_case(int64_t m, int64_t n, int64_t k)
{
    return (int8_case){ .m = m,
                        .n = n,
                        .k = k,
                        .w = draw_bytes(k * n, 1),
                        .zero = draw_bytes(k, 2),
                        .x = draw_bytes(m * (k + GAP), 3),
                        .y_zero = rk_alloc((size_t)n, 1),
                        .scale = draw(n, 4, 1e-5F, 1e-4F),
                        .bias = draw(n, 5, -1, 1),
                        .norm = draw(3 * n, 6, 0.5F, 1.5F),
                        .y_scale = draw(n, 7, 0.003F, 0.03F),
                        .with = { .slope = 1 },
                        .floats = rk_alloc((size_t)(m * n), sizeof(float)),
                        .bytes = rk_alloc((size_t)(m * n), 1) };
}

static void free_case(int8_case *c)
{
    rk_free(c->w);
    rk_free(c->zero);
    rk_free(c->x);
    rk_free(c->y_zero);
    rk_free(c->scale);
    rk_free(c->bias);
    rk_free(c->norm);
    rk_free(c->y_scale);
    rk_free(c->floats);
    rk_free(c->bytes);
}

/* ---- the definition ---- */

static int64_t sum_of(const int8_case *c, int64_t r, int64_t j)
{
    int64_t sum = 0;

    for (int64_t l = 0; l < c->k; l++)
        sum += ((int64_t)c->x[r * (c->k + GAP) + l] - c->zero[l]) * c->w[l * c->n + j];
    return sum;
}

static void work_out(int8_case *c, int64_t r, int64_t j)
{
    double scale = (double)c->scale[j], shift = (double)c->bias[j], by = c->to_bytes ? 1 / (double)c->y_scale[j] : 1;
    float slope = c->with.slope;

    if (c->with.center) {
        scale *= (double)c->with.scale[j];
        shift = (shift - (double)c->with.center[j]) * (double)c->with.scale[j] + (double)c->with.shift[j];
    }
    float moved = (float)(shift * by), zero = c->to_bytes ? (float)c->y_zero[j] : 0;
    if (c->to_bytes && slope == 1) /* one addition less */
        moved += zero;
    float v = fmaf((float)sum_of(c, r, j), (float)(scale * by), moved);
    v = v > 0 ? v : slope * v;
    if (c->to_bytes && slope != 1)
        v += zero;
    c->floats[r * c->n + j] = v;
    c->bytes[r * c->n + j] = (uint8_t)(v > 0 ? v < 255 ? nearbyintf(v) : 255 : 0);
}

static void expect_same(const int8_case *c, int64_t i, float value, uint8_t byte)
{
    bool same = c->to_bytes ? byte == c->bytes[i] : memcmp(&value, &c->floats[i], sizeof value) == 0;

    if (!same)
        fail_msg("%s, %d x %d x %d: row %d, column %d is %.9g or %d, expected %.9g or %d", c->layer.kernels->name,
                 (int)c->m, (int)c->n, (int)c->k, (int)(i / c->n), (int)(i % c->n), (double)value, byte,
                 (double)c->floats[i], c->bytes[i]);
}

/* ---- what is compared ---- */

/* Rows [begin, end), into rows of y of their own. */
static void check_rows(const int8_case *c, int64_t begin, int64_t end, int64_t first, const int32_t *sums)
{
    int64_t ld = c->n + GAP, n = end - begin;
    float *floats = rk_alloc((size_t)(n * ld), sizeof *floats);
    uint8_t *bytes = rk_alloc((size_t)(n * ld), 1);
    rk_int8_rows rows = { n, { c->x + begin * (c->k + GAP), c->k + GAP }, floats, bytes, ld };

    for (int64_t i = 0; i < n * ld; i++)
        floats[i] = bytes[i] = UNTOUCHED;
    rk_int8_layer_finish(&c->layer, &rows, first, sums);
    for (int64_t i = 0; i < n * ld; i++)
        if (i % ld < c->n)
            expect_same(c, (begin + i / ld) * c->n + i % ld, floats[i], bytes[i]);
        else
            assert_true(floats[i] == UNTOUCHED && bytes[i] == UNTOUCHED);
    rk_free(floats);
    rk_free(bytes);
}

static void check_kernel(const int8_case *c)
{
    int32_t *sums = rk_alloc((size_t)c->n + RK_PANEL, sizeof *sums);

    check_rows(c, 0, c->m, 0, NULL);
    for (int64_t r = 0; r < c->m; r++) /* alone, and from what the first columns give */
        for (int64_t first = RK_INT8_QUAD; first < c->k; first += (c->k / 3 / RK_INT8_QUAD + 1) * RK_INT8_QUAD) {
            check_rows(c, r, r + 1, 0, NULL);
            rk_int8_layer_begin(&c->layer, sums, c->x + r * (c->k + GAP), first);
            check_rows(c, r, r + 1, first, sums);
        }
    rk_free(sums);
}

static void check_kernels(int8_case *c)
{
    assert_true(rk_int8_layer_init(&c->layer, &(rk_int8_weights){ c->w, c->zero, c->k, c->n }));
    rk_int8_layer_follow(&c->layer, &(rk_int8_follow){ .scale = c->scale,
                                                       .bias = c->bias,
                                                       .norm = c->with,
                                                       .y_scale = c->to_bytes ? c->y_scale : NULL,
                                                       .y_zero = c->y_zero });
    for (int64_t r = 0; r < c->m; r++)
        for (int64_t j = 0; j < c->n; j++)
            work_out(c, r, j);
    for (const rk_int8_kernels *const *kernels = rk_all_int8_kernels; *kernels; kernels++) {
        c->layer.kernels = *kernels;
        if ((*kernels)->supported())
            check_kernel(c);
    }
    rk_int8_layer_clear(&c->layer);
}

/* Without a norm and with one, every kind of rectifier, floats and bytes, zero points of 0 and others. */
static void check_shape(int64_t m, int64_t n, int64_t k)
{
    static const float slopes[] = { 1, 0, 0.25F };
    int8_case c = make_case(m, n, k);

    for (int way = 0; way < 12; way++) {
        c.with = (rk_norm){ .slope = slopes[way / 4] };
        if (way % 2)
            c.with =
                (rk_norm){ .center = c.norm, .scale = c.norm + n, .shift = c.norm + 2 * n, .slope = slopes[way / 4] };
        c.to_bytes = way % 4 >= 2;
        for (int64_t j = 0; j < n; j++)
            c.y_zero[j] = (uint8_t)(way % 2 ? j * 37 : 0);
        check_kernels(&c);
    }
    free_case(&c);
}

static void kernels_have_the_bits_of_the_definition(void **state)
{
    static const int64_t rows[] = { 1, 2, 3, 7, 8, 31 }, widths[] = { 1, 16, 31, 48, 64, 130 },
                         depths[] = { 1, 4, 7, 64, 70 };

    (void)state;
    for (size_t m = 0; m < sizeof rows / sizeof *rows; m++)
        for (size_t n = 0; n < sizeof widths / sizeof *widths; n++)
            for (size_t k = 0; k < sizeof depths / sizeof *depths; k++)
                check_shape(rows[m], widths[n], depths[k]);
}

/* 255 x 127 twice over leaves 16 bits; the longest sums there are nearly leave 32. */
static void extremes_do_not_saturate(void **state)
{
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        int8_case c = make_case(9, 17, RK_INT8_MOST_K);

        memset(c.w, sign > 0 ? 127 : -128, (size_t)(c.k * c.n));
        memset(c.x, 255, (size_t)(c.m * (c.k + GAP)));
        memset(c.zero, 0, (size_t)c.k);
        check_kernels(&c);
        assert_true(sum_of(&c, 0, 0) * sign > INT32_MAX / 3);
        free_case(&c);
    }
}

/* Infinities and what is no number have a byte that all kernels agree upon. */
static void every_value_has_a_byte(void **state)
{
    static const float shifts[] = { INFINITY, -INFINITY, NAN, 1e30F, -1e30F, 0.5F, 1.5F, 254.5F, 255.5F };
    enum { N = sizeof shifts / sizeof *shifts };
    int8_case c = make_case(8, N, 8);

    (void)state;
    c.to_bytes = true;
    for (int64_t j = 0; j < N; j++) {
        c.bias[j] = shifts[j];
        c.y_scale[j] = 1;
        c.scale[j] = 1e-20F;
    }
    for (int way = 0; way < 2; way++) {
        c.with.slope = way ? 0.5F : 1;
        check_kernels(&c);
        for (int64_t j = 0; j < N; j++)
            assert_int_equal(c.bytes[j], ((int[]){ 255, 0, 0, 255, 0, 0, 2, 254, 255 })[j]);
    }
    free_case(&c);
}

static bool has_avx2(void)
{
    const rk_backend *avx2 = rk_backend_find("avx2");

    return avx2 && avx2->supported();
}

static void check_rounding(const rk_int8_row_kernels *kernels)
{
    static const float x[] = { 0, 0.49F, 0.5F, -3, 40, NAN, INFINITY, -INFINITY, -1.75F, 1.25F };
    static const int expected[] = { 10, 11, 11, 4, 90, 0, 255, 0, 6, 12 }; /* 2 x + 10, halves to even */
    enum { N = sizeof x / sizeof *x };
    float values[2 * N], inverse[N], zero[N];
    uint8_t y[2 * (N + GAP)] = { 0 };

    for (int i = 0; i < N; i++) {
        values[i] = values[N + i] = x[i];
        inverse[i] = 2;
        zero[i] = 10;
    }
    kernels->round((rk_bytes){ y, N + GAP }, (rk_block){ values, N, 2, N }, inverse, zero);
    for (int i = 0; i < 2 * (N + GAP); i++)
        assert_int_equal(y[i], i % (N + GAP) < N ? expected[i % (N + GAP)] : 0);
}

static void floats_become_the_nearest_byte(void **state)
{
    (void)state;
    check_rounding(&rk_int8_rows_plain);
    if (has_avx2())
        check_rounding(&rk_int8_rows_avx2);
}

/* ---- bags ---- */

enum { BAGS = 5, IDS = 40, MOST_DIM = 130 };

/* The same bytes from every kernel, and nothing behind them. */
static void check_sum(const rk_int8_bag *bag, int64_t row, const float *ratio)
{
    uint8_t y[2][MOST_DIM + GAP] = { 0 };
    int64_t begin = bag->bag.offsets[row];
    rk_int8_sum sum = { .y = y[0],
                        .q = bag->q,
                        .dim = bag->dim,
                        .ids = bag->bag.ids + begin,
                        .weights = bag->bag.weights ? bag->bag.weights + begin : NULL,
                        .n = bag->bag.offsets[row + 1] - begin,
                        .factor = 0.3F,
                        .ratio = ratio };

    rk_int8_rows_plain.sum(&sum);
    sum.y = y[1];
    (has_avx2() ? &rk_int8_rows_avx2 : &rk_int8_rows_plain)->sum(&sum);
    assert_memory_equal(y[0], y[1], sizeof y[0]);
    for (int64_t d = bag->dim; d < MOST_DIM + GAP; d++)
        assert_int_equal(y[0][d], 0);
}

static void check_bag(const rk_int8_bag *bag, const float *scale, const float *ratio)
{
    static float y[BAGS * (MOST_DIM + GAP)];
    static uint8_t bytes[BAGS * (MOST_DIM + GAP)];
    int64_t ld = bag->dim + GAP;

    rk_int8_bag_floats((rk_block){ y, ld, BAGS, bag->dim }, bag, scale);
    rk_int8_bag_bytes((rk_bytes){ bytes, ld }, BAGS, bag, ratio);
    for (int64_t r = 0; r < BAGS; r++) {
        check_sum(bag, r, ratio);
        for (int64_t d = 0; d < bag->dim; d++) {
            double sum = 0, weights = 0;

            for (int64_t i = bag->bag.offsets[r]; i < bag->bag.offsets[r + 1]; i++) {
                double w = bag->bag.weights ? (double)bag->bag.weights[i] : 1;

                sum += w * bag->q[bag->bag.ids[i] * bag->dim + d];
                weights += bag->bag.combiner == RK_COMBINER_MEAN ? w : w * w;
            }
            if (bag->bag.combiner != RK_COMBINER_SUM && weights > 0)
                sum /= bag->bag.combiner == RK_COMBINER_MEAN ? weights : sqrt(weights);
            double byte = fmin(fmax(sum * (ratio ? (double)ratio[d] : 1) + 128, 0), 255);
            assert_float_equal(y[r * ld + d], sum * (double)scale[d], 1e-4);
            assert_true(fabs(bytes[r * ld + d] - byte) <= 0.5 + 1e-3);
        }
    }
}

static void bags_are_sums_of_rows(void **state)
{
    static const int64_t dims[] = { 1, 3, 8, 16, 21, 32, MOST_DIM }, offsets[BAGS + 1] = { 2, 2, 3, 4, 37, IDS },
                         ones[BAGS + 1] = { 20, 21, 22, 23, 24, 25 };
    int8_t *q = draw_bytes(IDS * MOST_DIM, 1);
    float *scale = draw(MOST_DIM, 2, 0.01F, 0.1F), *ratio = draw(MOST_DIM, 3, 0.1F, 0.9F);
    float *weights = draw(IDS, 4, 0.2F, 2);
    int64_t ids[IDS];

    (void)state;
    for (int64_t i = 0; i < IDS; i++)
        ids[i] = i * 17 % IDS;
    for (size_t i = 0; i < sizeof dims / sizeof *dims; i++)
        for (int way = 0; way < 12; way++) {
            rk_int8_bag bag = { q, dims[i], { .offsets = offsets, .ids = ids } };

            bag.bag.weights = way % 2 ? weights : NULL;
            bag.bag.combiner = (rk_combiner)(way / 4);
            check_bag(&bag, scale, way / 2 % 2 ? ratio : NULL);
            bag.bag.offsets = ones;
            check_bag(&bag, scale, way / 2 % 2 ? ratio : NULL);
        }
    rk_free(q);
    rk_free(scale);
    rk_free(ratio);
    rk_free(weights);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels_have_the_bits_of_the_definition),
        cmocka_unit_test(extremes_do_not_saturate),
        cmocka_unit_test(every_value_has_a_byte),
        cmocka_unit_test(floats_become_the_nearest_byte),
        cmocka_unit_test(bags_are_sums_of_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
