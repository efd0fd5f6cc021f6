/* See teacher.h. */
#include "teacher.h"

#include <string.h>

#include "binding.h"
#include "bundle.h"
#include "error.h"
#include "mem.h"

struct rk_teacher {
    rk_bundle *bundle;
    rk_exec *exec;
    rk_binding binding;
    int logits;
    rk_column column; /* values [capacity_rows, C] */
};

static rocket_status open_teacher(rk_teacher *teacher, const char *checkpoint, const rk_schema *schema, int n_classes,
                                  rk_pool *pool, rocket_error *err)
{
    static const char *const output = "logits_booster";
    rk_exec_options options = { .pool = pool };

    RK_TRY(rk_bundle_open(&teacher->bundle, checkpoint, &output, 1, err));
    teacher->logits = rk_graph_find_output(teacher->bundle->graph, output);
    const rk_shape *shape = &rk_graph_node(teacher->bundle->graph, teacher->logits)->shape;
    RK_FAIL_IF(rk_shape_size(shape) != n_classes, CONFIG, err, "%s: the teacher has %lld classes, the student %d",
               checkpoint, (long long)rk_shape_size(shape), n_classes);
    RK_TRY(rk_binding_new(&teacher->binding, teacher->bundle->graph, schema, err));
    teacher->column = (rk_column){ .kind = RK_COLUMN_FLOATS, .width = n_classes };
    return rk_exec_new(&teacher->exec, teacher->bundle->graph, teacher->bundle->weights, &options, err);
}

rocket_status rk_teacher_new(rk_teacher **out, const char *checkpoint, const rk_schema *schema, int n_classes,
                             rk_pool *pool, rocket_error *err)
{
    rk_teacher *teacher = rk_alloc(1, sizeof *teacher);

    RK_FAIL_IF(teacher == NULL, FAILED, err, "out of memory");
    rocket_status status = open_teacher(teacher, checkpoint, schema, n_classes, pool, err);
    if (status != ROCKET_OK) {
        rk_error_prefix(err, "teacher_checkpoint");
        rk_teacher_free(teacher);
        return status;
    }
    *out = teacher;
    return ROCKET_OK;
}

void rk_teacher_free(rk_teacher *teacher)
{
    if (teacher == NULL)
        return;
    rk_exec_free(teacher->exec);
    rk_binding_clear(&teacher->binding);
    rk_bundle_close(teacher->bundle);
    rk_free(teacher->column.values);
    rk_free(teacher);
}

rocket_status rk_teacher_run(const rk_column **out, rk_teacher *teacher, const rk_batch *batch, rocket_error *err)
{
    rk_column *column = &teacher->column;
    size_t width = (size_t)column->width;
    int64_t ld;

    if ((size_t)batch->n_rows > column->capacity_rows) {
        float *values = rk_realloc(column->values, (size_t)batch->n_rows * width, sizeof *values);
        RK_FAIL_IF(values == NULL, FAILED, err, "out of memory");
        column->values = values;
        column->capacity_rows = (size_t)batch->n_rows;
    }
    rk_binding_feed(&teacher->binding, teacher->exec, batch);
    RK_TRY(rk_exec_forward(teacher->exec, batch->n_rows, false, 0, err));
    const float *logits = rk_exec_value(teacher->exec, teacher->logits, &ld);
    for (int64_t b = 0; b < batch->n_rows; b++)
        memcpy(column->values + (size_t)b * width, logits + b * ld, width * sizeof(float));
    *out = column;
    return ROCKET_OK;
}
