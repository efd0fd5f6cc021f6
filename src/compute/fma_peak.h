/* The highest rate of fused multiply-adds that a core reaches: the yardstick of `rocket bench`, against which training
 * speed is written as a share. */
#ifndef RK_FMA_PEAK_H
#define RK_FMA_PEAK_H

#include <stdbool.h>
#include <stdint.h>

bool rk_fma_peak_supported(void); /* by this processor */

/* Run the kernel on the calling thread; gives the floating-point operations done (a multiply-add counts two). */
double rk_fma_peak_run(uint64_t turns);

#endif
