/* Factors of a product in panels: the RK_PANEL values that a kernel multiplies with at a time stand on one cache line,
 * and the next line is the next it wants. One order for all backends, so that packed weights may be made before a
 * backend is chosen. See backend.h. */
#include <string.h>

#include "backend.h"

size_t rk_packed_size(int64_t k, int64_t n)
{
    return (size_t)((n + RK_PANEL - 1) / RK_PANEL * RK_PANEL * k);
}

/* Columns first .. first + cols - 1 of b. */
static void pack_panel(float *panel, rk_matrix b, int64_t k, int64_t first, int64_t cols)
{
    for (int64_t l = 0; l < k; l++) {
        float *line = panel + l * RK_PANEL;

        if (b.transposed)
            for (int64_t j = 0; j < cols; j++)
                line[j] = b.data[(first + j) * b.ld + l];
        else
            memcpy(line, b.data + l * b.ld + first, (size_t)cols * sizeof *line);
        memset(line + cols, 0, (size_t)(RK_PANEL - cols) * sizeof *line);
    }
}

void rk_pack(float *packed, rk_matrix b, int64_t k, int64_t n)
{
    for (int64_t first = 0; first < n; first += RK_PANEL)
        pack_panel(packed + first * k, b, k, first, n - first < RK_PANEL ? n - first : RK_PANEL);
}
