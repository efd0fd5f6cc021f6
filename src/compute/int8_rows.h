/* How rows of bytes are made (int8.h): the plain loops that define it, and AVX2's of the same bits. */
#ifndef RK_INT8_ROWS_H
#define RK_INT8_ROWS_H

#include "int8.h"

/* The sum of a bag's rows: y = round(ratio factor sum_i w_i q_i) + 128, kept in 0 .. 255. */
typedef struct rk_int8_sum {
    uint8_t *y; /* [dim] */
    const int8_t *q;
    int64_t dim;
    const int64_t *ids; /* [n] */
    const float *weights;
    int64_t n;
    float factor;
    const float *ratio; /* NULL: 1 */
} rk_int8_sum;

typedef struct rk_int8_row_kernels {
    void (*round)(rk_bytes y, rk_block x, const float *inverse, const float *zero);
    void (*sum)(const rk_int8_sum *sum);
} rk_int8_row_kernels;

extern const rk_int8_row_kernels rk_int8_rows_plain, rk_int8_rows_avx2;

#endif
