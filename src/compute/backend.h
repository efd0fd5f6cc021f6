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

/* Bags of rows: output row r combines source rows ids[offsets[r] .. offsets[r + 1]). */
typedef struct rk_bag {
    const float *source; /* row i at source + i * ld */
    int64_t ld;
    const int64_t *offsets;
    const int64_t *ids;
    const float *weights; /* parallel to ids, or NULL: all 1 */
    rk_combiner combiner;
} rk_bag;

/* What the sum of a bag's weighted rows is multiplied with (easyrec.md 3.4); 0 for an empty bag. */
float rk_bag_factor(const rk_bag *bag, int64_t row);

typedef struct rk_backend {
    const char *name;
    const char *doc;
    bool (*supported)(void); /* by this processor */

    /* c = a * b, or c += a * b. a is [c.rows, k], b is [k, c.cols], both as they are after transposing. */
    void (*gemm)(rk_block c, rk_matrix a, rk_matrix b, int64_t k, bool add);

    void (*add_bias)(rk_block y, const float *bias); /* y[r][c] += bias[c] */
    void (*column_sums)(float *sums, rk_block x);    /* sums[c] += x[0][c] + x[1][c] + ... */
    void (*copy)(rk_block y, rk_block x);
    void (*add_scaled)(rk_block y, rk_block x, float scale); /* y += scale * x */

    /* Batch norm. sums is [2, cols]: += sum x, += sum x^2 */
    void (*moments)(double *sums, rk_block x);
    /* y = (x - center[c]) * scale[c] + shift[c] */
    void (*affine)(rk_block y, rk_block x, const float *center, const float *scale, const float *shift);
    /* sums is [2, cols]: += sum dy, += sum dy * (x - center[c]) */
    void (*gradient_moments)(double *sums, rk_block dy, rk_block x, const float *center);
    /* k is [4, cols]: dx = k0 * dy + k1 * (x - k3) + k2, or dx += that */
    void (*affine_backward)(rk_block dx, rk_block dy, rk_block x, const float *k, bool add);

    void (*bag_sum)(rk_block y, const rk_bag *bag);

    /* y = x > 0 ? x : slope * x, and its gradient; dx is overwritten or added to */
    void (*relu)(rk_block y, rk_block x, float slope);
    void (*relu_backward)(rk_block dx, rk_block dy, rk_block x, float slope, bool add);
} rk_backend;

extern const rk_backend *const rk_backends[];        /* ends with NULL; reference first, then ever faster */
const rk_backend *rk_backend_find(const char *name); /* NULL: no such backend; supported or not */
const rk_backend *rk_backend_best(void);             /* the last one that this processor supports */

#endif
