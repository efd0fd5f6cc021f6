/* Batch norm of the avx2 backend. See backend.h for the meaning of the arguments. */
#ifndef RK_NORM_AVX2_H
#define RK_NORM_AVX2_H

#include "backend.h"

void rk_moments_avx2(double *sums, rk_block x);
void rk_norm_avx2(rk_block y, rk_block x, const rk_norm *norm);
void rk_norm_moments_avx2(double *sums, rk_block dy, rk_block x, const rk_norm *norm);
void rk_norm_backward_avx2(rk_block dx, rk_block dy, rk_block x, const rk_norm *norm, bool add);

#endif
