/* Checks of data_config: columns, label, weight, batches. */
#include "config_text.h"

static const config_fault_case cases[] = {
    { "sound", { CONFIG_TEXT_SOUND, { NULL } }, "" },
    { "nothing at all",
      { "", { NULL } },
      "note t: there is no train_input_path to train on\n"
      "note t: there is no model_dir for checkpoints and logs\n"
      "error t: expected a data_config that describes the input, found none\n"
      "error t: expected features in feature_config or feature_configs, found none\n"
      "error t: expected a model_config, found none\n"
      "error t: expected train_config.num_steps or data_config.num_epochs above 0, both are 0\n" },
    { "no fields",
      { "data_config { label_fields: 'clk' batch_size: 0 }", { NULL } },
      "note t: there is no train_input_path to train on\n"
      "note t: there is no model_dir for checkpoints and logs\n"
      "error t:1:1: data_config: expected input_fields that name the columns, found none\n"
      "error t:1:29: label_fields: \"clk\" is not a field of data_config.input_fields\n"
      "error t:1:47: batch_size: expected 1 to 16777216, found 0\n"
      "error t: expected features in feature_config or feature_configs, found none\n"
      "error t: expected a model_config, found none\n"
      "error t: expected train_config.num_steps or data_config.num_epochs above 0, both are 0\n" },
    { "field twice",
      { CONFIG_TEXT_SOUND, { "data_config.input_fields[2].input_name=user" } },
      "error --set data_config.input_fields[2].input_name=user: input_name: \"user\" stands in input_fields twice\n"
      "error t:14:27: input_names: \"item\" is not a field of data_config.input_fields\n" },
    { "field without a name",
      { CONFIG_TEXT_SOUND, { "data_config.input_fields[3]={ }" } },
      "error --set data_config.input_fields[3]={ }: input_fields: expected an input_name\n" },
    { "no label",
      { CONFIG_TEXT_SOUND, { "data_config.label_fields=[]" } },
      "error --set data_config.label_fields=[]: data_config: expected label_fields, found none\n" },
    { "unknown label",
      { CONFIG_TEXT_SOUND, { "data_config.label_fields=clik" } },
      "error --set data_config.label_fields=clik: label_fields: \"clik\" is not a field of data_config.input_fields; "
      "did you mean \"clk\"?\n" },
    { "labels of one number", { CONFIG_TEXT_SOUND, { "data_config.label_dim=[1, 4]" } }, "" },
    { "a label of two numbers",
      { CONFIG_TEXT_SOUND, { "data_config.label_dim=[2]" } },
      "error --set data_config.label_dim=[2]: label_dim: expected 1, as RocketLaunching learns one number from the "
      "first "
      "label, found 2\n" },
    { "two labels",
      { CONFIG_TEXT_SOUND, { "data_config.label_fields=['clk', 'user']" } },
      "note --set data_config.label_fields=['clk', 'user']: RocketLaunching learns the first label, "
      "\"clk\"; \"user\" is not used\n"
      "note t:13:27: feature \"user\" reads the label \"user\": the model will see the answer\n" },
    { "unknown weight",
      { CONFIG_TEXT_SOUND, { "data_config.sample_weight=wight" } },
      "error --set data_config.sample_weight=wight: sample_weight: \"wight\" is not a field of "
      "data_config.input_fields; did you mean \"weight\"?\n" },
    { "weight is the label",
      { CONFIG_TEXT_SOUND, { "data_config.sample_weight=clk" } },
      "error --set data_config.sample_weight=clk: sample_weight: \"clk\" is the label\n" },
    { "weight with two classes",
      { CONFIG_TEXT_SOUND, { "data_config.sample_weight=weight", "num_class=2" } },
      "note --set data_config.sample_weight=weight: upstream fails on sample_weight with num_class 2; rocket weighs "
      "every row's losses\n" },
    { "weight with one class", { CONFIG_TEXT_SOUND, { "data_config.sample_weight=weight" } }, "" },
    { "no rows in a batch",
      { CONFIG_TEXT_SOUND, { "data_config.batch_size=0" } },
      "error --set data_config.batch_size=0: batch_size: expected 1 to 16777216, found 0\n" },
    { "too many rows in a batch",
      { CONFIG_TEXT_SOUND, { "data_config.batch_size=16777217" } },
      "error --set data_config.batch_size=16777217: batch_size: expected 1 to 16777216, found 16777217\n" },
    { "no model_dir",
      { CONFIG_TEXT_SOUND, { "model_dir=" } },
      "note --set model_dir=: there is no model_dir for checkpoints and logs\n" },
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
