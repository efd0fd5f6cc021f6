/* Tiles for AVX2: 6 rows of one panel take 12 of the 16 registers, which is enough for two units with a latency of four
 * cycles. Few rows take more panels at a time instead, for the same number of chains. */
#include "vec_avx2.h"

enum { VECS = 2 };

#include "tile_kernel.h"

#define BOTH(rows, panels) TILE(ACROSS, rows, panels) TILE(DOWN, rows, panels)
BOTH(1, 1)
BOTH(1, 2)
BOTH(1, 3)
BOTH(1, 4)
BOTH(2, 1)
BOTH(2, 2)
BOTH(3, 1)
BOTH(4, 1)
BOTH(5, 1)
BOTH(6, 1)

static bool supported(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2");
}

#define KERNELS(d)                                                                                                     \
    {                                                                                                                  \
        { d##_1_1, d##_1_2, d##_1_3, d##_1_4 }, { d##_2_1, d##_2_2 }, { d##_3_1 }, { d##_4_1 }, { d##_5_1 },           \
            { d##_6_1 },                                                                                               \
    }

const rk_tiles rk_tiles_avx2 = {
    .name = "avx2",
    .supported = supported,
    .panels = { 4, 2, 1, 1, 1, 1 },
    .across = KERNELS(ACROSS),
    .down = KERNELS(DOWN),
    .peak = tile_peak,
};
