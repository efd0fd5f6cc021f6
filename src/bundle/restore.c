/* See restore.h. */
#include "restore.h"

#include <string.h>

#include "error.h"
#include "log.h"
#include "tensors.h"

typedef struct restoring {
    const rk_tensor_file *file;
    const rk_restore *options;
    int n_restored;
} restoring;

static bool is_filtered(const restoring *r, const char *name)
{
    size_t i = 0;

    while (i < r->options->n_filters && !strstr(name, r->options->filters[i]))
        i++;
    return i < r->options->n_filters;
}

/* The shape as a matrix: rows of the first dimension. */
typedef struct extent {
    int64_t rows, columns;
} extent;

static extent extent_of(const int64_t *dims, int rank)
{
    extent e = { rank > 0 ? dims[0] : 1, 1 };

    for (int i = 1; i < rank; i++)
        e.columns *= dims[i];
    return e;
}

static bool same_dims(const rk_tensor_info *from, const rk_shape *to)
{
    bool same = from->rank == to->rank;

    for (int i = 0; same && i < to->rank; i++)
        same = from->dims[i] == to->dims[i];
    return same;
}

/* Only vectors and matrices can be fitted: of more dimensions, nobody knows which part belongs where. */
static bool can_fit(const rk_tensor_info *from, const rk_shape *to)
{
    return from->rank == to->rank && to->rank <= 2;
}

static void copy_part(float *to, extent size, const rk_tensor_info *from)
{
    extent have = extent_of(from->dims, from->rank);
    int64_t rows = have.rows < size.rows ? have.rows : size.rows;
    int64_t columns = have.columns < size.columns ? have.columns : size.columns;
    const char *bytes = from->data; /* of a foreign file: not aligned, maybe */

    for (int64_t i = 0; i < rows; i++)
        memcpy(to + i * size.columns, bytes + (size_t)(i * have.columns) * sizeof *to, (size_t)columns * sizeof *to);
}

static void restore(restoring *r, float *to, const char *name, const rk_shape *shape)
{
    const rk_tensor_info *from = is_filtered(r, name) ? NULL : rk_tensor_file_find(r->file, name);

    if (is_filtered(r, name))
        return;
    if (!from || from->type != RK_F32 ||
        (!same_dims(from, shape) && !(r->options->fit_shapes && can_fit(from, shape)))) {
        rk_log(RK_LOG_WARN, "fine_tune_checkpoint has no \"%s\"%s: it starts as it was drawn", name,
               from ? " of this shape" : "");
        return;
    }
    if (from->bytes > 0)
        copy_part(to, extent_of(shape->dims, shape->rank), from);
    r->n_restored++;
}

static rocket_status restore_all(restoring *r, rk_weights *weights, rocket_error *err)
{
    const rk_graph *graph = weights->graph;

    for (int i = 0; i < rk_graph_n_params(graph); i++) {
        const rk_param *param = rk_graph_param_at(graph, i);
        restore(r, weights->dense + param->offset, param->name, &param->shape);
    }
    for (int i = 0; i < rk_graph_n_tables(graph); i++) {
        const rk_table *table = rk_graph_table_at(graph, i);
        rk_shape shape = { .rank = 2, .dims = { table->n_rows, table->dim } };
        restore(r, weights->tables[i], table->name, &shape);
    }
    RK_FAIL_IF(r->n_restored == 0, CONFIG, err, "it holds no variable of this model that may be restored");
    return ROCKET_OK;
}

rocket_status rk_restore_weights(rk_weights *weights, const char *path, const rk_restore *options, rocket_error *err)
{
    restoring r = { .options = options };
    rk_tensor_file *file;

    RK_TRY(rk_tensor_file_open(&file, path, true, err));
    r.file = file;
    rocket_status status = restore_all(&r, weights, err);
    if (status != ROCKET_OK)
        rk_error_prefix(err, "%s", path);
    rk_tensor_file_close(file);
    return status;
}
