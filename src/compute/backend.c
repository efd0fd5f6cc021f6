/* The table of backends, and what all of them share. */
#include "backend.h"

#include <math.h>
#include <string.h>

#define RK_BACKEND(name) extern const rk_backend rk_backend_##name;
#include "backends.def"
#undef RK_BACKEND

const rk_backend *const rk_backends[] = {
#define RK_BACKEND(name) &rk_backend_##name,
#include "backends.def"
#undef RK_BACKEND
    NULL
};

const rk_backend *rk_backend_find(const char *name)
{
    for (const rk_backend *const *backend = rk_backends; *backend; backend++)
        if (strcmp((*backend)->name, name) == 0)
            return *backend;
    return NULL;
}

const rk_backend *rk_backend_best(void)
{
    const rk_backend *best = NULL;

    for (const rk_backend *const *backend = rk_backends; *backend; backend++)
        if ((*backend)->supported())
            best = *backend;
    return best;
}

/* In double, and the same code for every backend: the factor belongs to the meaning of a bag, not to its speed. */
float rk_bag_factor(const rk_bag *bag, int64_t row)
{
    int64_t first = bag->offsets[row], end = bag->offsets[row + 1];
    double sum = 0;

    if (first == end)
        return 0;
    if (bag->combiner == RK_COMBINER_SUM)
        return 1;
    for (int64_t i = first; i < end; i++) {
        double w = bag->weights ? (double)bag->weights[i] : 1;
        sum += bag->combiner == RK_COMBINER_MEAN ? w : w * w;
    }
    if (sum == 0) /* weights that cancel: upstream prunes them, we must not divide */
        return 0;
    return (float)(bag->combiner == RK_COMBINER_MEAN ? 1 / sum : 1 / sqrt(sum));
}
