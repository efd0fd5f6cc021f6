/* Factors of a product in panels: the RK_PANEL values that a kernel multiplies with at a time stand on one cache line,
 * and the next line is the next it wants. One order for all backends, so that packed weights may be made before a
 * backend is chosen. See backend.h. */
#include <string.h>

#include "backend.h"

size_t rk_packed_size(int64_t k, int64_t n)
{
    return (size_t)((n + RK_PANEL - 1) / RK_PANEL * RK_PANEL * k);
}

/* A panel of which nothing is missing: the size of a copy is a constant. */
static void pack_whole(float *panel, rk_matrix b, int64_t k)
{
    if (b.transposed)
        for (int64_t l = 0; l < k; l++)
            for (int64_t j = 0; j < RK_PANEL; j++)
                panel[l * RK_PANEL + j] = b.data[j * b.ld + l];
    else
        for (int64_t l = 0; l < k; l++)
            memcpy(panel + l * RK_PANEL, b.data + l * b.ld, RK_PANEL * sizeof *panel);
}

static void pack_part(float *panel, rk_matrix b, int64_t k, int64_t cols)
{
    memset(panel, 0, (size_t)(k * RK_PANEL) * sizeof *panel);
    for (int64_t l = 0; l < k; l++)
        for (int64_t j = 0; j < cols; j++)
            panel[l * RK_PANEL + j] = b.transposed ? b.data[j * b.ld + l] : b.data[l * b.ld + j];
}

void rk_pack(float *packed, rk_matrix b, int64_t k, int64_t n)
{
    for (int64_t first = 0; first < n; first += RK_PANEL) {
        rk_matrix columns = { b.data + first * (b.transposed ? b.ld : 1), b.ld, b.transposed };

        if (n - first >= RK_PANEL)
            pack_whole(packed + first * k, columns, k);
        else
            pack_part(packed + first * k, columns, k, n - first);
    }
}
