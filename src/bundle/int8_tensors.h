/* Kernels and tables of 8 bits in a file: the integers are the variable's tensor (I8), their scales stand beside it.
 *
 *   <kernel>             I8 [k, n]        <table>         I8 [V, D]
 *   <kernel>/scale       F32 [n]          <table>/scale   F32 [D]
 *   <kernel>/x_scale     F32 [k]
 *   <kernel>/x_zero      U8 [k]
 *
 * What they mean is said in weights.h.
 */
#ifndef RK_INT8_TENSORS_H
#define RK_INT8_TENSORS_H

#include "arena.h"
#include "tensors.h"
#include "weights.h"

/* tensor: of the file, I8. Is all there that belongs to it? ROCKET_CORRUPT. */
ROCKET_NODISCARD rocket_status rk_int8_kernel_check(const rk_tensor_file *file, const rk_tensor_info *tensor,
                                                    rocket_error *err);
ROCKET_NODISCARD rocket_status rk_int8_table_check(const rk_tensor_file *file, const rk_tensor_info *tensor,
                                                   rocket_error *err);

/* After the check. The caller clears them; without memory (false) too. */
bool rk_int8_kernel_read(rk_int8_kernel *out, const rk_tensor_file *file, const rk_tensor_info *tensor);
bool rk_int8_table_read(rk_int8_table *out, const rk_tensor_file *file, const rk_tensor_info *tensor);

/* Names are made in the arena, whose failure is sticky; integers and scales are borrowed. */
void rk_int8_kernel_write(rk_tensor_writer *writer, const rk_param *param, const rk_int8_kernel *kernel,
                          rk_arena *names);
void rk_int8_table_write(rk_tensor_writer *writer, const rk_table *table, const rk_int8_table *integers,
                         rk_arena *names);

#endif
