/* Choosing the kernels, and the part of them that is not worth vectors. */
#include "text_kernels.h"

const rk_text_kernels *rk_text_kernels_best(void)
{
    if (rk_text_kernels_avx512.supported())
        return &rk_text_kernels_avx512;
    return rk_text_kernels_avx2.supported() ? &rk_text_kernels_avx2 : NULL;
}

size_t rk_split_rows(const rk_split *split, const char *text, size_t n_ends, size_t n_lines)
{
    const uint32_t *ends = split->ends;
    size_t width = split->n_columns, rows = n_ends / width, good = 0;

    while (good < rows && text[ends[(good + 1) * width - 1]] == '\n')
        good++;
    bool exact = good == rows && n_lines == rows; /* as many line ends as rows: each is where it belongs */
    for (size_t row = 0; row < good && !exact; row++)
        for (size_t i = 0; i + 1 < width; i++)
            if (text[ends[row * width + i]] == '\n')
                good = row;
    return good < split->max_rows ? good : split->max_rows;
}
