/* The updater around the optimizers: clipping with upstream's norm, the multiplier, two optimizers, bad gradients,
 * faults of the config, and that neither threads nor steps change what they must not.
 */
#include "adam_rule.h"
#include "updater_world.h"

#include <math.h>

#define RATE "learning_rate { constant_learning_rate { learning_rate: 0.1 } }"
#define SGD "optimizer_config { sgd_optimizer { " RATE " } } "
#define ADAM "optimizer_config { adam_optimizer { " RATE " } } "
#define LAZY_ADAM "optimizer_config { lazy_adam_optimizer { " RATE " } } "

static double squares(const float *values, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)values[i] * values[i];
    return sum;
}

/* Upstream's norm: look-ups of a shared table count apart. Statistics have no gradient. */
static double expected_norm(const struct world *world)
{
    double sum = 0;

    for (int p = 0; p < rk_graph_n_params(world->graph); p++) {
        const rk_param *param = rk_graph_param_at(world->graph, p);

        if (param->trainable)
            sum += squares(world->gradients.dense + param->offset, (size_t)rk_shape_size(&param->shape));
    }
    for (int i = 0; i < WORLD_LOOKUPS; i++)
        sum += squares(world->sparse[i].values, (size_t)(world->sparse[i].n * world->sparse[i].dim));
    return sqrt(sum);
}

/* How far value i of a table moves under plain descent: the sum over the look-ups' gradients. */
static double table_gradient(const struct world *world, int table, int64_t row, int64_t d)
{
    double sum = 0;

    for (int l = 0; l < WORLD_LOOKUPS; l++)
        for (int64_t i = 0; world->sparse[l].table == table && i < world->sparse[l].n; i++)
            if (world->sparse[l].rows[i] == row)
                sum += world->sparse[l].values[i * world->sparse[l].dim + d];
    return sum;
}

/* One step of plain descent: every value moves by rate * factor * gradient, the tables' by multiplier times that. */
static void assert_moves(const char *train, double clip, double multiplier)
{
    struct world *world = world_new(WORLD_SMALL, train, NULL);
    const rk_param *kernel = rk_graph_param_at(world->graph, 0);
    rocket_error err = { 0 };
    double norm, expected, factor, want[5 * 50], want_kernel[12];
    float *table = world->weights->tables[0], *w = world->weights->dense + kernel->offset;

    world_gradients(world, 0);
    for (int l = 0; l < WORLD_LOOKUPS; l++) /* the norm is that of the scaled gradients */
        for (int64_t i = 0; i < world->sparse[l].n * world->sparse[l].dim; i++)
            world->sparse[l].values[i] *= (float)multiplier;
    expected = expected_norm(world);
    world_gradients(world, 0);
    factor = clip > 0 && expected > clip ? clip / expected : 1;
    for (int i = 0; i < 12; i++)
        want_kernel[i] = w[i] - 0.1 * factor * world->gradients.dense[kernel->offset + (size_t)i];
    for (int i = 0; i < 250; i++)
        want[i] = table[i] - 0.1 * factor * multiplier * table_gradient(world, 0, i / 5, i % 5);
    assert_int_equal(rk_updater_apply(world->updater, &world->gradients, 0, &norm, &err), ROCKET_OK);
    assert_true(fabs(norm - expected) < 1e-6 * expected);
    for (int i = 0; i < 12; i++)
        assert_true(fabs(w[i] - want_kernel[i]) < 1e-6);
    for (int i = 0; i < 250; i++)
        assert_true(fabs(table[i] - want[i]) < 1e-6);
    world_free(world);
}

static void gradients_are_clipped_by_the_norm_of_their_parts(void **state)
{
    (void)state;
    assert_moves(SGD, 0, 1);
    assert_moves(SGD "gradient_clipping_by_norm: 0.5", 0.5, 1);
    assert_moves(SGD "gradient_clipping_by_norm: 1000", 1000, 1);
}

static void the_multiplier_scales_tables_before_clipping(void **state)
{
    (void)state;
    assert_moves("optimizer_config { sgd_optimizer { " RATE " } embedding_learning_rate_multiplier: 3 }", 0, 3);
    assert_moves("optimizer_config { sgd_optimizer { " RATE " } embedding_learning_rate_multiplier: 0.25 } "
                 "gradient_clipping_by_norm: 2",
                 2, 0.25);
}

static void the_norm_counts_lookups_of_a_shared_table_apart(void **state)
{
    struct world *world = world_new(WORLD_SMALL, SGD, NULL);
    rocket_error err = { 0 };
    double norm;

    (void)state;
    memset(world->gradients.dense, 0, rk_graph_dense_size(world->graph) * sizeof(float));
    for (int l = 0; l < WORLD_LOOKUPS; l++) {
        rk_sparse *sparse = &world->sparse[l];

        sparse->n = 1;
        sparse->rows[0] = 3;
        memset(sparse->values, 0, (size_t)sparse->dim * sizeof(float));
        sparse->values[0] = l == 1 ? 0 : 1; /* both look-ups of table 0: the true norm is 2 */
    }
    assert_int_equal(rk_updater_apply(world->updater, &world->gradients, 0, &norm, &err), ROCKET_OK);
    assert_true(fabs(norm - sqrt(2)) < 1e-12);
    world_free(world);
}

static void statistics_never_move(void **state)
{
    struct world *world = world_new(WORLD_SMALL, ADAM, NULL);
    const rk_param *mean = rk_graph_param_at(world->graph, rk_graph_find_param(world->graph, "net/bn/moving_mean"));
    float before[3];

    (void)state;
    memcpy(before, world->weights->dense + mean->offset, sizeof before);
    for (uint64_t step = 0; step < 5; step++)
        world_step(world, step);
    assert_memory_equal(before, world->weights->dense + mean->offset, sizeof before);
    world_free(world);
}

static void untouched_rows(const char *train, bool move)
{
    struct world *world = world_new(WORLD_SMALL, train, NULL);
    float before[5], *row = world->weights->tables[0] + 5 * 11;
    rocket_error err = { 0 };

    for (uint64_t step = 0; step < 6; step++) /* every row gets some history */
        world_step(world, step);
    rk_updater_settle(world->updater);
    memcpy(before, row, sizeof before);
    world_gradients(world, 6);
    for (int l = 0; l < WORLD_LOOKUPS; l++) {
        world->sparse[l].n = 1;
        world->sparse[l].rows[0] = 2;
    }
    assert_int_equal(rk_updater_apply(world->updater, &world->gradients, 6, NULL, &err), ROCKET_OK);
    rk_updater_settle(world->updater);
    assert_int_equal(memcmp(before, row, sizeof before) != 0, move);
    world_free(world);
}

static void only_adam_moves_rows_that_were_not_touched(void **state)
{
    (void)state;
    untouched_rows(ADAM, true);
    untouched_rows(LAZY_ADAM, false);
}

/* A gradient of zero and no gradient are the same to a coasting row; this is what catching up rests on. */
static void a_zero_gradient_is_no_gradient(void **state)
{
    struct world *a = world_new(WORLD_SMALL, ADAM, NULL), *b = world_new(WORLD_SMALL, ADAM, NULL);
    rocket_error err = { 0 };

    (void)state;
    for (uint64_t step = 0; step < 4; step++) {
        world_step(a, step);
        world_step(b, step);
    }
    for (uint64_t step = 4; step < 2000; step++) { /* far enough for moments to vanish */
        for (int l = 0; l < WORLD_LOOKUPS; l++) {
            a->sparse[l].n = 0;
            b->sparse[l].n = b->sparse[l].capacity;
            for (int64_t i = 0; i < b->sparse[l].n; i++)
                b->sparse[l].rows[i] = i;
            memset(b->sparse[l].values, 0, (size_t)(b->sparse[l].n * b->sparse[l].dim) * sizeof(float));
        }
        assert_int_equal(rk_updater_apply(a->updater, &a->gradients, step, NULL, &err), ROCKET_OK);
        assert_int_equal(rk_updater_apply(b->updater, &b->gradients, step, NULL, &err), ROCKET_OK);
    }
    world_assert_same(a, b);
    world_free(a);
    world_free(b);
}

/* All rows of the first table, with the gradient of `few` where that has one, else 0. */
static void spread(rk_sparse *all, const rk_sparse *few)
{
    memset(all->values, 0, (size_t)(all->capacity * all->dim) * sizeof(float));
    for (all->n = 0; all->n < all->capacity; all->n++)
        all->rows[all->n] = all->n;
    for (int64_t i = 0; i < few->n; i++)
        memcpy(all->values + few->rows[i] * few->dim, few->values + i * few->dim, (size_t)few->dim * sizeof(float));
}

/* Three rows of each step, some near the borders of words and pieces. */
static void touch_few(rk_sparse *few, int64_t step)
{
    few->n = 3;
    few->rows[0] = 63 + step % 3;
    few->rows[1] = 200 + step * 7;
    few->rows[2] = few->capacity - 1 - step % 70;
    for (int64_t i = 0; i < few->n * few->dim; i++)
        few->values[i] = (float)(i % 5 - 2) * 0.25F;
}

/* Rows at rest do not move. The oracle is an updater that visits all of them, with gradients of zero. */
static void rows_at_rest_are_as_if_visited(void **state)
{
    world_size size = { 4, 3, 30000 }; /* several pieces */
    struct world *a = world_new(size, ADAM, NULL), *b = world_new(size, ADAM, NULL);
    rocket_error err = { 0 };

    (void)state;
    for (int64_t step = 0; step < 60; step++) {
        world_gradients(a, (uint64_t)step);
        world_gradients(b, (uint64_t)step);
        touch_few(&a->sparse[0], step);
        spread(&b->sparse[0], &a->sparse[0]);
        for (int l = 1; l < WORLD_LOOKUPS; l++)
            a->sparse[l].n = b->sparse[l].n = 0;
        if (step == 30) /* as a checkpoint does, and a row that wakes by it */
            rk_updater_slot_table(a->updater, 0, 0)[5 * 1000] = rk_updater_slot_table(b->updater, 0, 0)[5 * 1000] =
                -0.5F;
        assert_int_equal(rk_updater_apply(a->updater, &a->gradients, (uint64_t)step, NULL, &err), ROCKET_OK);
        assert_int_equal(rk_updater_apply(b->updater, &b->gradients, (uint64_t)step, NULL, &err), ROCKET_OK);
    }
    world_assert_same(a, b);
    world_free(a);
    world_free(b);
}

/* ---- catching up against moving every row at every step ---- */

/* Rows from one in two steps to one in thousands; gradients from a sigh to a shout, so that moments vanish too. */
static void touch_some(struct world *world, uint64_t step)
{
    world_gradients(world, step);
    for (int l = 0; l < WORLD_LOOKUPS; l++) {
        rk_sparse *sparse = &world->sparse[l];
        rk_rng rng = rk_rng_at(7, RK_RNG_TEST, step, 600 + (uint64_t)l);

        sparse->n = 0;
        for (int64_t row = 0; row < sparse->capacity; row++)
            if (rk_rng_below(&rng, 2 + (uint64_t)(row * row * row) / 20) == 0)
                sparse->rows[sparse->n++] = row;
        for (int64_t i = 0; i < sparse->n * sparse->dim; i++)
            sparse->values[i] = (float)(rk_rng_normal(&rng) * pow(10, -(double)rk_rng_below(&rng, 20)));
    }
}

/* The step of an optimizer that visits every row: a gradient of zero for rows without one. */
static void step_everywhere(struct world *world, uint64_t step)
{
    float values[5 * 50];
    int64_t rows[50];
    rocket_error err = { 0 };

    touch_some(world, step);
    for (int l = 0; l < WORLD_LOOKUPS; l++) {
        rk_sparse few = world->sparse[l];

        memcpy(rows, few.rows, (size_t)few.n * sizeof *rows);
        memcpy(values, few.values, (size_t)(few.n * few.dim) * sizeof *values);
        few.rows = rows;
        few.values = values;
        spread(&world->sparse[l], &few);
    }
    assert_int_equal(rk_updater_apply(world->updater, &world->gradients, step, NULL, &err), ROCKET_OK);
}

/* Weights of zero (without a sign: the oracle's w - 0 * w would take it off), and some below what a step ever gets. */
static struct world *quiet_world(const char *train, rk_pool *pool)
{
    struct world *world = world_new(WORLD_SMALL, train, pool);
    float *w = world->weights->tables[0];

    for (int i = 0; i < 5 * 50; i++)
        w[i] = i % 7 == 3 ? 0 : w[i] * (i % 11 == 5 ? 1e-30F : 0.01F);
    return world;
}

/* Now and then somebody looks, or the run is broken off and continued from its slots in another process. */
static struct world *disturbed(struct world *world, const char *train, rk_pool *pool, rk_rng *rng)
{
    struct world *next;

    if (rk_rng_below(rng, 150) == 0)
        rk_updater_settle(world->updater);
    if (rk_rng_below(rng, 400) != 0)
        return world;
    next = quiet_world(train, pool);
    world_copy(next, world);
    world_free(world);
    return next;
}

static void catches_up(const char *train)
{
    rk_pool *pool = rk_pool_new(3);
    struct world *lazy = quiet_world(train, pool), *naive = quiet_world(train, NULL);
    rk_rng rng = rk_rng_at(7, RK_RNG_TEST, 0, 700);
    rocket_error err = { 0 };

    for (uint64_t step = 0; step < 2500; step++) {
        touch_some(lazy, step);
        assert_int_equal(rk_updater_apply(lazy->updater, &lazy->gradients, step, NULL, &err), ROCKET_OK);
        step_everywhere(naive, step);
        lazy = disturbed(lazy, train, pool, &rng);
        if (step % 500 == 499)
            world_assert_same(lazy, naive);
    }
    world_free(lazy);
    world_free(naive);
    rk_pool_free(pool);
}

static void rows_catch_up_as_if_all_had_moved(void **state)
{
    (void)state;
    catches_up(
        "optimizer_config { adam_optimizer { learning_rate { constant_learning_rate { learning_rate: 0.001 } } } }");
    catches_up("optimizer_config { adam_optimizer { learning_rate { exponential_decay_learning_rate { "
               "initial_learning_rate: 0.01 decay_steps: 100 decay_factor: 0.5 min_learning_rate: 0 } } } }");
    catches_up("optimizer_config { adam_optimizer { beta1: 0.9 beta2: 0.5 " RATE " } }"); /* steps that grow at first */
    catches_up("optimizer_config { adam_optimizer { beta1: 0.05 beta2: 0.99999 " RATE " } }");
    catches_up("optimizer_config { adam_optimizer { beta1: 0 beta2: 0 " RATE " } }");
    catches_up("optimizer_config { adam_optimizer { learning_rate { cosine_decay_learning_rate { "
               "learning_rate_base: 0.01 total_steps: 3000 warmup_steps: 700 } } } } gradient_clipping_by_norm: 1");
}

/* Runs of all lengths around a register, values that vanish on the way. */
static void both_coasting_kernels_agree(void **state)
{
    enum { N = 67, MOST = 300 };
    rk_hyper steps[MOST] = { 0 };
    float plain[3][N], fast[3][N];
    rk_rng rng = rk_rng_at(7, RK_RNG_TEST, 0, 800);

    (void)state;
    if (!rk_adam_avx2_supported())
        skip();
    for (int trial = 0; trial < 2000; trial++) {
        rk_adam_options options = { trial % 3 ? 0.9F : rk_rng_float(&rng), trial % 5 ? 0.999F : rk_rng_float(&rng), 0 };
        int n = (int)rk_rng_below(&rng, MOST) + 1;
        rk_coasting coasting = { .steps = steps, .n = n };
        rk_update_run run = { .w = plain[0], .slots = { plain[1], plain[2] }, .n = 1 + trial % N };

        for (int i = 0; i < n; i++) {
            steps[i].rate = 0.01 * rk_rng_float(&rng);
            rk_adam_prepare(&steps[i], &options, (uint64_t)(trial + i));
            coasting.peak.c[0] = fmax(coasting.peak.c[0], steps[i].c[0]);
        }
        for (int i = 0; i < 3 * N; i++) {
            double scale = pow(10, -(double)rk_rng_below(&rng, i < N ? 10 : 38));
            plain[i / N][i % N] = (float)(rk_rng_normal(&rng) * scale) * (float)(rk_rng_below(&rng, 6) != 0);
            if (i >= 2 * N)
                plain[i / N][i % N] = fabsf(plain[i / N][i % N]);
        }
        memcpy(fast, plain, sizeof fast);
        rk_adam_coast_plain(&run, &coasting);
        run = (rk_update_run){ .w = fast[0], .slots = { fast[1], fast[2] }, .n = run.n };
        rk_adam_coast_avx2(&run, &coasting);
        assert_memory_equal(plain, fast, sizeof fast);
    }
}

/* Rows of all lengths around a register; values that vanish, and gradients whose squares do. */
static void both_adam_kernels_agree(void **state)
{
    enum { N = 37 };
    float plain[4][N], fast[4][N];
    rk_rng rng = rk_rng_at(7, RK_RNG_TEST, 0, 810);

    (void)state;
    if (!rk_adam_avx2_supported())
        skip();
    for (int trial = 0; trial < 20000; trial++) {
        rk_adam_options options = { trial % 3 ? 0.9F : rk_rng_float(&rng), trial % 5 ? 0.999F : rk_rng_float(&rng), 0 };
        rk_hyper hyper = { .rate = 0.01 * rk_rng_float(&rng) };
        rk_update_run run = { plain[0], plain[1], { plain[2], plain[3] }, 1 + trial % N, &hyper };

        options.decay = trial % 2 ? 0.1F * rk_rng_float(&rng) : 0;
        rk_adam_prepare(&hyper, &options, (uint64_t)trial);
        for (int i = 0; i < 4 * N; i++) {
            double scale = pow(10, -(double)rk_rng_below(&rng, i < N ? 10 : 38));
            float value = (float)(rk_rng_normal(&rng) * scale) * (float)(rk_rng_below(&rng, 6) != 0);

            plain[i / N][i % N] = i < 3 * N ? value : fabsf(value);
        }
        memcpy(fast, plain, sizeof fast);
        rk_adam_update_plain(&run);
        run = (rk_update_run){ fast[0], fast[1], { fast[2], fast[3] }, run.n, &hyper };
        rk_adam_update_avx2(&run);
        assert_memory_equal(plain, fast, sizeof fast);
    }
}

static void two_optimizers_share_the_variables(void **state)
{
    struct world *world = world_new(WORLD_SMALL,
                                    "optimizer_config { adagrad_optimizer { " RATE " } } "
                                    "optimizer_config { momentum_optimizer { learning_rate { constant_learning_rate { "
                                    "learning_rate: 0.5 } } } }",
                                    NULL);
    size_t at = rk_graph_param_at(world->graph, 0)->offset;
    float w = world->weights->dense[at];

    (void)state;
    assert_int_equal(rk_updater_n_slots(world->updater), 2);
    assert_string_equal(rk_updater_slot_name(world->updater, 0), "Adagrad");
    assert_string_equal(rk_updater_slot_name(world->updater, 1), "Momentum");
    assert_null(rk_updater_slot_dense(world->updater, 0));
    assert_non_null(rk_updater_slot_table(world->updater, 0, 0));
    assert_non_null(rk_updater_slot_dense(world->updater, 1));
    assert_null(rk_updater_slot_table(world->updater, 1, 1));
    assert_false(rk_updater_slot_has_param(world->updater, 0, 0));
    assert_true(rk_updater_slot_has_param(world->updater, 1, 0));
    assert_false(rk_updater_slot_has_param(world->updater, 1, 1)); /* moving_mean */
    assert_true(fabs(rk_updater_rate(world->updater, 0) - 0.1) < 1e-8);
    world_step(world, 0);
    assert_true(fabs(world->weights->dense[at] - (w - 0.5 * world->gradients.dense[at])) < 1e-6);
    world_free(world);
}

static void assert_refused(struct world *world, const char *expected)
{
    size_t dense = rk_graph_dense_size(world->graph);
    float *before = rk_alloc(dense, sizeof(float)), table[250];
    rocket_error err = { 0 };
    double norm = -1;

    memcpy(before, world->weights->dense, dense * sizeof(float));
    memcpy(table, world->weights->tables[0], sizeof table);
    assert_int_equal(rk_updater_apply(world->updater, &world->gradients, 1, &norm, &err), ROCKET_FAILED);
    assert_string_equal(err.text, expected);
    assert_true(norm == -1);
    assert_memory_equal(before, world->weights->dense, dense * sizeof(float));
    assert_memory_equal(table, world->weights->tables[0], sizeof table);
    rk_free(before);
}

static void a_gradient_that_is_not_finite_moves_nothing(void **state)
{
    struct world *world = world_new(WORLD_SMALL, ADAM "gradient_clipping_by_norm: 1", NULL);
    const rk_param *bias = rk_graph_param_at(world->graph, 2);
    rk_sparse *sparse = &world->sparse[2];

    (void)state;
    world_step(world, 0);
    world_gradients(world, 1);
    sparse->values[3 * sparse->dim + 1] = INFINITY;
    sparse->rows[3] = 17;
    assert_refused(world, "the gradient of input_layer/a/embedding_weights is inf in row 17");
    world_gradients(world, 1);
    world->gradients.dense[bias->offset + 2] = NAN;
    assert_refused(world, "the gradient of net/bias is nan at value 2");
    world_gradients(world, 1);
    world->gradients.dense[rk_graph_param_at(world->graph, 1)->offset] = NAN; /* moving_mean: nobody's gradient */
    assert_int_equal(rk_updater_apply(world->updater, &world->gradients, 1, NULL, NULL), ROCKET_OK);
    world_free(world);
}

/* Big enough for several pieces of each kind. */
static void threads_do_not_change_the_bits(void **state)
{
    static const char *const trains[] = { ADAM "gradient_clipping_by_norm: 1", LAZY_ADAM };

    (void)state;
    for (int c = 0; c < 2; c++) {
        world_size size = { 300, 150, 30000 };
        struct world *alone = world_new(size, trains[c], NULL);

        for (uint64_t step = 0; step < 3; step++)
            world_step(alone, step);
        for (int threads = 2; threads <= 5; threads += 3) {
            rk_pool *pool = rk_pool_new(threads);
            struct world *world = world_new(size, trains[c], pool);

            for (uint64_t step = 0; step < 3; step++)
                world_step(world, step);
            world_assert_same(alone, world);
            world_free(world);
            rk_pool_free(pool);
        }
        world_free(alone);
    }
}

static void a_step_allocates_nothing(void **state)
{
    struct world *world = world_new(WORLD_SMALL, LAZY_ADAM, NULL);
    uint64_t count;

    (void)state;
    for (uint64_t step = 0; step < 30; step++) /* the largest batch is among them */
        world_step(world, step);
    count = rk_alloc_count();
    for (uint64_t step = 0; step < 30; step++)
        world_step(world, step);
    assert_int_equal(rk_alloc_count(), count);
    world_free(world);
}

static void failed_allocations_leak_nothing(void **state)
{
    struct world *world = world_new(WORLD_SMALL, ADAM, NULL);
    rocket_status status = ROCKET_FAILED;

    (void)state;
    for (uint64_t n = 1; status != ROCKET_OK; n++) {
        uint64_t live = rk_alloc_live_bytes();
        rk_updater *updater = NULL;
        rocket_error err = { 0 };

        rk_alloc_fail_at(n);
        status = rk_updater_new(&updater, world->weights, world->config, NULL, &err);
        rk_alloc_fail_at(0);
        assert_int_equal(updater == NULL, status != ROCKET_OK);
        assert_int_equal(err.status, status);
        rk_updater_free(updater);
        assert_int_equal(rk_alloc_live_bytes(), live);
    }
    world_free(world);
}

static void faulty_configs_are_refused(void **state)
{
    static const char *const cases[][2] = {
        { "", "train_config needs one optimizer_config" },
        { SGD SGD SGD, "found 3" },
        { "optimizer_config {}", "found none" },
        { "optimizer_config { adam_async_optimizer {} }", "found adam_async_optimizer" },
        { "optimizer_config { sgd_optimizer {} }", "expected a learning rate" },
        { "optimizer_config { sgd_optimizer { learning_rate {} } }", "expected a learning rate" },
        { "optimizer_config { sgd_optimizer { learning_rate { constant_learning_rate { learning_rate: -1 } } } }",
          "learning_rate must be a finite number >= 0, got -1" },
        { "optimizer_config { sgd_optimizer { learning_rate { constant_learning_rate { learning_rate: nan } } } }",
          "got nan" },
        { "optimizer_config { adam_optimizer { " RATE " beta2: 1 } }", "beta2 must be in [0, 1), got 1" },
        { "optimizer_config { adagrad_optimizer { " RATE " initial_accumulator_value: 0 } }", "a finite number > 0" },
        { "optimizer_config { rms_prop_optimizer { " RATE " epsilon: 0 } }", "epsilon must be" },
        { "optimizer_config { ftrl_optimizer { " RATE " learning_rate_power: 0.5 } }", "learning_rate_power must be" },
        { "optimizer_config { ftrl_optimizer { " RATE " l1_reg: -0.5 } }", "l1_reg must be" },
        { "optimizer_config { momentum_optimizer { " RATE " momentum_optimizer_value: 1.5 } }", "in [0, 1)" },
        { "optimizer_config { sgd_optimizer { learning_rate { exponential_decay_learning_rate { decay_steps: 0 } } } }",
          "decay_steps must be at least 1" },
        { "optimizer_config { sgd_optimizer { learning_rate { cosine_decay_learning_rate { total_steps: 100 } } } }",
          "total_steps must be more than warmup_steps" },
        { "optimizer_config { sgd_optimizer { learning_rate { manual_step_learning_rate { schedule { step: 5 } "
          "schedule { step: 5 } } } } }",
          "step must be above the step of the entry before, got 5" },
        { "optimizer_config { sgd_optimizer { learning_rate { poly_decay_learning_rate { power: 1 } } } }",
          "total_steps must be at least 1" },
        { "optimizer_config { sgd_optimizer { learning_rate { transformer_learning_rate { warmup_steps: 1 } } } }",
          "hidden_size must be at least 1" },
        { SGD "gradient_clipping_by_norm: -1", "gradient_clipping_by_norm must be" },
        { SGD "freeze_gradient: \"dnn_\\\\d\"", "freeze_gradient: \"dnn_\\d\": \"\\d\" is not known" },
        { "optimizer_config { use_moving_average: true sgd_optimizer { " RATE " } }", "use_moving_average" },
        { "optimizer_config { embedding_learning_rate_multiplier: -2 sgd_optimizer { " RATE " } }",
          "embedding_learning_rate_multiplier must be" },
    };
    struct world *world = world_new(WORLD_SMALL, SGD, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rk_config *config = world_config(cases[i][0]);
        rk_updater *updater = NULL;
        rocket_error err = { 0 };

        assert_int_equal(rk_updater_new(&updater, world->weights, config, NULL, &err), ROCKET_CONFIG);
        assert_null(updater);
        if (!strstr(err.text, cases[i][1]) || strncmp(err.text, "test", 4))
            fail_msg("expected \"test...: ... %s\", found \"%s\"", cases[i][1], err.text);
        rk_config_free(config);
    }
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_clipped_by_the_norm_of_their_parts),
        cmocka_unit_test(the_multiplier_scales_tables_before_clipping),
        cmocka_unit_test(the_norm_counts_lookups_of_a_shared_table_apart),
        cmocka_unit_test(statistics_never_move),
        cmocka_unit_test(only_adam_moves_rows_that_were_not_touched),
        cmocka_unit_test(a_zero_gradient_is_no_gradient),
        cmocka_unit_test(rows_at_rest_are_as_if_visited),
        cmocka_unit_test(rows_catch_up_as_if_all_had_moved),
        cmocka_unit_test(both_coasting_kernels_agree),
        cmocka_unit_test(both_adam_kernels_agree),
        cmocka_unit_test(two_optimizers_share_the_variables),
        cmocka_unit_test(a_gradient_that_is_not_finite_moves_nothing),
        cmocka_unit_test(threads_do_not_change_the_bits),
        cmocka_unit_test(a_step_allocates_nothing),
        cmocka_unit_test(failed_allocations_leak_nothing),
        cmocka_unit_test(faulty_configs_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
