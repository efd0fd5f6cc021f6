/* See variables.h. All tensors are found and checked before the first is copied, so that a file that does not fit
 * leaves a run as it was.
 */
#include "variables.h"

#include <string.h>

#include "arena.h"
#include "error.h"

typedef struct copy {
    const rk_tensor_info *from;
    float *to;
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
    bool same = tensor->type == RK_F32 && tensor->rank == shape->rank;
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
    }
    for (int i = 0; i < rk_graph_n_tables(graph); i++) {
        const rk_table *table = rk_graph_table_at(graph, i);
        rk_shape shape = table_shape(table);
        RK_TRY(find(&tensor, file, table->name, &shape, err));
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
    l->copies[l->n++].to = to;
    return ROCKET_OK;
}

static rocket_status add_weights(loading *l, rk_weights *weights, rocket_error *err)
{
    const rk_graph *graph = weights->graph;

    for (int i = 0; i < rk_graph_n_params(graph); i++) {
        const rk_param *param = rk_graph_param_at(graph, i);
        RK_TRY(add(l, weights->dense + param->offset, param->name, NULL, &param->shape, err));
    }
    for (int i = 0; i < rk_graph_n_tables(graph); i++) {
        const rk_table *table = rk_graph_table_at(graph, i);
        rk_shape shape = table_shape(table);
        RK_TRY(add(l, weights->tables[i], table->name, NULL, &shape, err));
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

rocket_status rk_variables_load(rk_weights *weights, rk_updater *updater, const rk_tensor_file *file, rocket_error *err)
{
    loading l = { .file = file };

    rk_arena_init(&l.arena, 0);
    rocket_status status = add_all(&l, weights, updater, err);
    for (size_t i = 0; status == ROCKET_OK && i < l.n; i++)
        if (l.copies[i].from->bytes > 0)
            memcpy(l.copies[i].to, l.copies[i].from->data, l.copies[i].from->bytes);
    rk_arena_clear(&l.arena);
    return status;
}
