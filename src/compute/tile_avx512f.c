/* Tiles for AVX-512: 8 rows of three panels, 6 of four, 5 of five take 24 or 25 of the 32 registers. */
#include "vec_avx512f.h"

enum { VECS = 1 };

#include "tile_kernel.h"

#define PANELS_3(rows)                                                                                                 \
    TILE(ACROSS, rows, 1)                                                                                              \
    TILE(ACROSS, rows, 2) TILE(ACROSS, rows, 3) TILE(DOWN, rows, 1) TILE(DOWN, rows, 2) TILE(DOWN, rows, 3)
#define PANELS_4(rows) PANELS_3(rows) TILE(ACROSS, rows, 4) TILE(DOWN, rows, 4)
#define PANELS_5(rows) PANELS_4(rows) TILE(ACROSS, rows, 5) TILE(DOWN, rows, 5)
#define PANELS_6(rows) PANELS_5(rows) TILE(ACROSS, rows, 6) TILE(DOWN, rows, 6)

PANELS_6(1)
PANELS_6(2)
PANELS_5(3)
PANELS_5(4)
PANELS_5(5)
PANELS_4(6)
PANELS_3(7)
PANELS_3(8)

static bool supported(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2");
}

#define UP_TO_3(d, rows) d##_##rows##_1, d##_##rows##_2, d##_##rows##_3
#define UP_TO_4(d, rows) UP_TO_3(d, rows), d##_##rows##_4
#define UP_TO_5(d, rows) UP_TO_4(d, rows), d##_##rows##_5
#define UP_TO_6(d, rows) UP_TO_5(d, rows), d##_##rows##_6
#define KERNELS(d)                                                                                                     \
    {                                                                                                                  \
        { UP_TO_6(d, 1) }, { UP_TO_6(d, 2) }, { UP_TO_5(d, 3) }, { UP_TO_5(d, 4) }, { UP_TO_5(d, 5) },                 \
            { UP_TO_4(d, 6) }, { UP_TO_3(d, 7) }, { UP_TO_3(d, 8) },                                                   \
    }

const rk_tiles rk_tiles_avx512f = {
    .name = "avx512f",
    .supported = supported,
    .panels = { 6, 6, 5, 5, 5, 4, 3, 3 },
    .across = KERNELS(ACROSS),
    .down = KERNELS(DOWN),
    .peak = tile_peak,
};
