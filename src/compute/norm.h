/* Batch norm of the avx2 backend, which has the vectors of AVX-512 where the processor has them: the same bits, in half
 * the instructions. See backend.h for the meaning of the arguments.
 */
#ifndef RK_NORM_H
#define RK_NORM_H

#include "backend.h"

typedef struct rk_norm_kernels {
    bool (*supported)(void); /* by this processor */
    void (*moments)(double *sums, rk_block x);
    void (*forward)(rk_block y, rk_block x, const rk_norm *norm);
    void (*norm_moments)(double *sums, rk_block dy, rk_block x, const rk_norm *norm);
    void (*backward)(rk_block dx, rk_block dy, rk_block x, const rk_norm *norm, bool add);
} rk_norm_kernels;

extern const rk_norm_kernels rk_norm_avx2, rk_norm_avx512f;

#endif
