/* See variables.h. All tensors are found and checked before the first is copied, so that a file that does not fit
 * leaves a run as it was.
 */
#include "variables.h"

#include <string.h>

#include "arena.h"
#include "bf16.h"
#include "error.h"
#include "int8_tensors.h"

typedef struct copy {
    const rk_tensor_info *from;
    float *to;              /* floats; NULL: not wanted */
    rk_int8_kernel *kernel; /* of 8-bit integers, one of the two: where they are kept, */
    rk_int8_table *table;
    rk_int8_kernel kernel_room; /* and what is to be put there */
    rk_int8_table table_room;
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
    bool known = tensor->type == RK_F32 || tensor->type == RK_I8 || tensor->type == RK_BF16;
    bool same = known && tensor->rank == shape->rank;
    for (int i = 0; same && i < shape->rank; i++)
        same = tensor->dims[i] == shape->dims[i];
    RK_FAIL_IF(!same, CORRUPT, err, "tensor \"%s\" has another type or shape than the model", name);
    *out = tensor;
    return ROCKET_OK;
}

static rk_shape table_shape(const rk_table *table)
{
    return (rk_shape){ .rank = 2, .dims = { table->n_rows, table->dim } };
}

rocket_status rk_variables_check(const rk_graph *graph, const rk_tensor_file *file, rocket_error *err)
{
    const rk_tensor_info *tensor;

    for (int i = 0; i < rk_graph_n_params(graph); i++) {
        const rk_param *param = rk_graph_param_at(graph, i);
        RK_TRY(find(&tensor, file, param->name, &param->shape, err));
        if (tensor->type == RK_I8)
            RK_TRY(rk_int8_kernel_check(file, tensor, err));
    }
    for (int i = 0; i < rk_graph_n_tables(graph); i++) {
        const rk_table *table = rk_graph_table_at(graph, i);
        rk_shape shape = table_shape(table);
        RK_TRY(find(&tensor, file, table->name, &shape, err));
        if (tensor->type == RK_I8)
            RK_TRY(rk_int8_table_check(file, tensor, err));
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

static rocket_status no_memory(rocket_error *err)
{
    return rk_fail(err, ROCKET_FAILED, "out of memory");
}

/* The variables just added may be of 8 bits. */
static rocket_status add_kernel(loading *l, rk_int8_kernel *to, rocket_error *err)
{
    copy *c = &l->copies[l->n - 1];

    if (c->from->type != RK_I8)
        return ROCKET_OK;
    RK_TRY(rk_int8_kernel_check(l->file, c->from, err));
    c->kernel = to;
    return rk_int8_kernel_read(&c->kernel_room, l->file, c->from) ? ROCKET_OK : no_memory(err);
}

static rocket_status add_table(loading *l, rk_int8_table *to, rocket_error *err)
{
    copy *c = &l->copies[l->n - 1];

    if (c->from->type != RK_I8)
        return ROCKET_OK;
    RK_TRY(rk_int8_table_check(l->file, c->from, err));
    c->table = to;
    return rk_int8_table_read(&c->table_room, l->file, c->from) ? ROCKET_OK : no_memory(err);
}

static rocket_status add_weights(loading *l, rk_weights *weights, rocket_error *err)
{
    const rk_graph *graph = weights->graph;

    for (int i = 0; i < rk_graph_n_params(graph); i++) {
        const rk_param *param = rk_graph_param_at(graph, i);
        RK_TRY(add(l, weights->dense + param->offset, param->name, NULL, &param->shape, err));
        RK_TRY(add_kernel(l, &weights->int8_kernels[i], err));
    }
    for (int i = 0; i < rk_graph_n_tables(graph); i++) {
        const rk_table *table = rk_graph_table_at(graph, i);
        rk_shape shape = table_shape(table);
        RK_TRY(add(l, weights->tables[i], table->name, NULL, &shape, err));
        RK_TRY(add_table(l, &weights->int8_tables[i], err));
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

static void put_kernel(copy *c)
{
    rk_int8_kernel_floats(c->to, &c->kernel_room, c->from->dims[0], c->from->dims[1]);
    rk_int8_kernel_clear(c->kernel);
    *c->kernel = c->kernel_room;
    c->kernel_room = (rk_int8_kernel){ 0 };
}

static void put_table(copy *c)
{
    if (c->to)
        rk_int8_table_floats(c->to, &c->table_room, c->from->dims[0], c->from->dims[1]);
    rk_int8_table_clear(c->table);
    *c->table = c->table_room;
    c->table_room = (rk_int8_table){ 0 };
}

/* Tensors of foreign files may stand anywhere. */
static void widen(float *to, const rk_tensor_info *from)
{
    for (size_t i = 0; i < from->bytes / sizeof(uint16_t); i++) {
        uint16_t half;

        memcpy(&half, (const char *)from->data + i * sizeof half, sizeof half);
        to[i] = rk_bf16_float(half);
    }
}

static void put(copy *c)
{
    if (c->kernel)
        put_kernel(c);
    else if (c->table)
        put_table(c);
    else if (c->from->type == RK_BF16)
        widen(c->to, c->from);
    else if (c->from->bytes > 0)
        memcpy(c->to, c->from->data, c->from->bytes);
}

rocket_status rk_variables_load(rk_weights *weights, rk_updater *updater, const rk_tensor_file *file, rocket_error *err)
{
    loading l = { .file = file };

    rk_arena_init(&l.arena, 0);
    rocket_status status = add_all(&l, weights, updater, err);
    for (size_t i = 0; status == ROCKET_OK && i < l.n; i++)
        put(&l.copies[i]);
    for (size_t i = 0; i < l.n; i++) {
        rk_int8_kernel_clear(&l.copies[i].kernel_room);
        rk_int8_table_clear(&l.copies[i].table_room);
    }
    rk_arena_clear(&l.arena);
    return status;
}
