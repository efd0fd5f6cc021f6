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

static rocket_status no_memory(const char *what, rocket_error *err)
{
    return rk_fail(err, ROCKET_FAILED, "out of memory for the weights of %s", what);
}

rocket_status rk_weights_new_dense(rk_weights **out, const rk_graph *graph, rocket_error *err)
{
    size_t n_params = (size_t)rk_graph_n_params(graph), n_tables = (size_t)rk_graph_n_tables(graph);
    rk_weights *weights = rk_alloc(1, sizeof *weights);

    if (!weights)
        return no_memory("the model", err);
    weights->graph = graph;
    weights->dense = rk_alloc(rk_graph_dense_size(graph), sizeof(float));
    weights->tables = rk_alloc(n_tables, sizeof *weights->tables);
    weights->int8_kernels = rk_alloc(n_params, sizeof *weights->int8_kernels);
    weights->int8_tables = rk_alloc(n_tables, sizeof *weights->int8_tables);
    if (!weights->dense || !weights->tables || !weights->int8_kernels || !weights->int8_tables) {
        rk_weights_free(weights);
        return no_memory("the dense parameters", err);
    }
    *out = weights;
    return ROCKET_OK;
}

rocket_status rk_weights_add_table(rk_weights *weights, int id, rocket_error *err)
{
    const rk_table *table = rk_graph_table_at(weights->graph, id);

    weights->tables[id] = rk_alloc((size_t)table->n_rows * (size_t)table->dim, sizeof(float));
    return weights->tables[id] ? ROCKET_OK : no_memory(table->name, err);
}

rocket_status rk_weights_new(rk_weights **out, const rk_graph *graph, rocket_error *err)
{
    rk_weights *weights;
    rocket_status status;

    RK_TRY(rk_weights_new_dense(&weights, graph, err));
    status = ROCKET_OK;
    for (int i = 0; i < rk_graph_n_tables(graph) && status == ROCKET_OK; i++)
        status = rk_weights_add_table(weights, i, err);
    if (status == ROCKET_OK)
        *out = weights;
    else
        rk_weights_free(weights);
    return status;
}

void rk_weights_free(rk_weights *weights)
{
    if (!weights)
        return;
    for (int i = 0; weights->tables && i < rk_graph_n_tables(weights->graph); i++)
        rk_free(weights->tables[i]);
    for (int i = 0; weights->int8_kernels && i < rk_graph_n_params(weights->graph); i++)
        rk_int8_kernel_clear(&weights->int8_kernels[i]);
    for (int i = 0; weights->int8_tables && i < rk_graph_n_tables(weights->graph); i++)
        rk_int8_table_clear(&weights->int8_tables[i]);
    rk_free(weights->int8_kernels);
    rk_free(weights->int8_tables);
    rk_free(weights->tables);
    rk_free(weights->dense);
    rk_free(weights);
}

/* ---- 8 bits ---- */

bool rk_weights_have_integers(const rk_weights *weights)
{
    bool found = false;

    for (int i = 0; i < rk_graph_n_params(weights->graph); i++)
        found |= weights->int8_kernels[i].w != NULL;
    for (int i = 0; i < rk_graph_n_tables(weights->graph); i++)
        found |= weights->int8_tables[i].q != NULL;
    return found;
}

bool rk_int8_kernel_alloc(rk_int8_kernel *out, int64_t k, int64_t n)
{
    out->w = rk_alloc((size_t)(k * n), sizeof *out->w);
    out->scale = rk_alloc((size_t)n, sizeof *out->scale);
    out->x_scale = rk_alloc((size_t)k, sizeof *out->x_scale);
    out->x_zero = rk_alloc((size_t)k, sizeof *out->x_zero);
    return out->w && out->scale && out->x_scale && out->x_zero;
}

bool rk_int8_table_alloc(rk_int8_table *out, int64_t n_rows, int64_t dim)
{
    out->q = rk_alloc((size_t)(n_rows * dim), sizeof *out->q);
    out->scale = rk_alloc((size_t)dim, sizeof *out->scale);
    return out->q && out->scale;
}

void rk_int8_kernel_clear(rk_int8_kernel *kernel)
{
    rk_free(kernel->w);
    rk_free(kernel->scale);
    rk_free(kernel->x_scale);
    rk_free(kernel->x_zero);
    *kernel = (rk_int8_kernel){ 0 };
}

void rk_int8_table_clear(rk_int8_table *table)
{
    rk_free(table->q);
    rk_free(table->scale);
    *table = (rk_int8_table){ 0 };
}

void rk_int8_kernel_floats(float *out, const rk_int8_kernel *kernel, int64_t k, int64_t n)
{
    for (int64_t l = 0; l < k; l++)
        for (int64_t j = 0; j < n; j++)
            out[l * n + j] = (float)kernel->w[l * n + j] * kernel->scale[j] / kernel->x_scale[l];
}

void rk_int8_table_floats(float *out, const rk_int8_table *table, int64_t n_rows, int64_t dim)
{
    for (int64_t i = 0; i < n_rows; i++)
        for (int64_t d = 0; d < dim; d++)
            out[i * dim + d] = (float)table->q[i * dim + d] * table->scale[d];
}

/* ---- drawing ---- */

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
