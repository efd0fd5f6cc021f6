/* Weights of a graph: one slab for parameters, one array per table, drawn from streams that are named after them.
 *
 * A table of millions of rows is filled in parts of a fixed size by all threads: an initialiser can begin at any value,
 * so who fills which part does not matter.
 */
#include "weights.h"

#include "error.h"
#include "hash.h"
#include "mem.h"

#include <string.h>

enum { PART_VALUES = 1 << 16 };

rocket_status rk_weights_new(rk_weights **out, const rk_graph *graph, rocket_error *err)
{
    int n_tables = rk_graph_n_tables(graph);
    rk_weights *weights = rk_alloc(1, sizeof *weights);
    const char *missing = weights ? NULL : "the model";

    if (weights) {
        weights->graph = graph;
        weights->dense = rk_alloc(rk_graph_dense_size(graph), sizeof(float));
        weights->tables = rk_alloc((size_t)n_tables, sizeof *weights->tables);
        weights->param_scales = rk_alloc((size_t)rk_graph_n_params(graph), sizeof *weights->param_scales);
        weights->table_scales = rk_alloc((size_t)n_tables, sizeof *weights->table_scales);
        if (!weights->dense || !weights->tables || !weights->param_scales || !weights->table_scales)
            missing = "the dense parameters";
    }
    for (int i = 0; i < n_tables && !missing; i++) {
        const rk_table *table = rk_graph_table_at(graph, i);

        weights->tables[i] = rk_alloc((size_t)table->n_rows * (size_t)table->dim, sizeof(float));
        if (!weights->tables[i])
            missing = table->name;
    }
    if (missing) {
        rk_weights_free(weights);
        return rk_fail(err, ROCKET_FAILED, "out of memory for the weights of %s", missing);
    }
    *out = weights;
    return ROCKET_OK;
}

void rk_weights_free(rk_weights *weights)
{
    if (!weights)
        return;
    for (int i = 0; weights->tables && i < rk_graph_n_tables(weights->graph); i++)
        rk_free(weights->tables[i]);
    for (int i = 0; weights->param_scales && i < rk_graph_n_params(weights->graph); i++)
        rk_free(weights->param_scales[i]);
    for (int i = 0; weights->table_scales && i < rk_graph_n_tables(weights->graph); i++)
        rk_free(weights->table_scales[i]);
    rk_free(weights->param_scales);
    rk_free(weights->table_scales);
    rk_free(weights->tables);
    rk_free(weights->dense);
    rk_free(weights);
}

/* One tensor to be filled, and its stream. */
typedef struct filling {
    float *values;
    int64_t n, fan_in, fan_out;
    const rk_init *init;
    rk_rng rng;
} filling;

static void fill_part(void *arg, int part, int thread)
{
    const filling *f = arg;
    int64_t first = (int64_t)part * PART_VALUES;
    int64_t n = f->n - first < PART_VALUES ? f->n - first : PART_VALUES;
    rk_init_part values = { f->values + first, (uint64_t)first, (uint64_t)n, f->fan_in, f->fan_out };

    (void)thread;
    f->init->def->fill(&values, f->init, f->rng);
}

static void fill(const filling *f, rk_pool *pool)
{
    int n_parts = (int)((f->n + PART_VALUES - 1) / PART_VALUES);

    if (!f->init->def) {
        memset(f->values, 0, (size_t)f->n * sizeof *f->values);
        return;
    }
    if (pool && n_parts > 1) {
        rk_pool_run(pool, n_parts, fill_part, (void *)(uintptr_t)f);
        return;
    }
    for (int part = 0; part < n_parts; part++)
        fill_part((void *)(uintptr_t)f, part, 0);
}

/* Fans as TensorFlow counts them: [in, out] of a matrix; a convolution's {out, in, h, w} has h * w of each. */
static void fans_of(filling *f, const rk_shape *shape)
{
    f->fan_in = shape->rank ? shape->dims[0] : 1;
    f->fan_out = f->fan_in;
    if (shape->rank == 2)
        f->fan_out = shape->dims[1];
    if (shape->rank == 4) {
        int64_t area = shape->dims[2] * shape->dims[3];

        f->fan_out = shape->dims[0] * area;
        f->fan_in = shape->dims[1] * area;
    }
}

void rk_weights_init(rk_weights *weights, uint64_t seed, rk_pool *pool)
{
    const rk_graph *graph = weights->graph;

    for (int i = 0; i < rk_graph_n_params(graph); i++) {
        const rk_param *param = rk_graph_param_at(graph, i);
        filling f = { .values = weights->dense + param->offset,
                      .n = rk_shape_size(&param->shape),
                      .init = &param->init };

        f.rng = rk_rng_at(seed, RK_RNG_INIT, 0, rk_xxh64(param->name, strlen(param->name)));
        fans_of(&f, &param->shape);
        fill(&f, pool);
    }
    for (int i = 0; i < rk_graph_n_tables(graph); i++) {
        const rk_table *table = rk_graph_table_at(graph, i);
        filling f = { .values = weights->tables[i], .n = table->n_rows * table->dim, .init = &table->init };

        f.rng = rk_rng_at(seed, RK_RNG_INIT, 0, rk_xxh64(table->name, strlen(table->name)));
        f.fan_in = table->n_rows;
        f.fan_out = table->dim;
        fill(&f, pool);
    }
}
