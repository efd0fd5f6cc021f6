/* See statistics.h. Sums are doubles, so that E[x^2] - m^2 loses nothing that matters. */
#include "statistics.h"

#include <math.h>

double rk_chunks_sum(const rk_op_io *io, int64_t i)
{
    double sum = 0;

    for (int chunk = 0; chunk < io->n_chunks; chunk++)
        sum += io->partial[chunk * 2 * io->widths[0] + i];
    return sum;
}

void rk_batch_statistics(const rk_op_io *io, int64_t c, const rk_moving *moving, double *mean, double *variance)
{
    double n = (double)io->n_rows, momentum = moving->momentum;
    double correction = moving->unbiased && n > 1 ? n / (n - 1) : 1;

    *mean = rk_chunks_sum(io, c) / n;
    *variance = fmax(0, rk_chunks_sum(io, io->widths[0] + c) / n - *mean * *mean);
    moving->mean[c] = (float)(momentum * (double)moving->mean[c] + (1 - momentum) * *mean);
    moving->variance[c] = (float)(momentum * (double)moving->variance[c] + (1 - momentum) * *variance * correction);
}
