/* Mean and variance of a batch, for ops that normalise by them (batch norm, Dice).
 *
 * reduce has put the sums and the sums of squares into io->partial, [2, C].
 */
#ifndef RK_STATISTICS_H
#define RK_STATISTICS_H

#include "op.h"

/* The moving statistics of an op, and how they move. */
typedef struct rk_moving {
    float *mean, *variance; /* [C] f32 */
    double momentum;
    bool unbiased; /* the variance's share is v n / (n - 1) */
} rk_moving;

/* Mean and biased variance of column c over the batch; the moving statistics take their share. */
void rk_batch_statistics(const rk_op_io *io, int64_t c, const rk_moving *moving, double *mean, double *variance);

#endif
