/* Initialisers: the distributions they promise, values that depend on seed and name only, and parts that fit together.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "rk_test.h"
#include "weights.h"

enum { ROWS = 20000, DIM = 16, SIZE = ROWS * DIM }; /* several parts of a fill */

static rk_weights *draw(const char *init, double a, double b, uint64_t seed, rk_pool *pool)
{
    rk_graph *graph = rk_graph_new();
    rk_table table = { .name = "table", .n_rows = ROWS, .dim = DIM, .init = rk_init_make(init, a, b) };
    rocket_error err = { 0 };
    rk_weights *weights = NULL;

    rk_graph_input_ids(graph, "ids");
    rk_graph_table(graph, &table);
    assert_int_equal(rk_graph_finish(graph, &err), ROCKET_OK);
    assert_int_equal(rk_weights_new(&weights, graph, &err), ROCKET_OK);
    rk_weights_init(weights, seed, pool);
    return weights;
}

static void drop(rk_weights *weights)
{
    rk_graph *graph = (rk_graph *)(uintptr_t)weights->graph;

    rk_weights_free(weights);
    rk_graph_free(graph);
}

typedef struct distribution {
    const char *name;
    double a, b, mean, stddev, low, high; /* of a [ROWS, DIM] table */
} distribution;

/* Standard deviation of a standard normal that is truncated at 2. */
static const double truncated = 0.87962566103423978;

static void check_distribution(const distribution *d)
{
    rk_weights *weights = draw(d->name, d->a, d->b, 7, NULL);
    double sum = 0, squares = 0, low = INFINITY, high = -INFINITY;

    for (int i = 0; i < SIZE; i++) {
        double w = (double)weights->tables[0][i];

        sum += w;
        squares += w * w;
        low = fmin(low, w);
        high = fmax(high, w);
    }
    double mean = sum / SIZE, stddev = sqrt(fmax(0, squares / SIZE - mean * mean));
    if (fabs(mean - d->mean) > 6 * d->stddev / sqrt(SIZE) + 1e-7 * fabs(d->mean) ||
        fabs(stddev - d->stddev) > 0.01 * d->stddev + 1e-6 || low < d->low || high > d->high)
        fail_msg("%s: mean %g, stddev %g, from %g to %g", d->name, mean, stddev, low, high);
    if (d->stddev > 0) /* all of the range is used */
        assert_true(high - low > 3.4 * d->stddev);
    drop(weights);
}

static void values_follow_their_distribution(void **state)
{
    const double glorot = sqrt(6.0 / (ROWS + DIM)), he = sqrt(2.0 / ROWS), g = glorot / sqrt(3);
    const distribution all[] = {
        { "zeros", 1, 1, 0, 0, 0, 0 },
        { "ones", 0, 0, 1, 0, 1, 1 },
        { "constant", 0.3, 0, (double)0.3F, 0, 0.29, 0.31 },
        { "uniform", -1, 3, 1, 4 / sqrt(12), -1, 3 },
        { "random_normal", 2, 0.5, 2, 0.5, -2, 6 },
        { "truncated_normal", 1, 0.5, 1, 0.5 * truncated, 0, 2 },
        { "glorot_uniform", 0, 0, 0, g, -glorot * 1.0001, glorot * 1.0001 },
        { "glorot_normal", 0, 0, 0, g, -2.0001 * g / truncated, 2.0001 * g / truncated },
        { "he_normal", 0, 0, 0, he, -8 * he, 8 * he },
    };

    (void)state;
    for (size_t i = 0; rk_inits[i]; i++) {
        if (i == sizeof all / sizeof all[0] || strcmp(all[i].name, rk_inits[i]->name) != 0)
            fail_msg("%s: expected a line in this test, at its place in inits.def", rk_inits[i]->name);
        check_distribution(&all[i]);
    }
    assert_null(rk_init_find("gaussian"));
}

/* What a config may ask for is in the table, with the numbers of its message. */
static void configs_name_initialisers(void **state)
{
    const ProtobufCMessageDescriptor *message = &rocket__initializer__descriptor;
    Rocket__Initializer config = ROCKET__INITIALIZER__INIT;
    Rocket__RandomNormalInitializer normal = ROCKET__RANDOM_NORMAL_INITIALIZER__INIT;
    Rocket__ConstantInitializer constant = ROCKET__CONSTANT_INITIALIZER__INIT;
    rk_init ones = rk_init_make("ones", 0, 0), init;
    float three = 3;

    (void)state;
    for (unsigned i = 0; i < message->n_fields; i++) {
        const char *field = message->fields[i].name;
        char name[64];

        snprintf(name, sizeof name, "%.*s", (int)(strlen(field) - strlen("_initializer")), field);
        if (!rk_init_find(name))
            fail_msg("%s: expected an initialiser of this name in inits.def", name);
    }
    assert_ptr_equal(rk_init_configured(NULL, ones).def, ones.def);
    assert_ptr_equal(rk_init_configured(&config, ones).def, ones.def);
    config.initializer_oneof_case = ROCKET__INITIALIZER__INITIALIZER_ONEOF_RANDOM_NORMAL_INITIALIZER;
    config.random_normal_initializer = &normal;
    normal.mean = 0.5F;
    normal.stddev = 2;
    init = rk_init_configured(&config, ones);
    assert_string_equal(init.def->name, "random_normal");
    assert_true(init.a == 0.5 && init.b == 2);
    config.initializer_oneof_case = ROCKET__INITIALIZER__INITIALIZER_ONEOF_CONSTANT_INITIALIZER;
    config.constant_initializer = &constant;
    constant.consts = &three;
    constant.n_consts = 1;
    init = rk_init_configured(&config, ones);
    assert_string_equal(init.def->name, "constant");
    assert_true(init.a == 3);
}

static void bits_depend_on_the_seed_only(void **state)
{
    rk_pool *pool = rk_pool_new(3);

    (void)state;
    for (const rk_init_def *const *def = rk_inits; *def; def++) {
        rk_weights *alone = draw((*def)->name, 1, 2, 7, NULL), *threads = draw((*def)->name, 1, 2, 7, pool);
        rk_weights *other = draw((*def)->name, 1, 2, 8, NULL);
        bool varies = alone->tables[0][0] != alone->tables[0][1];

        assert_memory_equal(alone->tables[0], threads->tables[0], SIZE * sizeof(float));
        assert_int_equal(memcmp(alone->tables[0], other->tables[0], SIZE * sizeof(float)) != 0, varies);
        drop(alone);
        drop(threads);
        drop(other);
    }
    rk_pool_free(pool);
}

static void parts_fit_together(void **state)
{
    enum { N = 1000 };
    float whole[N], parts[N];

    (void)state;
    for (const rk_init_def *const *def = rk_inits; *def; def++) {
        rk_init init = { *def, 0.1, 0.2 };
        rk_rng rng = rk_rng_at(1, RK_RNG_INIT, 0, 5);

        (*def)->fill(&(rk_init_part){ whole, 0, N, 10, 100 }, &init, rng);
        for (uint64_t first = 0; first < N; first += 7) {
            uint64_t n = N - first < 7 ? N - first : 7;

            (*def)->fill(&(rk_init_part){ parts + first, first, n, 10, 100 }, &init, rng);
        }
        assert_memory_equal(whole, parts, sizeof whole);
    }
}

/* A word that lies at u of its range becomes the value below which u of the mass between -2 and 2 lies: the C library's
 * erf takes every value back to its word. */
static void truncated_normals_invert_the_distribution(void **state)
{
    enum { N = 1 << 17 };
    float *out = rk_alloc(N, sizeof *out);
    uint32_t *words = rk_alloc(N, sizeof *words);
    rk_rng rng = rk_rng_at(1, RK_RNG_INIT, 0, 5);

    (void)state;
    rk_init_fill_truncated(&(rk_init_part){ out, 0, N, 1, 1 }, 0, 1, rng);
    rk_rng_words(&rng, words, N);
    for (size_t i = 0; i < N; i++) {
        double u = ((double)words[i] + 0.5) * 0x1p-32, density = exp(-0.5 * (double)out[i] * (double)out[i]);

        assert_true(fabs((double)out[i]) <= 2.000001);
        assert_true(fabs(erf((double)out[i] / sqrt(2)) / erf(sqrt(2)) - (2 * u - 1)) < 1e-6 * density + 1e-9);
    }
    rk_free(out);
    rk_free(words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_follow_their_distribution),
        cmocka_unit_test(configs_name_initialisers),
        cmocka_unit_test(bits_depend_on_the_seed_only),
        cmocka_unit_test(parts_fit_together),
        cmocka_unit_test(truncated_normals_invert_the_distribution),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
