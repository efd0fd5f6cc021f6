/* The seam of the compute kernels: one table of functions per backend, one line each in backends.def.
 *
 * Every kernel works on blocks: rows of a wider or equally wide array, `ld` floats apart. Outputs come first and are
 * the only thing written. A kernel runs on the calling thread alone and its bits depend on its arguments only, so that
 * chunks of a batch can be given to any thread. The "reference" backend is the oracle: plain loops, sums in double.
 * Any other backend is swept against it.
 *
 * Kernels that are missing here on purpose: whatever needs exp or log (activations, losses) is far from being the
 * bottleneck and lives in nn.
 */
#ifndef RK_BACKEND_H
#define RK_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "batch.h"

typedef struct rk_block {
    float *data; /* row r at data + r * ld */
    int64_t ld, rows, cols;
} rk_block;

typedef struct rk_matrix {
    const float *data;
    int64_t ld;
    bool transposed; /* the factor is the transpose of what is stored */
} rk_matrix;

/* A matrix product with what comes before and after it, so that a tile of it is written once.
 *
 *   c = act(start + a b)    start: 0; or `start`, the same for every row (a bias); or c as it was (`add`)
 *                           act:   none; or with `rectify` v > 0 ? v : slope * v
 *
 * Every value of c is one chain of fused multiply-adds, from its start through l = 0 .. k-1 in this order. So its bits
 * depend on its row of a, its column of b and its start alone: not on the other rows, their number or this row's place
 * among them, nor on where a caller cuts k in two (the second product then adds to the first). That is why gradients do
 * not depend on how many rows a piece of the batch has, and why what many rows have in common may be computed once and
 * be their start. (The reference backend keeps the chain in double instead.)
 *
 * b is [k, n] as it stands in memory, or transposed, or packed by rk_pack: 16 columns beside each other, made once and
 * used for as long as the weights stay. Packed is fastest where a is as it stands; b as it stands where a is transposed
 * (the gradient of weights); the other combinations are packed on the way through. No memory is allocated. Caches are
 * the caller's: with packed b, a piece of up to some hundred rows whose a and c lie in the second-level cache is best.
 */
typedef struct rk_product {
    rk_block c;          /* [m, n]: rows and cols say m and n */
    rk_matrix a;         /* [m, k] as it is after transposing */
    rk_matrix b;         /* [k, n] as it is after transposing; not looked at when packed is given */
    const float *packed; /* b from rk_pack, or NULL */
    int64_t k;
    const float *start; /* [n], or NULL: 0 */
    bool add;           /* with start NULL */
    bool rectify;
    float slope; /* 0 (relu) .. 1 */
} rk_product;

/* Bags of rows: output row r combines source rows ids[offsets[r] .. offsets[r + 1]). */
typedef struct rk_bag {
    const float *source; /* row i at source + i * ld */
    int64_t ld;
    const int64_t *offsets;
    const int64_t *ids;
    const float *weights; /* parallel to ids, or NULL: all 1 */
    rk_combiner combiner;
} rk_bag;

/* Batch norm and the rectifier after it, column by column, and what the gradient needs:
 *
 *   v = (x - center) scale + shift      y = v > 0 ? v : slope v       slope 1: no rectifier
 *   g = dy where v > 0, slope dy elsewhere
 *
 * The backward kernels make v again: that costs less than reading it.
 */
typedef struct rk_norm {
    const float *center, *scale, *shift; /* [cols] */
    const float *by_x, *constant;        /* [cols] norm_backward only */
    float slope;
} rk_norm;

/* What the sum of a bag's weighted rows is multiplied with (easyrec.md 3.4); 0 for an empty bag. */
float rk_bag_factor(const rk_bag *bag, int64_t row);

typedef struct rk_backend {
    const char *name;
    const char *doc;
    bool (*supported)(void); /* by this processor */

    void (*product)(const rk_product *product);

    void (*add_bias)(rk_block y, const float *bias); /* y[r][c] += bias[c] */
    void (*column_sums)(float *sums, rk_block x);    /* sums[c] += x[0][c] + x[1][c] + ... */
    double (*square_sum)(rk_block x);                /* of the squares of all values */
    void (*copy)(rk_block y, rk_block x);
    /* y[r] = 0 + source row ids[r], which is at source + ids[r] * ld: bags of one id */
    void (*take)(rk_block y, const float *source, int64_t ld, const int64_t *ids);
    void (*add_scaled)(rk_block y, rk_block x, float scale); /* y += scale * x */

    /* sums is [2, cols]: += sum x, += sum x^2 */
    void (*moments)(double *sums, rk_block x);
    void (*norm)(rk_block y, rk_block x, const rk_norm *norm);
    /* sums is [2, cols]: += sum g, += sum g (x - center) */
    void (*norm_moments)(double *sums, rk_block dy, rk_block x, const rk_norm *norm);
    /* dx = scale g + by_x (x - center) + constant, or dx += that; dx may be dy */
    void (*norm_backward)(rk_block dx, rk_block dy, rk_block x, const rk_norm *norm, bool add);

    void (*bag_sum)(rk_block y, const rk_bag *bag);

    /* y = x > 0 ? x : slope * x, and its gradient; dx is overwritten or added to */
    void (*relu)(rk_block y, rk_block x, float slope);
    void (*relu_backward)(rk_block dx, rk_block dy, rk_block x, float slope, bool add);
} rk_backend;

/* b of a product, [k, n] after transposing, in the order that every backend reads: panels of RK_PANEL columns, row by
 * row, what is missing of the last panel 0. `packed` has rk_packed_size(k, n) floats, best on a cache line. */
enum { RK_PANEL = 16 };
size_t rk_packed_size(int64_t k, int64_t n);
void rk_pack(float *packed, rk_matrix b, int64_t k, int64_t n);

extern const rk_backend *const rk_backends[];        /* ends with NULL; reference first, then ever faster */
const rk_backend *rk_backend_find(const char *name); /* NULL: no such backend; supported or not */
const rk_backend *rk_backend_best(void);             /* the last one that this processor supports */

#endif
