/* Tiles of a product: the part of c that one run through k keeps in registers. Kernels for one kind of processor make
 * one rk_tiles; product.c cuts a product into what they can do. All of them give the same bits (see rk_product), so the
 * choice is one of speed alone.
 */
#ifndef RK_TILE_H
#define RK_TILE_H

#include "backend.h"

enum { RK_TILE_ROWS = 8, RK_TILE_PANELS = 6 }; /* no kernel has more */

typedef struct rk_tile {
    float *c;
    int64_t ldc;
    int64_t last;       /* values of c, and of start, in a row of the last panel; b always has RK_PANEL */
    const float *start; /* row r starts from start + r * ld_start; may be c */
    int64_t ld_start;
    const float *const *added; /* [rows, n_added] what is added to row r's start: whole panels, from `column` on */
    int64_t n_added, column;
    const float *a; /* across: row r at a + r * lda, next l one further; down: next l at a + lda, row r one further */
    int64_t lda;
    const float *b; /* panel p at b + p * panel, next l at b + ldb */
    int64_t ldb, panel;
    int64_t k;
    const float *center, *scale, *shift; /* of a batch norm before the rectifier, see rk_norm; center NULL: none */
    bool rectify;
    float slope;
    bool far; /* c comes from beyond the second-level cache */
} rk_tile;

typedef void rk_tile_run(const rk_tile *tile);

typedef struct rk_tiles {
    const char *name;
    bool (*supported)(void); /* by this processor */
    int64_t columns;         /* 0: any number; else no c may have more */
    /* [rows - 1]: the most panels that a kernel of so many rows takes, 0: no kernel of so many rows */
    int panels[RK_TILE_ROWS];
    rk_tile_run *across[RK_TILE_ROWS][RK_TILE_PANELS]; /* a as it stands, [rows - 1][panels - 1] */
    rk_tile_run *down[RK_TILE_ROWS][RK_TILE_PANELS];   /* a transposed */
    double (*peak)(uint64_t turns); /* multiply-adds that wait for nothing; gives the floating-point operations done */
} rk_tiles;

extern const rk_tiles *const rk_all_tiles[];    /* ends with NULL; ever faster */
const rk_tiles *rk_tiles_best(int64_t columns); /* of c. NULL: none for this processor */

/* Any product out of tiles. */
void rk_product_tiled(const rk_product *product, const rk_tiles *tiles);

#endif
