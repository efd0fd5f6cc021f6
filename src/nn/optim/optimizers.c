/* The table of optimizers, made from optimizers.def. */
#include "optimizer.h"

#include <string.h>

#define RK_OPTIMIZER(name) extern const rk_optimizer_def rk_optimizer_##name;
#include "optimizers.def"
#undef RK_OPTIMIZER

const rk_optimizer_def *const rk_optimizers[] = {
#define RK_OPTIMIZER(name) &rk_optimizer_##name,
#include "optimizers.def"
#undef RK_OPTIMIZER
    NULL,
};

const rk_optimizer_def *rk_optimizer_find(const char *name)
{
    for (const rk_optimizer_def *const *def = rk_optimizers; *def; def++)
        if (!strcmp((*def)->name, name))
            return *def;
    return NULL;
}
