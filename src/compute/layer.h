/* A dense layer as scoring runs it: its product, the batch norm and the rectifier behind it in one pass over memory.
 *
 *   y = act(norm(start + x W))       start: the bias, and whatever else has been added up before
 *
 * Bits are those of the three one after the other (see rk_product, rk_norm). Columns of x may be taken in two steps:
 * what the first ones give is the same for all rows that share them, and the rest starts from there.
 */
#ifndef RK_LAYER_H
#define RK_LAYER_H

#include "backend.h"
#include "tile.h"

typedef struct rk_layer {
    int64_t k, n;                     /* columns of x and of y */
    float *packed;                    /* W, see rk_pack; owned */
    const float *bias;                /* [n] borrowed, as the norm's values */
    rk_norm norm;                     /* center NULL: no norm. slope: of the rectifier, norm or not; 1: none */
    const rk_tiles *tiles;            /* NULL: plain loops */
    int64_t groups[RK_TILE_ROWS + 1]; /* of panels, for 1, 2, ... rows, last: for many */
} rk_layer;

/* From row to row of y, so that each begins on a cache line and has room for whole panels. */
static inline int64_t rk_layer_ld(int64_t n)
{
    return (n + RK_PANEL - 1) / RK_PANEL * RK_PANEL;
}

/* kernel: [k, n] f32, only read here. false without memory. Without a norm, a rectifier or a bias yet. */
bool rk_layer_init(rk_layer *layer, const float *kernel, int64_t k, int64_t n);
void rk_layer_clear(rk_layer *layer);

/* With other kernels than the best ones, which it has from the start; NULL: plain loops. */
void rk_layer_use(rk_layer *layer, const rk_tiles *tiles);

/* What sums begin with: row r at data + r * ld (ld 0: the same for all rows; it may be y), and rows from anywhere that
 * are added to it one after the other. */
typedef struct rk_layer_start {
    const float *data;
    int64_t ld;
    const float *const *added; /* [rows, n_added] each n floats, and room for whole panels */
    int64_t n_added;
} rk_layer_start;

/* y = start + the first `last` columns of x */
void rk_layer_begin(const rk_layer *layer, rk_block y, rk_matrix x, int64_t last, rk_layer_start start);

/* y = act(norm(start + the columns of x from `first` on)) */
void rk_layer_finish(const rk_layer *layer, rk_block y, rk_matrix x, int64_t first, rk_layer_start start);

#endif
