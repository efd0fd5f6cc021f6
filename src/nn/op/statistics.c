/* See statistics.h. Sums are doubles, so that E[x^2] - m^2 loses nothing that matters. */
#include "statistics.h"

#include <math.h>

void rk_batch_statistics(const rk_op_io *io, int64_t c, const rk_moving *moving, double *mean, double *variance)
{
    double n = (double)io->n_rows, momentum = moving->momentum;
    double correction = moving->unbiased && n > 1 ? n / (n - 1) : 1;

    *mean = io->partial[c] / n;
    *variance = fmax(0, io->partial[io->widths[0] + c] / n - *mean * *mean);
    moving->mean[c] = (float)(momentum * (double)moving->mean[c] + (1 - momentum) * *mean);
    moving->variance[c] = (float)(momentum * (double)moving->variance[c] + (1 - momentum) * *variance * correction);
}
