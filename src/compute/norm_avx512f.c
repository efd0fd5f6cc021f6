/* Batch norm with AVX-512. */
#include "vec_avx512f.h"

#include "norm_kernel.h"

static bool supported(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2");
}

const rk_norm_kernels rk_norm_avx512f = NORM_KERNELS(supported);
