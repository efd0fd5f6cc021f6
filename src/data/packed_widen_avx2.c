/* See packed_widen.h. */
#include "packed_widen.h"

uint64_t rk_widen_avx2(int64_t *to, const char *from, size_t n, size_t width)
{
    return rk_widen(to, from, n, width);
}
