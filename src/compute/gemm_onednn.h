/* Matrix product by oneDNN. See backend.h for the meaning of the arguments. */
#ifndef RK_GEMM_ONEDNN_H
#define RK_GEMM_ONEDNN_H

#include "backend.h"

void rk_gemm_onednn(rk_block c, rk_matrix a, rk_matrix b, int64_t k, bool add);

#endif
