/* See int8_tensors.h. Scales of foreign files must be such that neither they nor their reciprocals are at the end of
 * what a float can be. */
#include "int8_tensors.h"

#include <stdio.h>
#include <string.h>

#include "error.h"

static const float LEAST_SCALE = 1e-30F, MOST_SCALE = 1e30F;

static const rk_tensor_info *beside(const rk_tensor_file *file, const rk_tensor_info *tensor, const char *what)
{
    char name[RK_TENSOR_MAX_NAME + 16];

    snprintf(name, sizeof name, "%s/%s", tensor->name, what);
    return rk_tensor_file_find(file, name);
}

static rocket_status check_scales(const rk_tensor_file *file, const rk_tensor_info *tensor, const char *what, int64_t n,
                                  rocket_error *err)
{
    const rk_tensor_info *scale = beside(file, tensor, what);

    RK_FAIL_IF(scale == NULL || scale->type != RK_F32 || scale->rank != 1 || scale->dims[0] != n, CORRUPT, err,
               "tensor \"%s\" of 8-bit integers: expected %lld floats \"%s/%s\" beside it (a file of an earlier rocket "
               "lacks them: export it again)",
               tensor->name, (long long)n, tensor->name, what);
    for (int64_t i = 0; i < n; i++) {
        float value;

        memcpy(&value, (const char *)scale->data + (size_t)i * sizeof value, sizeof value); /* may stand anywhere */
        RK_FAIL_IF(!(value >= LEAST_SCALE && value <= MOST_SCALE), CORRUPT, err,
                   "tensor \"%s\": expected scales above 0, found %g", scale->name, (double)value);
    }
    return ROCKET_OK;
}

static rocket_status check_rank(const rk_tensor_info *tensor, rocket_error *err)
{
    RK_FAIL_IF(tensor->rank != 2, CORRUPT, err, "tensor \"%s\": expected rows and columns of 8-bit integers",
               tensor->name);
    return ROCKET_OK;
}

rocket_status rk_int8_kernel_check(const rk_tensor_file *file, const rk_tensor_info *tensor, rocket_error *err)
{
    RK_TRY(check_rank(tensor, err));
    RK_TRY(check_scales(file, tensor, "x_scale", tensor->dims[0], err));
    RK_TRY(check_scales(file, tensor, "scale", tensor->dims[1], err));
    const rk_tensor_info *zero = beside(file, tensor, "x_zero");
    RK_FAIL_IF(zero == NULL || zero->type != RK_U8 || zero->rank != 1 || zero->dims[0] != tensor->dims[0], CORRUPT, err,
               "tensor \"%s\": expected %lld bytes \"%s/x_zero\" beside it", tensor->name, (long long)tensor->dims[0],
               tensor->name);
    return ROCKET_OK;
}

rocket_status rk_int8_table_check(const rk_tensor_file *file, const rk_tensor_info *tensor, rocket_error *err)
{
    RK_TRY(check_rank(tensor, err));
    return check_scales(file, tensor, "scale", tensor->dims[1], err);
}

/* ---- reading ---- */

static void copy(void *to, const rk_tensor_info *from)
{
    if (from->bytes > 0)
        memcpy(to, from->data, from->bytes);
}

bool rk_int8_kernel_read(rk_int8_kernel *out, const rk_tensor_file *file, const rk_tensor_info *tensor)
{
    if (!rk_int8_kernel_alloc(out, tensor->dims[0], tensor->dims[1]))
        return false;
    copy(out->w, tensor);
    copy(out->scale, beside(file, tensor, "scale"));
    copy(out->x_scale, beside(file, tensor, "x_scale"));
    copy(out->x_zero, beside(file, tensor, "x_zero"));
    return true;
}

bool rk_int8_table_read(rk_int8_table *out, const rk_tensor_file *file, const rk_tensor_info *tensor)
{
    if (!rk_int8_table_alloc(out, tensor->dims[0], tensor->dims[1]))
        return false;
    copy(out->q, tensor);
    copy(out->scale, beside(file, tensor, "scale"));
    return true;
}

/* ---- writing ---- */

static void add_integers(rk_tensor_writer *writer, const char *name, int64_t rows, int64_t cols, const int8_t *values)
{
    rk_tensor_writer_add(writer, &(rk_tensor_info){ .name = name,
                                                    .type = RK_I8,
                                                    .rank = 2,
                                                    .dims = { rows, cols },
                                                    .data = values,
                                                    .bytes = (size_t)(rows * cols) });
}

static void add_beside(rk_tensor_writer *writer, rk_arena *names, const char *variable, rk_tensor_info tensor)
{
    tensor.name = rk_arena_printf(names, "%s/%s", variable, tensor.name);
    tensor.rank = 1;
    tensor.bytes = (size_t)tensor.dims[0] * rk_dtype_bytes(tensor.type);
    if (tensor.name != NULL)
        rk_tensor_writer_add(writer, &tensor);
}

void rk_int8_kernel_write(rk_tensor_writer *writer, const rk_param *param, const rk_int8_kernel *kernel,
                          rk_arena *names)
{
    int64_t k = param->shape.dims[0], n = param->shape.dims[1];

    add_integers(writer, param->name, k, n, kernel->w);
    add_beside(writer, names, param->name, (rk_tensor_info){ .name = "scale", .dims = { n }, .data = kernel->scale });
    add_beside(writer, names, param->name,
               (rk_tensor_info){ .name = "x_scale", .dims = { k }, .data = kernel->x_scale });
    add_beside(writer, names, param->name,
               (rk_tensor_info){ .name = "x_zero", .type = RK_U8, .dims = { k }, .data = kernel->x_zero });
}

void rk_int8_table_write(rk_tensor_writer *writer, const rk_table *table, const rk_int8_table *integers,
                         rk_arena *names)
{
    add_integers(writer, table->name, table->n_rows, table->dim, integers->q);
    add_beside(writer, names, table->name,
               (rk_tensor_info){ .name = "scale", .dims = { table->dim }, .data = integers->scale });
}
