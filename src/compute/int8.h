/* Layers whose weights are 8-bit integers.
 *
 *   W[l][j] = w[l][j] t[j]          w in -127 .. 127, a scale t for each column of W
 *   x[r][l] = s[r] (q[r][l] - z[r])   q in 0 .. 255; scale and zero point of the row at hand, made from its least and
 *                                   greatest value
 *   y = act(norm(bias + s t (sum_l q w - z sum_l w)))
 *
 * Sums of integers are exact, and what follows is one rounding after the other in a fixed order: any kernel gives the
 * same bits, any row its own. Where a user's columns come first they have a scale of their own, so that what they give
 * can be worked out once (see layer.h). A value that is not a number counts as 0.
 */
#ifndef RK_INT8_H
#define RK_INT8_H

#include "backend.h"

enum { RK_INT8_QUAD = 4, RK_INT8_ROWS = 8, RK_INT8_PANELS = 6 };

/* Rows of x as integers. */
typedef struct rk_int8_rows {
    uint8_t *q; /* row r at q + r * ld */
    int64_t ld;
    float *scale;  /* [rows] */
    int32_t *zero; /* [rows] */
} rk_int8_rows;

/* Some rows of some panels, as rk_tile. Weights of a panel: RK_INT8_QUAD rows of w side by side for each of its
 * columns, 64 bytes. */
typedef struct rk_int8_tile {
    float *y;
    int64_t ldy, last; /* last: values of y in a row of the last panel */
    const float *start;
    int64_t ld_start;
    rk_int8_rows x;
    const int8_t *w;
    int64_t panel, quads;       /* panel p at w + p * panel */
    const int32_t *column_sums; /* of w; as the scales there are some for whole panels */
    const float *scale;
    rk_norm norm; /* center NULL: none */
} rk_int8_tile;

typedef struct rk_int8_kernels {
    const char *name;
    bool (*supported)(void);           /* by this processor */
    int rows, few_panels, many_panels; /* the most rows; the most panels for many rows, and for up to two */
    void (*quantize)(rk_int8_rows *out, int64_t row, const float *x, int64_t n);
    void (*tile)(const rk_int8_tile *tile, int rows, int panels);
} rk_int8_kernels;

extern const rk_int8_kernels *const rk_all_int8_kernels[]; /* ends with NULL; ever faster */
const rk_int8_kernels *rk_int8_kernels_best(void);

/* Scale and zero point of a row between these values (least <= 0 <= greatest), and 1 / scale; what a kernel begins
 * with. 0 where all is 0. */
float rk_int8_begin_row(rk_int8_rows *out, int64_t row, float least, float greatest);

typedef struct rk_int8_layer {
    int64_t k, n, n_first; /* columns of x and y, and how many of x have a scale of their own */
    int8_t *w[2];          /* of the first columns, and of the others; owned, as the two below */
    int32_t *column_sums[2];
    float *scale;
    const float *bias; /* [n] borrowed, as the norm's values */
    rk_norm norm;
    const rk_int8_kernels *kernels;
} rk_int8_layer;

/* kernel [k, n] f32 = integers times scale [n] f32 (0: a column of zeros). false without memory. */
typedef struct rk_int8_weights {
    const float *kernel, *scale;
    int64_t k, n, n_first;
} rk_int8_weights;
bool rk_int8_layer_init(rk_int8_layer *layer, const rk_int8_weights *weights);
void rk_int8_layer_clear(rk_int8_layer *layer);

enum { RK_INT8_MOST_K = 1 << 15 }; /* so that no sum leaves 32 bits */

/* x: room for `rows` rows of so many columns, on cache lines. */
size_t rk_int8_rows_bytes(int64_t rows, int64_t k);
rk_int8_rows rk_int8_rows_in(void *memory, int64_t rows, int64_t k);

/* As of layer.h, with the integers' memory. begun NULL: the first columns too. */
void rk_int8_layer_begin(const rk_int8_layer *layer, float *start, const float *x, rk_int8_rows room);
void rk_int8_layer_finish(const rk_int8_layer *layer, rk_block y, rk_matrix x, const float *begun, rk_int8_rows room);

#endif
