/* See variables.h. All tensors are found and checked before the first is copied, so that a file that does not fit
 * leaves a run as it was.
 */
#include "variables.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "mem.h"

#define MOST_SCALE 1e30F /* so that an integer times it is a number */

typedef struct copy {
    const rk_tensor_info *from;
    const rk_tensor_info *scale; /* of 8-bit integers; NULL: floats */
    float *to;
    bool by_row;           /* scales are of rows (a table's), not of columns (a kernel's) */
    float **scales, *room; /* where the scales of weights are kept, and memory for them; NULL: slots have none */
} copy;

typedef struct loading {
    const rk_tensor_file *file;
    rk_arena arena; /* copies, names of slots */
    copy *copies;
    size_t n;
} loading;

static rocket_status find(const rk_tensor_info **out, const rk_tensor_file *file, const char *name,
                          const rk_shape *shape, rocket_error *err)
{
    const rk_tensor_info *tensor = rk_tensor_file_find(file, name);

    RK_FAIL_IF(tensor == NULL, CORRUPT, err, "no tensor \"%s\"", name);
    bool same = (tensor->type == RK_F32 || tensor->type == RK_I8) && tensor->rank == shape->rank;
    for (int i = 0; same && i < shape->rank; i++)
        same = tensor->dims[i] == shape->dims[i];
    RK_FAIL_IF(!same, CORRUPT, err, "tensor \"%s\" has another type or shape than the model", name);
    *out = tensor;
    return ROCKET_OK;
}

/* The scales of a tensor of 8-bit integers, n of them; *out NULL for one of floats. */
static rocket_status find_scale(const rk_tensor_info **out, const rk_tensor_file *file, const rk_tensor_info *tensor,
                                int64_t n, rocket_error *err)
{
    char name[RK_TENSOR_MAX_NAME + 8];

    *out = NULL;
    if (tensor->type == RK_F32)
        return ROCKET_OK;
    RK_FAIL_IF(tensor->rank != 2, CORRUPT, err, "tensor \"%s\": expected rows and columns of 8-bit integers",
               tensor->name);
    snprintf(name, sizeof name, "%s/scale", tensor->name);
    const rk_tensor_info *scale = rk_tensor_file_find(file, name);
    RK_FAIL_IF(scale == NULL || scale->type != RK_F32 || scale->rank != 1 || scale->dims[0] != n, CORRUPT, err,
               "tensor \"%s\": expected %lld floats, the scales of \"%s\"", name, (long long)n, tensor->name);
    for (int64_t i = 0; i < n; i++) {
        float value;

        memcpy(&value, (const char *)scale->data + (size_t)i * sizeof value, sizeof value); /* may stand anywhere */
        RK_FAIL_IF(!(value >= 0 && value <= MOST_SCALE), CORRUPT, err,
                   "tensor \"%s\": expected scales of 0 or more, found %g", name, (double)value);
    }
    *out = scale;
    return ROCKET_OK;
}

static int64_t n_param_scales(const rk_param *param)
{
    return param->shape.dims[1]; /* of a kernel; one of another rank is refused */
}

static rk_shape table_shape(const rk_table *table)
{
    return (rk_shape){ .rank = 2, .dims = { table->n_rows, table->dim } };
}

rocket_status rk_variables_check(const rk_graph *graph, const rk_tensor_file *file, rocket_error *err)
{
    const rk_tensor_info *tensor, *scale;

    for (int i = 0; i < rk_graph_n_params(graph); i++) {
        const rk_param *param = rk_graph_param_at(graph, i);
        RK_TRY(find(&tensor, file, param->name, &param->shape, err));
        RK_TRY(find_scale(&scale, file, tensor, n_param_scales(param), err));
    }
    for (int i = 0; i < rk_graph_n_tables(graph); i++) {
        const rk_table *table = rk_graph_table_at(graph, i);
        rk_shape shape = table_shape(table);
        RK_TRY(find(&tensor, file, table->name, &shape, err));
        RK_TRY(find_scale(&scale, file, tensor, table->n_rows, err));
    }
    return ROCKET_OK;
}

/* Note one copy; slot NULL: the variable itself. */
static rocket_status add(loading *l, float *to, const char *variable, const char *slot, const rk_shape *shape,
                         rocket_error *err)
{
    const char *name = slot == NULL ? variable : rk_arena_printf(&l->arena, "%s/%s", variable, slot);

    RK_FAIL_IF(name == NULL, FAILED, err, "out of memory");
    RK_TRY(find(&l->copies[l->n].from, l->file, name, shape, err));
    RK_FAIL_IF(slot != NULL && l->copies[l->n].from->type != RK_F32, CORRUPT, err, "tensor \"%s\" has no floats", name);
    l->copies[l->n++].to = to;
    return ROCKET_OK;
}

/* The variable just added may be one of 8 bits, with n scales. */
static rocket_status add_scales(loading *l, float **scales, int64_t n, rocket_error *err)
{
    copy *c = &l->copies[l->n - 1];

    RK_TRY(find_scale(&c->scale, l->file, c->from, n, err));
    c->scales = scales;
    c->room = c->scale ? rk_alloc((size_t)n, sizeof *c->room) : NULL;
    RK_FAIL_IF(c->scale && !c->room, FAILED, err, "out of memory");
    return ROCKET_OK;
}

static rocket_status add_weights(loading *l, rk_weights *weights, rocket_error *err)
{
    const rk_graph *graph = weights->graph;

    for (int i = 0; i < rk_graph_n_params(graph); i++) {
        const rk_param *param = rk_graph_param_at(graph, i);
        RK_TRY(add(l, weights->dense + param->offset, param->name, NULL, &param->shape, err));
        RK_TRY(add_scales(l, &weights->param_scales[i], n_param_scales(param), err));
    }
    for (int i = 0; i < rk_graph_n_tables(graph); i++) {
        const rk_table *table = rk_graph_table_at(graph, i);
        rk_shape shape = table_shape(table);
        RK_TRY(add(l, weights->tables[i], table->name, NULL, &shape, err));
        RK_TRY(add_scales(l, &weights->table_scales[i], table->n_rows, err));
        l->copies[l->n - 1].by_row = true;
    }
    return ROCKET_OK;
}

static rocket_status add_slot(loading *l, const rk_graph *graph, rk_updater *updater, int slot, rocket_error *err)
{
    const char *name = rk_updater_slot_name(updater, slot);

    for (int i = 0; i < rk_graph_n_params(graph); i++) {
        const rk_param *param = rk_graph_param_at(graph, i);
        if (rk_updater_slot_has_param(updater, slot, i))
            RK_TRY(add(l, rk_updater_slot_dense(updater, slot) + param->offset, param->name, name, &param->shape, err));
    }
    for (int i = 0; i < rk_graph_n_tables(graph); i++) {
        const rk_table *table = rk_graph_table_at(graph, i);
        rk_shape shape = table_shape(table);
        float *rows = rk_updater_slot_table(updater, slot, i);
        if (rows != NULL)
            RK_TRY(add(l, rows, table->name, name, &shape, err));
    }
    return ROCKET_OK;
}

static rocket_status add_all(loading *l, rk_weights *weights, rk_updater *updater, rocket_error *err)
{
    int n_slots = updater != NULL ? rk_updater_n_slots(updater) : 0;
    size_t n_variables = (size_t)rk_graph_n_params(weights->graph) + (size_t)rk_graph_n_tables(weights->graph);

    l->copies = rk_arena_alloc(&l->arena, n_variables * (size_t)(1 + n_slots), sizeof *l->copies);
    RK_FAIL_IF(l->copies == NULL, FAILED, err, "out of memory");
    RK_TRY(add_weights(l, weights, err));
    for (int slot = 0; slot < n_slots; slot++)
        RK_TRY(add_slot(l, weights->graph, updater, slot, err));
    return ROCKET_OK;
}

static void copy_integers(copy *c)
{
    int64_t rows = c->from->dims[0], cols = c->from->dims[1];
    const int8_t *from = c->from->data;

    memcpy(c->room, c->scale->data, c->scale->bytes);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t j = 0; j < cols; j++)
            c->to[r * cols + j] = (float)from[r * cols + j] * c->room[c->by_row ? r : j];
}

static void copy_values(copy *c)
{
    if (c->scale)
        copy_integers(c);
    else if (c->from->bytes > 0)
        memcpy(c->to, c->from->data, c->from->bytes);
    if (c->scales) {
        rk_free(*c->scales);
        *c->scales = c->room;
        c->room = NULL;
    }
}

rocket_status rk_variables_load(rk_weights *weights, rk_updater *updater, const rk_tensor_file *file, rocket_error *err)
{
    loading l = { .file = file };

    rk_arena_init(&l.arena, 0);
    rocket_status status = add_all(&l, weights, updater, err);
    for (size_t i = 0; status == ROCKET_OK && i < l.n; i++)
        copy_values(&l.copies[i]);
    for (size_t i = 0; i < l.n; i++)
        rk_free(l.copies[i].room);
    rk_arena_clear(&l.arena);
    return status;
}
