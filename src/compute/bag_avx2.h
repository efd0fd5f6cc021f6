/* Bags of rows whose width is a multiple of 16 floats, which embeddings mostly have: bag_sum of the avx2 backend. */
#ifndef RK_BAG_AVX2_H
#define RK_BAG_AVX2_H

#include "backend.h"

enum { RK_BAG_LANES = 16 };

void rk_bag_sum_avx2(rk_block y, const rk_bag *bag); /* y.cols is a multiple of RK_BAG_LANES */

#endif
