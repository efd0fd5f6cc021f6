/* Recipes: the table of resolve.h, and the fields that win over it; arms. */
#include "resolve.h"

static rk_launch defaults_of(Rocket__RocketLaunching__Recipe recipe, uint32_t num_class)
{
    rk_launch launch = {
        .recipe = recipe,
        .sharing = ROCKET__ROCKET_LAUNCHING__SHARING__SHARE_ALL,
        .gradient_block = true,
        .light_trains_shared = true,
        .ce_weight = 1,
        .hint_loss = ROCKET__HINT__LOSS__LOGIT_MSE,
        .hint_weight = 1,
        .temperature = 1,
        .reduction = ROCKET__HINT__REDUCTION__MEAN,
    };

    switch (recipe) {
    case ROCKET__ROCKET_LAUNCHING__RECIPE__PAPER:
        launch.hint_weight = 0.03F;
        launch.reduction = ROCKET__HINT__REDUCTION__SUM_CLASSES;
        break;
    case ROCKET__ROCKET_LAUNCHING__RECIPE__XDL:
        launch.sharing = ROCKET__ROCKET_LAUNCHING__SHARING__SHARE_NOTHING;
        launch.hint_weight = 0.3F;
        launch.ce_weight = num_class > 1 ? 1.0F / (float)num_class : 1; /* its cross-entropy is a mean over B * C */
        break;
    case ROCKET__ROCKET_LAUNCHING__RECIPE__SOFT:
        launch.hint_loss = ROCKET__HINT__LOSS__KD;
        launch.reduction = ROCKET__HINT__REDUCTION__SUM_CLASSES;
        break;
    default:
        launch.light_trains_shared = false;
        break;
    }
    return launch;
}

static void apply_hint(rk_launch *launch, const Rocket__Hint *hint)
{
    if (hint->has_loss)
        launch->hint_loss = hint->loss;
    if (hint->has_weight)
        launch->hint_weight = hint->weight;
    if (hint->has_reduction)
        launch->reduction = hint->reduction;
    launch->temperature = hint->temperature;
    launch->scale_t2 = hint->scale_t2;
}

rk_launch rk_launch_of(const Rocket__RocketLaunching *launching, uint32_t num_class)
{
    Rocket__RocketLaunching empty;
    const Rocket__RocketLaunching *l = launching ? launching : &empty;
    rk_launch launch;

    rocket__rocket_launching__init(&empty);
    launch = defaults_of(l->recipe, num_class);
    launch.arm = l->arm;
    launch.light_embedding_dim = l->light_embedding_dim;
    launch.teacher_checkpoint = l->teacher_checkpoint;
    if (l->hint)
        apply_hint(&launch, l->hint);
    if (l->has_gradient_block)
        launch.gradient_block = l->gradient_block;
    if (l->has_sharing)
        launch.sharing = l->sharing;
    if (l->has_light_trains_shared)
        launch.light_trains_shared = l->light_trains_shared;
    if (l->has_ce_weight)
        launch.ce_weight = l->ce_weight;
    return launch;
}

bool rk_arm_has_light(Rocket__RocketLaunching__Arm arm)
{
    return arm != ROCKET__ROCKET_LAUNCHING__ARM__BOOSTER_ALONE;
}

bool rk_arm_has_booster(Rocket__RocketLaunching__Arm arm)
{
    return arm == ROCKET__ROCKET_LAUNCHING__ARM__ROCKET || arm == ROCKET__ROCKET_LAUNCHING__ARM__BOOSTER_ALONE;
}
