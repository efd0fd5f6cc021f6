/* Layers of 8-bit integers.
 *
 *   x[r][l] = s[l] (q[r][l] - z[l])     rows of bytes q, with a scale and zero point for each column
 *   W[l][j] = w[l][j] t[j] / s[l]       w of 8 bits with a sign
 *   v[r][j] = act(norm(bias[j] + t[j] (sum_l q w - sum_l z w)))
 *
 * The result is floats, or bytes for the next layer: round(v / s') + z', kept in 0 .. 255. Scales are settled before,
 * so all that follows a sum is one multiply-add, with t, norm and s' in it, a rectifier and a rounding, in registers.
 *
 * Sums of integers are exact, and what follows is one rounding after the other in a fixed order: any kernel gives the
 * same bits, any row its own, and what some columns add to the sums may be worked out once for all rows that share
 * them.
 */
#ifndef RK_INT8_H
#define RK_INT8_H

#include "backend.h"

enum { RK_INT8_QUAD = 4, RK_INT8_MOST_K = 1 << 15 /* so that no sum leaves 32 bits */ };

/* Rows of bytes: row r at data + r * ld. Up to RK_INT8_QUAD - 1 bytes behind a row are read, whatever they are. */
typedef struct rk_bytes {
    uint8_t *data;
    int64_t ld;
} rk_bytes;

typedef enum rk_int8_result { RK_INT8_SUMS, RK_INT8_FLOATS, RK_INT8_BYTES } rk_int8_result;

/* Some rows of some panels. Weights of a panel: RK_INT8_QUAD rows of w side by side for each of its columns, 64 bytes.
 * What belongs to columns is there for whole panels. */
typedef struct rk_int8_tile {
    rk_int8_result result;
    union {
        int32_t *sums; /* of one row, whole panels */
        float *floats;
        uint8_t *bytes;
    } y;
    int64_t ldy, last; /* last: values of y in a row of the last panel */
    rk_bytes x;
    const int8_t *w;
    int64_t panel, quads; /* panel p at w + p * panel */
    const int32_t *start; /* sums begin with it */
    const float *scale, *shift;
    const float *zero; /* added to bytes before they are rounded; NULL: none, no rectifier but the bound at 0, and
                        * nothing that leaves 32 bits */
    float slope;       /* of the rectifier; 1: none */
} rk_int8_tile;

enum { RK_INT8_ROWS = 12, RK_INT8_PANELS = 8 };

typedef struct rk_int8_kernels {
    const char *name;
    bool (*supported)(void);     /* by this processor */
    int8_t rows[RK_INT8_PANELS]; /* the most rows of a tile of so many panels and one; 0: too many panels */
    int8_t row_panels;           /* the most panels for a single row, */
    int8_t panels;               /* and for many */
    void (*tile)(const rk_int8_tile *tile, int rows, int panels);
} rk_int8_kernels;

extern const rk_int8_kernels *const rk_all_int8_kernels[]; /* ends with NULL; ever faster */
const rk_int8_kernels *rk_int8_kernels_best(void);

typedef struct rk_int8_layer {
    int64_t k, n;
    int8_t *w;                   /* in panels; owned, as the four below */
    int32_t *start;              /* - sum_l z w */
    float *scale, *shift, *zero; /* of a tile */
    bool plain;                  /* tiles need no zero */
    rk_int8_result result;
    float slope;
    const rk_int8_kernels *kernels;
} rk_int8_layer;

/* false without memory. */
typedef struct rk_int8_weights {
    const int8_t *w;     /* [k, n] */
    const uint8_t *zero; /* [k] z */
    int64_t k, n;
} rk_int8_weights;
bool rk_int8_layer_init(rk_int8_layer *layer, const rk_int8_weights *weights);
void rk_int8_layer_clear(rk_int8_layer *layer);

/* What follows the sums; to be said once. */
typedef struct rk_int8_follow {
    const float *scale;    /* [n] t */
    const float *bias;     /* [n] */
    rk_norm norm;          /* center NULL: none */
    const float *y_scale;  /* [n] s', above 0; NULL: the result is floats */
    const uint8_t *y_zero; /* [n] z' */
} rk_int8_follow;
void rk_int8_layer_follow(rk_int8_layer *layer, const rk_int8_follow *follow);

/* The sums of the first columns, of one row; `first` is a multiple of RK_INT8_QUAD. */
void rk_int8_layer_begin(const rk_int8_layer *layer, int32_t *sums /* [n, to whole panels] */, const uint8_t *x,
                         int64_t first);

/* y is floats or bytes, as the layer has been told. sums: what the columns before `first` add up to for every row;
 * NULL: first is 0. */
typedef struct rk_int8_rows {
    int64_t n;
    rk_bytes x;
    float *floats; /* y, one of the two */
    uint8_t *bytes;
    int64_t ldy;
} rk_int8_rows;
void rk_int8_layer_finish(const rk_int8_layer *layer, const rk_int8_rows *rows, int64_t first, const int32_t *sums);

/* n floats as bytes: round(x inverse) + zero, kept in 0 .. 255; what is no number is 0. */
void rk_int8_round(rk_bytes y, rk_block x, const float *inverse /* [cols] */, const float *zero /* [cols] */);

/* Bags of rows of a table of integers (rk_bag): row i of it is q[i][d] scale[d]. */
typedef struct rk_int8_bag {
    const int8_t *q; /* [V, dim] */
    int64_t dim;
    rk_bag bag; /* source, ld: not looked at */
} rk_int8_bag;

void rk_int8_bag_floats(rk_block y, const rk_int8_bag *bag, const float *scale /* [dim] */);

/* As bytes around 128, with the table's own scale, or ratio[d] of the table's to that of y. NULL: all 1. */
void rk_int8_bag_bytes(rk_bytes y, int64_t n, const rk_int8_bag *bag, const float *ratio);

#endif
