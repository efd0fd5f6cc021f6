/* See fma_peak.h: the peak of the widest registers that this processor has. */
#include "fma_peak.h"

#include "tile.h"

bool rk_fma_peak_supported(void)
{
    return rk_tiles_best(RK_PANEL) != NULL;
}

double rk_fma_peak_run(uint64_t turns)
{
    return rk_tiles_best(RK_PANEL)->peak(turns);
}
