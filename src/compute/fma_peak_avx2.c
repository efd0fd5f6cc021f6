/* See fma_peak.h. Twelve chains of 8-wide multiply-adds that never leave the registers: two units with a latency of
 * four cycles (five on some processors) need eight to ten independent chains to be always busy. No loads, no stores, so
 * nothing but the units themselves sets the time.
 */
#include "fma_peak.h"

#include <immintrin.h>

enum { CHAINS = 12, LANES = 8 };

bool rk_fma_peak_supported(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

double rk_fma_peak_run(uint64_t turns)
{
    /* a = a * x + y settles at y / (1 - x) = 1: neither denormal nor infinite, whatever the number of turns. Volatile,
     * so that the compiler cannot know the values and must do the work. */
    static volatile float scale = 0.5F, shift = 0.5F;
    static volatile float sink;
    __m256 x = _mm256_set1_ps(scale), y = _mm256_set1_ps(shift);
    __m256 a0 = y, a1 = y, a2 = y, a3 = y, a4 = y, a5 = y, a6 = y, a7 = y, a8 = y, a9 = y, a10 = y, a11 = y;

    for (uint64_t i = 0; i < turns; i++) {
        a0 = _mm256_fmadd_ps(a0, x, y);
        a1 = _mm256_fmadd_ps(a1, x, y);
        a2 = _mm256_fmadd_ps(a2, x, y);
        a3 = _mm256_fmadd_ps(a3, x, y);
        a4 = _mm256_fmadd_ps(a4, x, y);
        a5 = _mm256_fmadd_ps(a5, x, y);
        a6 = _mm256_fmadd_ps(a6, x, y);
        a7 = _mm256_fmadd_ps(a7, x, y);
        a8 = _mm256_fmadd_ps(a8, x, y);
        a9 = _mm256_fmadd_ps(a9, x, y);
        a10 = _mm256_fmadd_ps(a10, x, y);
        a11 = _mm256_fmadd_ps(a11, x, y);
        /* All chains compute the same number: without this the compiler keeps one of them. */
        __asm__ volatile(""
                         : "+x"(a0), "+x"(a1), "+x"(a2), "+x"(a3), "+x"(a4), "+x"(a5), "+x"(a6), "+x"(a7), "+x"(a8),
                           "+x"(a9), "+x"(a10), "+x"(a11));
    }
    a0 = _mm256_add_ps(_mm256_add_ps(_mm256_add_ps(a0, a1), _mm256_add_ps(a2, a3)),
                       _mm256_add_ps(_mm256_add_ps(a4, a5), _mm256_add_ps(a6, a7)));
    a0 = _mm256_add_ps(a0, _mm256_add_ps(_mm256_add_ps(a8, a9), _mm256_add_ps(a10, a11)));
    sink = _mm256_cvtss_f32(a0);
    (void)sink;
    return 2.0 * CHAINS * LANES * (double)turns;
}
