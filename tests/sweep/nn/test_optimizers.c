/* Every optimizer in the table against a scalar oracle in double, written from the formulas and not from the code, over
 * dense values, touched rows and untouched rows; and stopped and continued from its slots with the same bits.
 */
#include "updater_world.h"

#include <math.h>

enum { STEPS = 25 };

/* State of one value, and what happens to it in step t (from 1). */
typedef struct value {
    double w, s0, s1;
} value;

typedef void (*rule)(value *v, double g, bool has_gradient, double rate, int t);

static void sgd(value *v, double g, bool has_gradient, double rate, int t)
{
    (void)t;
    if (has_gradient)
        v->w -= rate * g;
}

static void momentum(value *v, double g, bool has_gradient, double rate, int t)
{
    (void)t;
    if (!has_gradient)
        return;
    v->s0 = 0.7 * v->s0 + g;
    v->w -= rate * v->s0;
}

static void momentumw(value *v, double g, bool has_gradient, double rate, int t)
{
    if (has_gradient)
        v->w *= 1 - 0.01;
    momentum(v, g, has_gradient, rate, t);
}

static void adam(value *v, double g, bool has_gradient, double rate, int t)
{
    (void)has_gradient;
    v->s0 = 0.85 * v->s0 + 0.15 * g;
    v->s1 = 0.99 * v->s1 + 0.01 * g * g;
    v->w -= rate * sqrt(1 - pow(0.99, t)) / (1 - pow(0.85, t)) * v->s0 / (sqrt(v->s1) + 1e-8);
}

static void lazy_adam(value *v, double g, bool has_gradient, double rate, int t)
{
    if (has_gradient)
        adam(v, g, has_gradient, rate, t);
}

static void adamw(value *v, double g, bool has_gradient, double rate, int t)
{
    if (has_gradient)
        v->w -= 0.02 * v->w;
    adam(v, g, has_gradient, rate, t);
}

static void adagrad(value *v, double g, bool has_gradient, double rate, int t)
{
    (void)t;
    if (!has_gradient)
        return;
    v->s0 += g * g;
    v->w -= rate * g / sqrt(v->s0);
}

static void rms_prop(value *v, double g, bool has_gradient, double rate, int t)
{
    (void)t;
    if (!has_gradient)
        return;
    v->s0 += (g * g - v->s0) * 0.2;
    v->s1 = 0.6 * v->s1 + rate * g / sqrt(v->s0 + 0.5);
    v->w -= v->s1;
}

static void ftrl_power(value *v, double g, double rate, double power)
{
    double n = v->s0 + g * g, l1 = 0.3, l2 = 0.05, shrinkage = 0.1;

    v->s1 += g + 2 * shrinkage * v->w - (pow(n, power) - pow(v->s0, power)) / rate * v->w;
    v->s0 = n;
    v->w = fabs(v->s1) <= l1 ? 0 : -(v->s1 - (v->s1 > 0 ? l1 : -l1)) / (pow(n, power) / rate + 2 * l2);
}

static void ftrl(value *v, double g, bool has_gradient, double rate, int t)
{
    (void)t;
    if (has_gradient)
        ftrl_power(v, g, rate, 0.5);
}

static void ftrl_slow(value *v, double g, bool has_gradient, double rate, int t)
{
    (void)t;
    if (has_gradient)
        ftrl_power(v, g, rate, 0.3);
}

struct oracle {
    const char *name, *options;
    rule rule;
    double s0, s1; /* initial slots */
};

static const struct oracle oracles[] = {
    { "sgd_optimizer", "", sgd, 0, 0 },
    { "momentum_optimizer", "momentum_optimizer_value: 0.7", momentum, 0, 0 },
    { "momentumw_optimizer", "momentum_optimizer_value: 0.7 weight_decay: 0.01", momentumw, 0, 0 },
    { "adam_optimizer", "beta1: 0.85 beta2: 0.99", adam, 0, 0 },
    { "lazy_adam_optimizer", "beta1: 0.85 beta2: 0.99", lazy_adam, 0, 0 },
    { "adamw_optimizer", "beta1: 0.85 beta2: 0.99 weight_decay: 0.02", adamw, 0, 0 },
    { "adagrad_optimizer", "initial_accumulator_value: 0.2", adagrad, 0.2, 0 },
    { "rms_prop_optimizer", "momentum_optimizer_value: 0.6 decay: 0.8 epsilon: 0.5", rms_prop, 1, 0 },
    { "ftrl_optimizer", "initial_accumulator_value: 0.2 l1_reg: 0.3 l2_reg: 0.05 l2_shrinkage_reg: 0.1", ftrl, 0.2, 0 },
    { "ftrl_optimizer",
      "learning_rate_power: -0.3 initial_accumulator_value: 0.2 l1_reg: 0.3 l2_reg: 0.05 l2_shrinkage_reg: 0.1",
      ftrl_slow, 0.2, 0 },
};
enum { N_ORACLES = sizeof oracles / sizeof *oracles };

/* A rate that changes, so that a step number that is off by one shows. */
static double rate_at(int step)
{
    return 0.05 * pow(0.9, floor(step / 3.0));
}

static struct world *oracle_world(const struct oracle *oracle)
{
    rk_buf text;
    struct world *made;

    rk_buf_init(&text, 0);
    rk_buf_printf(&text,
                  "optimizer_config { %s { %s learning_rate { exponential_decay_learning_rate { "
                  "initial_learning_rate: 0.05 decay_steps: 3 decay_factor: 0.9 } } } }",
                  oracle->name, oracle->options);
    made = world_new(WORLD_SMALL, text.data, NULL);
    rk_buf_clear(&text);
    return made;
}

/* The model's values in one row: the slab, then the tables. */
struct model {
    value *values;
    double *gradient;
    bool *has_gradient;
    size_t n, table[2]; /* where a table begins */
};

static struct model model_new(const struct world *world, const struct oracle *oracle)
{
    size_t dense = rk_graph_dense_size(world->graph);
    struct model model = { .table = { dense, dense + world_table_size(world, 0) } };

    model.n = model.table[1] + world_table_size(world, 1);
    model.values = rk_alloc(model.n, sizeof *model.values);
    model.gradient = rk_alloc(model.n, sizeof *model.gradient);
    model.has_gradient = rk_alloc(model.n, sizeof *model.has_gradient);
    for (size_t i = 0; i < model.n; i++) {
        int t = i >= model.table[1] ? 1 : 0;
        double w = i < dense ? world->weights->dense[i] : world->weights->tables[t][i - model.table[t]];

        model.values[i] = (value){ w, oracle->s0, oracle->s1 };
    }
    return model;
}

static void model_free(struct model *model)
{
    rk_free(model->values);
    rk_free(model->gradient);
    rk_free(model->has_gradient);
}

static void model_step(struct model *model, const struct world *world, const struct oracle *oracle, int step)
{
    memset(model->gradient, 0, model->n * sizeof *model->gradient);
    memset(model->has_gradient, 0, model->n * sizeof *model->has_gradient);
    for (int p = 0; p < rk_graph_n_params(world->graph); p++) {
        const rk_param *param = rk_graph_param_at(world->graph, p);

        for (size_t i = param->offset; i < param->offset + (size_t)rk_shape_size(&param->shape); i++) {
            model->gradient[i] = world->gradients.dense[i];
            model->has_gradient[i] = param->trainable;
        }
    }
    for (int l = 0; l < WORLD_LOOKUPS; l++) {
        const rk_sparse *sparse = &world->sparse[l];

        for (int64_t i = 0; i < sparse->n * sparse->dim; i++) {
            int64_t row = sparse->rows[i / sparse->dim];
            size_t at = model->table[sparse->table] + (size_t)(row * sparse->dim + i % sparse->dim);

            model->gradient[at] += sparse->values[i];
            model->has_gradient[at] = true;
        }
    }
    for (size_t i = 0; i < model->n; i++)
        if (i >= model->table[0] || model->has_gradient[i]) /* statistics are nobody's */
            oracle->rule(&model->values[i], model->gradient[i], model->has_gradient[i], rate_at(step), step + 1);
}

static void assert_near(const char *what, size_t i, double expected, double found)
{
    if (!(fabs(expected - found) <= 2e-5 * fabs(expected) + 2e-6))
        fail_msg("%s, value %zu: expected %.9g, found %.9g", what, i, expected, found);
}

static void model_compare(const struct model *model, struct world *world, const struct oracle *oracle)
{
    rk_updater_settle(world->updater);
    for (int p = 0; p < rk_graph_n_params(world->graph); p++) {
        const rk_param *param = rk_graph_param_at(world->graph, p);

        for (size_t i = param->offset; i < param->offset + (size_t)rk_shape_size(&param->shape); i++) {
            assert_near(oracle->name, i, model->values[i].w, world->weights->dense[i]);
            for (int s = 0; s < rk_updater_n_slots(world->updater); s++)
                assert_near(rk_updater_slot_name(world->updater, s), i, s ? model->values[i].s1 : model->values[i].s0,
                            rk_updater_slot_dense(world->updater, s)[i]);
        }
    }
    for (size_t i = model->table[0]; i < model->n; i++) {
        int t = i >= model->table[1] ? 1 : 0;
        size_t at = i - model->table[t];

        assert_near(oracle->name, i, model->values[i].w, world->weights->tables[t][at]);
        for (int s = 0; s < rk_updater_n_slots(world->updater); s++)
            assert_near(rk_updater_slot_name(world->updater, s), i, s ? model->values[i].s1 : model->values[i].s0,
                        rk_updater_slot_table(world->updater, s, t)[at]);
    }
}

static void every_optimizer_has_an_oracle(void **state)
{
    (void)state;
    for (const rk_optimizer_def *const *def = rk_optimizers; *def; def++) {
        int found = 0;

        for (int i = 0; i < N_ORACLES; i++)
            found += !strcmp(oracles[i].name, (*def)->name);
        if (!found)
            fail_msg("%s has no oracle here", (*def)->name);
        assert_non_null((*def)->update);
        assert_true((*def)->n_slots <= RK_MAX_SLOTS);
    }
}

static void optimizers_follow_the_oracle(void **state)
{
    (void)state;
    for (int o = 0; o < N_ORACLES; o++) {
        struct world *world = oracle_world(&oracles[o]);
        struct model model = model_new(world, &oracles[o]);

        for (int step = 0; step < STEPS; step++) {
            rocket_error err = { 0 };

            world_gradients(world, (uint64_t)step);
            model_step(&model, world, &oracles[o], step);
            assert_int_equal(rk_updater_apply(world->updater, &world->gradients, (uint64_t)step, NULL, &err),
                             ROCKET_OK);
            model_compare(&model, world, &oracles[o]);
        }
        model_free(&model);
        world_free(world);
    }
}

static void a_run_continues_from_its_slots(void **state)
{
    (void)state;
    for (int o = 0; o < N_ORACLES; o++) {
        struct world *whole = oracle_world(&oracles[o]), *first = oracle_world(&oracles[o]);
        struct world *second = oracle_world(&oracles[o]);

        for (uint64_t step = 0; step < STEPS; step++)
            world_step(whole, step);
        for (uint64_t step = 0; step < 9; step++)
            world_step(first, step);
        world_copy(second, first);
        for (uint64_t step = 9; step < STEPS; step++)
            world_step(second, step);
        world_assert_same(whole, second);
        world_free(whole);
        world_free(first);
        world_free(second);
    }
}

/* The rule is elementwise: however a run is cut and wherever it lies, the bits are the same. */
static void runs_can_be_cut_anywhere(void **state)
{
    enum { N = 67 };

    (void)state;
    for (int o = 0; o < N_ORACLES; o++) {
        const rk_optimizer_def *def = rk_optimizer_find(oracles[o].name);
        struct world *world = oracle_world(&oracles[o]);
        const ProtobufCMessage *options;
        float blocks[2][RK_MAX_SLOTS + 1][N], g[N];
        rk_hyper hyper = { .rate = 0.05 };

        rk_oneof_name(&rk_config_root(world->config)->train_config->optimizer_config[0]->base, &options);
        if (def->prepare)
            def->prepare(&hyper, options, 3);
        for (int b = 0; b <= RK_MAX_SLOTS; b++) {
            world_draw(blocks[0][b], N, 1, (uint64_t)b);
            for (int i = 0; i < N; i++)
                blocks[0][b][i] = b ? fabsf(blocks[0][b][i]) : blocks[0][b][i];
        }
        memcpy(blocks[1], blocks[0], sizeof blocks[0]);
        world_draw(g, N, 2, 0);
        for (int cuts = 0; cuts < 2; cuts++)
            for (int at = 0, n; at < N; at += n) {
                rk_update_run run = { .w = blocks[cuts][0] + at, .g = g + at, .hyper = &hyper };

                n = cuts == 0 ? N : 1 + at % 5 < N - at ? 1 + at % 5 : N - at;
                run.n = n;
                for (int b = 0; b < RK_MAX_SLOTS; b++)
                    run.slots[b] = blocks[cuts][b + 1] + at;
                def->update(&run);
            }
        assert_memory_equal(blocks[0], blocks[1], sizeof blocks[0]);
        world_free(world);
    }
}

enum { TABLE_ROWS = 40, WIDEST = 32 };

typedef float table_values[RK_MAX_SLOTS + 1][TABLE_ROWS * WIDEST]; /* weights, and slots */

/* Some rows of a table at once (how 0), or one by one. */
static void move_rows(const rk_optimizer_def *def, table_values values, const rk_update_rows *rows, int how)
{
    rk_update_rows own = *rows;

    own.table.w = values[0];
    for (int s = 0; s < RK_MAX_SLOTS; s++)
        own.table.slots[s] = values[s + 1];
    if (how == 0)
        def->update_rows(&own);
    for (int64_t i = 0; how == 1 && i < rows->n; i++) {
        int64_t at = rows->rows[i] * rows->dim;
        rk_update_run run = own.table;

        run.w += at;
        for (int s = 0; s < RK_MAX_SLOTS; s++)
            run.slots[s] += at;
        run.g += i * rows->dim;
        run.n = rows->dim;
        def->update(&run);
    }
}

/* Rows that an optimizer moves together, whatever their width, move as each would alone; the others stay. */
static void rows_move_as_one_by_one(void **state)
{
    static const int64_t dims[] = { 1, 5, 8, 16, 24, 31, WIDEST },
                         some[] = { 0, 1, 2, 7, 9, 10, 11, 12, 13, 20, 30, 39 };
    static table_values values[2];
    static float g[TABLE_ROWS * WIDEST];
    int n_tested = 0;

    (void)state;
    for (int o = 0; o < N_ORACLES; o++) {
        const rk_optimizer_def *def = rk_optimizer_find(oracles[o].name);
        struct world *world = oracle_world(&oracles[o]);
        const ProtobufCMessage *options;
        rk_hyper hyper = { .rate = 0.05 };

        rk_oneof_name(&rk_config_root(world->config)->train_config->optimizer_config[0]->base, &options);
        if (def->prepare)
            def->prepare(&hyper, options, 3);
        for (size_t d = 0; def->update_rows && d < sizeof dims / sizeof dims[0]; d++, n_tested++) {
            rk_update_rows rows = { .rows = some, .n = sizeof some / sizeof some[0], .dim = dims[d] };

            rows.table.hyper = &hyper;
            rows.table.g = g;
            world_draw(g, TABLE_ROWS * WIDEST, 2, d);
            for (int s = 0; s <= RK_MAX_SLOTS; s++)
                world_draw(values[0][s], TABLE_ROWS * WIDEST, 1, (uint64_t)s);
            for (int i = 0; i < TABLE_ROWS * WIDEST; i++)
                for (int s = 1; s <= RK_MAX_SLOTS; s++)
                    values[0][s][i] = fabsf(values[0][s][i]);
            memcpy(values[1], values[0], sizeof values[0]);
            move_rows(def, values[0], &rows, 0);
            move_rows(def, values[1], &rows, 1);
            assert_memory_equal(values[0], values[1], sizeof values[0]);
        }
        world_free(world);
    }
    assert_true(n_tested > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_optimizer_has_an_oracle),  cmocka_unit_test(optimizers_follow_the_oracle),
        cmocka_unit_test(a_run_continues_from_its_slots), cmocka_unit_test(runs_can_be_cut_anywhere),
        cmocka_unit_test(rows_move_as_one_by_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
