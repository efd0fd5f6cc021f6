/* Checks of model_config: classes and loss, and the launch: recipe, arm, hint, what is shared. Whether there is a model
 * of model_class is known to the model room. */
#include <math.h>

#include "check_parts.h"

enum { MAX_CLASSES = 1 << 20 };

static void check_not_negative(const rk_check *check, const ProtobufCMessage *message, const char *field, double value)
{
    if (!(value >= 0) || isinf(value))
        rk_check_error(check, rk_at(message, field, 0), "%s: expected a number from 0 on, found %g", field, value);
}

/* Upstream's losses are cross-entropies whatever loss_type says; it only picks how predictions are formed, and types
 * that form none for a classifier make upstream fail. */
static bool forms_probabilities(Rocket__LossType type, uint32_t num_class)
{
    switch (type) {
    case ROCKET__LOSS_TYPE__CLASSIFICATION:
        return true;
    case ROCKET__LOSS_TYPE__BINARY_CROSS_ENTROPY_LOSS:
    case ROCKET__LOSS_TYPE__F1_REWEIGHTED_LOSS:
    case ROCKET__LOSS_TYPE__PAIR_WISE_LOSS:
    case ROCKET__LOSS_TYPE__BINARY_FOCAL_LOSS:
    case ROCKET__LOSS_TYPE__PAIRWISE_FOCAL_LOSS:
    case ROCKET__LOSS_TYPE__PAIRWISE_LOGISTIC_LOSS:
    case ROCKET__LOSS_TYPE__PAIRWISE_HINGE_LOSS:
    case ROCKET__LOSS_TYPE__JRC_LOSS:
    case ROCKET__LOSS_TYPE__LISTWISE_RANK_LOSS:
    case ROCKET__LOSS_TYPE__LISTWISE_DISTILL_LOSS:
        return num_class == 1;
    default:
        return false;
    }
}

static void check_loss(const rk_check *check)
{
    const Rocket__EasyRecModel *model = check->view->model;
    rk_spot spot = rk_at(&model->base, "loss_type", 0);
    const char *name = rk_enum_name(&rocket__loss_type__descriptor, (int)model->loss_type);

    if (model->num_class < 1 || model->num_class > MAX_CLASSES)
        rk_check_error(check, rk_at(&model->base, "num_class", 0), "num_class: expected 1 to %d, found %u", MAX_CLASSES,
                       model->num_class);
    if (!forms_probabilities(model->loss_type, model->num_class))
        rk_check_error(check, spot,
                       "loss_type: expected CLASSIFICATION, found %s, on which upstream fails with num_class %u", name,
                       model->num_class);
    else if (model->loss_type != ROCKET__LOSS_TYPE__CLASSIFICATION)
        rk_check_note(check, spot,
                      "loss_type %s: the losses of RocketLaunching are cross-entropies all the same, as upstream",
                      name);
    check_not_negative(check, &model->base, "embedding_regularization", (double)model->embedding_regularization);
    if (model->variational_dropout)
        check_not_negative(check, &model->variational_dropout->base, "regularization_lambda",
                           (double)model->variational_dropout->regularization_lambda);
}

static void check_hint(const rk_check *check, const rk_launch *launch)
{
    const Rocket__Hint *hint = check->view->launching->hint;

    if (!hint)
        return;
    check_not_negative(check, &hint->base, "weight", (double)launch->hint_weight);
    if (!(launch->temperature > 0) || isinf(launch->temperature))
        rk_check_error(check, rk_at(&hint->base, "temperature", 0), "temperature: expected a number above 0, found %g",
                       (double)launch->temperature);
    if (launch->hint_loss == ROCKET__HINT__LOSS__KD)
        return;
    if (hint->has_temperature && hint->temperature != 1)
        rk_check_error(check, rk_at(&hint->base, "temperature", 0),
                       "temperature belongs to the hint with loss: KD, this one is %s",
                       rk_enum_name(&rocket__hint__loss__descriptor, (int)launch->hint_loss));
    if (hint->scale_t2)
        rk_check_error(check, rk_at(&hint->base, "scale_t2", 0),
                       "scale_t2 belongs to the hint with loss: KD, this one is %s",
                       rk_enum_name(&rocket__hint__loss__descriptor, (int)launch->hint_loss));
}

static void check_teacher(const rk_check *check, const rk_launch *launch)
{
    const Rocket__RocketLaunching *launching = check->view->launching;
    bool needed = launch->arm == ROCKET__ROCKET_LAUNCHING__ARM__KD_FROM_BOOSTER;
    bool given = launch->teacher_checkpoint && launch->teacher_checkpoint[0];

    if (needed && !given)
        rk_check_error(check, rk_at(&launching->base, "arm", 0),
                       "arm KD_FROM_BOOSTER: expected teacher_checkpoint, a checkpoint of a run whose booster teaches");
    if (given && !needed)
        rk_check_note(check, rk_at(&launching->base, "teacher_checkpoint", 0),
                      "teacher_checkpoint changes nothing here: it belongs to arm: KD_FROM_BOOSTER");
}

static void check_sharing(const rk_check *check, const rk_launch *launch)
{
    const Rocket__RocketLaunching *launching = check->view->launching;
    bool nothing = launch->sharing == ROCKET__ROCKET_LAUNCHING__SHARING__SHARE_NOTHING;

    if (launch->light_embedding_dim > 0 && !nothing)
        rk_check_error(check, rk_at(&launching->base, "light_embedding_dim", 0),
                       "light_embedding_dim: the light net has embeddings of its own only with sharing: SHARE_NOTHING");
    if (nothing && launching->has_light_trains_shared)
        rk_check_note(
            check, rk_at(&launching->base, "light_trains_shared", 0),
            "light_trains_shared changes nothing here: with SHARE_NOTHING the light net trains its own embeddings");
}

static void check_launch(const rk_check *check)
{
    const Rocket__RocketLaunching *launching = check->view->launching;
    rk_launch launch = rk_launch_of(launching, check->view->model->num_class);

    check_not_negative(check, &launching->base, "l2_regularization", (double)launching->l2_regularization);
    check_not_negative(check, &launching->base, "ce_weight", (double)launch.ce_weight);
    check_not_negative(check, &launching->base, "feature_distillation_weight",
                       (double)launching->feature_distillation_weight);
    check_hint(check, &launch);
    check_teacher(check, &launch);
    check_sharing(check, &launch);
}

void rk_check_model(const rk_check *check)
{
    if (!rk_config_root(check->config)->model_config) {
        rk_check_error(check, rk_at(&rk_config_root(check->config)->base, NULL, 0),
                       "expected a model_config, found none");
        return;
    }
    if (!check->view->launching) /* of another model, or missing: rk_model_check says it */
        return;
    check_loss(check);
    check_launch(check);
}
