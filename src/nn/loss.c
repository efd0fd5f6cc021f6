/* The table of losses. */
#include "loss.h"

#include <string.h>

#define RK_LOSS(name) extern const rk_loss_def rk_loss_##name;
#include "losses.def"
#undef RK_LOSS

const rk_loss_def *const rk_losses[] = {
#define RK_LOSS(name) &rk_loss_##name,
#include "losses.def"
#undef RK_LOSS
    NULL
};

const rk_loss_def *rk_loss_find(const char *name)
{
    for (const rk_loss_def *const *def = rk_losses; *def; def++)
        if (strcmp((*def)->name, name) == 0)
            return *def;
    return NULL;
}
