/* Batch norm with AVX2. */
#include "vec_avx2.h"

#include "norm_kernel.h"

static bool supported(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

const rk_norm_kernels rk_norm_avx2 = NORM_KERNELS(supported);
