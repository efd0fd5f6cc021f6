/* Checks of model_config: loss, recipe, arm, hint. */
#include "config_text.h"

static const config_fault_case cases[] = {
    { "no classes",
      { CONFIG_TEXT_SOUND, { "num_class=0" } },
      "error --set num_class=0: num_class: expected 1 to 1048576, found 0\n" },
    { "l2 loss",
      { CONFIG_TEXT_SOUND, { "loss_type=L2_LOSS" } },
      "error --set loss_type=L2_LOSS: loss_type: expected CLASSIFICATION, found L2_LOSS, on which upstream fails with "
      "num_class 1\n" },
    { "focal loss",
      { CONFIG_TEXT_SOUND, { "loss_type=BINARY_FOCAL_LOSS" } },
      "note --set loss_type=BINARY_FOCAL_LOSS: loss_type BINARY_FOCAL_LOSS: the losses of RocketLaunching are "
      "cross-entropies all the same, as upstream\n" },
    { "focal loss with two classes",
      { CONFIG_TEXT_SOUND, { "loss_type=BINARY_FOCAL_LOSS", "num_class=2" } },
      "error --set loss_type=BINARY_FOCAL_LOSS: loss_type: expected CLASSIFICATION, found BINARY_FOCAL_LOSS, on which "
      "upstream fails with num_class 2\n" },
    { "negative regularisation",
      { CONFIG_TEXT_SOUND, { "embedding_regularization=-1", "l2_regularization=nan" } },
      "error --set embedding_regularization=-1: embedding_regularization: expected a number from 0 on, found -1\n"
      "error --set l2_regularization=nan: l2_regularization: expected a number from 0 on, found nan\n" },
    { "negative hint",
      { CONFIG_TEXT_SOUND, { "hint.weight=-0.5" } },
      "error --set hint.weight=-0.5: weight: expected a number from 0 on, found -0.5\n" },
    { "infinite hint",
      { CONFIG_TEXT_SOUND, { "hint.weight=inf" } },
      "error --set hint.weight=inf: weight: expected a number from 0 on, found inf\n" },
    { "temperature of zero",
      { CONFIG_TEXT_SOUND, { "hint={ loss: KD temperature: 0 }" } },
      "error --set hint={ loss: KD temperature: 0 }: temperature: expected a number above 0, found 0\n" },
    { "temperature of a squared difference",
      { CONFIG_TEXT_SOUND, { "hint={ temperature: 2 scale_t2: true }" } },
      "error --set hint={ temperature: 2 scale_t2: true }: temperature belongs to the hint with loss: KD, this one is "
      "LOGIT_MSE\n"
      "error --set hint={ temperature: 2 scale_t2: true }: scale_t2 belongs to the hint with loss: KD, this one is "
      "LOGIT_MSE\n" },
    { "temperature of soft targets",
      { CONFIG_TEXT_SOUND, { "recipe=SOFT", "hint={ temperature: 2 scale_t2: true }" } },
      "" },
    { "negative ce_weight",
      { CONFIG_TEXT_SOUND, { "ce_weight=-1" } },
      "error --set ce_weight=-1: ce_weight: expected a number from 0 on, found -1\n" },
    { "no teacher",
      { CONFIG_TEXT_SOUND, { "arm=KD_FROM_BOOSTER" } },
      "error --set arm=KD_FROM_BOOSTER: arm KD_FROM_BOOSTER: expected teacher_checkpoint, a checkpoint of a run whose "
      "booster teaches\n" },
    { "teacher", { CONFIG_TEXT_SOUND, { "arm=KD_FROM_BOOSTER", "teacher_checkpoint=a.safetensors" } }, "" },
    { "teacher without its arm",
      { CONFIG_TEXT_SOUND, { "teacher_checkpoint=a.safetensors" } },
      "note --set teacher_checkpoint=a.safetensors: teacher_checkpoint changes nothing here: it belongs to arm: "
      "KD_FROM_BOOSTER\n" },
    { "small embeddings of a shared table",
      { CONFIG_TEXT_SOUND, { "light_embedding_dim=4" } },
      "error --set light_embedding_dim=4: light_embedding_dim: the light net has embeddings of its own only with "
      "sharing: SHARE_NOTHING\n" },
    { "small embeddings", { CONFIG_TEXT_SOUND, { "light_embedding_dim=4", "sharing=SHARE_NOTHING" } }, "" },
    { "small embeddings by recipe", { CONFIG_TEXT_SOUND, { "light_embedding_dim=4", "recipe=XDL" } }, "" },
    { "training what is not shared",
      { CONFIG_TEXT_SOUND, { "recipe=XDL", "light_trains_shared=true" } },
      "note --set light_trains_shared=true: light_trains_shared changes nothing here: with SHARE_NOTHING the light net "
      "trains its own embeddings\n" },
};

static void faults_are_told_as_expected(void **state)
{
    (void)state;
    assert_config_faults(cases, sizeof cases / sizeof cases[0], true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_told_as_expected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
