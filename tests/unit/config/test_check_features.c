/* Checks of features, of tables that they share, and of the group "all". */
#include "config_text.h"

static const config_fault_case cases[] = {
    { "no inputs",
      { CONFIG_TEXT_SOUND, { "features[0].input_names=[]" } },
      "error --set features[0].input_names=[]: feature \"\": expected input_names, found none\n"
      "error t:18:54: feature_names: \"user\" is not a feature\n"
      "note t:13:3: feature \"\" is in no group that feeds the model: its columns are read and not used\n" },
    { "unknown input",
      { CONFIG_TEXT_SOUND, { "features[1].input_names=itme" } },
      "error --set features[1].input_names=itme: input_names: \"itme\" is not a field of data_config.input_fields; did "
      "you mean \"item\"?\n"
      "error t:18:62: feature_names: \"item\" is not a feature; did you mean \"itme\"?\n"
      "note t:14:3: feature \"itme\" is in no group that feeds the model: its columns are read and not used\n" },
    { "feature of the label",
      { CONFIG_TEXT_SOUND, { "features[1].input_names=clk", "feature_groups[0].feature_names=['user', 'clk']" } },
      "note --set features[1].input_names=clk: feature \"clk\" reads the label \"clk\": the model will see the "
      "answer\n" },
    { "two of one key",
      { CONFIG_TEXT_SOUND, { "features[1].feature_name=user", "feature_groups[0].feature_names=['user']" } },
      "error --set features[1].feature_name=user: there is a feature \"user\" already; give this one a feature_name of "
      "its own\n"
      "note t:14:3: feature \"user\" is in no group that feeds the model: its columns are read and not used\n" },
    { "clones of one key",
      { CONFIG_TEXT_SOUND,
        { "features[0].feature_name=u", "features[0].shared_names=item",
          "feature_groups[0].feature_names=['u', 'item']" } },
      "error --set features[0].feature_name=u: there is a feature \"u\" already; give this one a feature_name of its "
      "own\n"
      "note t:13:3: feature \"u\" is in no group that feeds the model: its columns are read and not used\n" },
    { "initializer without one",
      { CONFIG_TEXT_SOUND, { "features[0].initializer={ }" } },
      "error --set features[0].initializer={ }: feature \"user\": expected one of the initializers in initializer, "
      "found none\n" },
    { "constant initializer without a number",
      { CONFIG_TEXT_SOUND, { "features[0].initializer={ constant_initializer { } }" } },
      "error --set features[0].initializer={ constant_initializer { } }: feature \"user\": constant_initializer: "
      "expected one number in consts, found 0\n" },
    { "constant initializer",
      { CONFIG_TEXT_SOUND, { "features[0].initializer={ constant_initializer { consts: 1 } }" } },
      "" },
    { "shared table", { CONFIG_TEXT_SOUND, { "features[:].embedding_name=t" } }, "" },
    { "shared table of two sizes",
      { CONFIG_TEXT_SOUND, { "features[:].embedding_name=t", "features[1].hash_bucket_size=7" } },
      "error --set features[:].embedding_name=t: features \"user\" and \"item\" share the table \"t\": expected as "
      "many buckets in both, found 100 and 7\n" },
    { "shared table of boundaries and hash",
      { CONFIG_TEXT_SOUND,
        { "features[:].embedding_name=t", "features[1].feature_type=RawFeature", "features[1].boundaries=[1, 2]" } },
      "error --set features[:].embedding_name=t: features \"user\" and \"item\" share the table \"t\": expected as "
      "many buckets in both, found 100 and 3\n" },
    { "shared table of a file",
      { CONFIG_TEXT_SOUND,
        { "features[:].embedding_name=t", "features[1].hash_bucket_size=0", "features[1].vocab_file=v.txt" } },
      "" },
    { "no group",
      { CONFIG_TEXT_SOUND, { "model_config.feature_groups=[]" } },
      "error t:16:1: expected a feature group with group_name \"all\", found none\n" },
    { "group of another name",
      { CONFIG_TEXT_SOUND, { "model_config.feature_groups[0].group_name=deep" } },
      "note --set model_config.feature_groups[0].group_name=deep: feature group \"deep\" feeds nothing: "
      "RocketLaunching reads the group \"all\"\n"
      "error --set model_config.feature_groups[0].group_name=deep: expected a feature group with group_name \"all\", "
      "found \"deep\"\n" },
    { "group without a name",
      { CONFIG_TEXT_SOUND, { "model_config.feature_groups[0]={ feature_names: 'user' }" } },
      "note --set model_config.feature_groups[0]={ feature_names: 'user' }: feature group \"\" feeds nothing: "
      "RocketLaunching reads the group \"all\"\n"
      "error --set model_config.feature_groups[0]={ feature_names: 'user' }: expected a feature group with group_name "
      "\"all\", found none\n" },
    { "two groups",
      { CONFIG_TEXT_SOUND,
        { "model_config.feature_groups=[{ group_name: 'all' feature_names: ['user', 'item'] }, { group_name: 'wide' "
          "}]" } },
      "note --set model_config.feature_groups=[{ group_name: 'all' feature_names: ['user', 'item'] }, { group_name: "
      "'wide' }]: feature group \"wide\" feeds nothing: RocketLaunching reads the group \"all\"\n" },
    { "two groups of one name",
      { CONFIG_TEXT_SOUND,
        { "model_config.feature_groups=[{ group_name: 'all' feature_names: ['user', 'item'] }, { group_name: 'all' "
          "}]" } },
      "error --set model_config.feature_groups=[{ group_name: 'all' feature_names: ['user', 'item'] }, { group_name: "
      "'all' }]: there are two feature groups named \"all\"\n" },
    { "empty group",
      { CONFIG_TEXT_SOUND, { "feature_groups[0].feature_names=[]" } },
      "error --set feature_groups[0].feature_names=[]: feature group \"all\": expected feature_names, found none\n"
      "note t:13:3: feature \"user\" is in no group that feeds the model: its columns are read and not used\n"
      "note t:14:3: feature \"item\" is in no group that feeds the model: its columns are read and not used\n" },
    { "wide group",
      { CONFIG_TEXT_SOUND, { "feature_groups[0].wide_deep=WIDE" } },
      "error --set feature_groups[0].wide_deep=WIDE: wide_deep: expected DEEP, as the group feeds dense layers, found "
      "WIDE\n" },
    { "unknown feature in the group",
      { CONFIG_TEXT_SOUND, { "feature_groups[0].feature_names=['user', 'itme']" } },
      "error --set feature_groups[0].feature_names=['user', 'itme']: feature_names: \"itme\" is not a feature; did you "
      "mean \"item\"?\n"
      "note t:14:3: feature \"item\" is in no group that feeds the model: its columns are read and not used\n" },
    { "feature twice in the group",
      { CONFIG_TEXT_SOUND, { "feature_groups[0].feature_names=['user', 'item', 'user']" } },
      "error --set feature_groups[0].feature_names=['user', 'item', 'user']: feature_names: \"user\" stands in the "
      "group twice\n" },
    { "expanded names in the group",
      { CONFIG_TEXT_SOUND, { "feature_groups[0].feature_names=['user', 'item[1-2]']" } },
      "error --set feature_groups[0].feature_names=['user', 'item[1-2]']: feature_names: \"item1\" is not a feature; "
      "did you mean \"item\"?\n"
      "error --set feature_groups[0].feature_names=['user', 'item[1-2]']: feature_names: \"item2\" is not a feature; "
      "did you mean \"item\"?\n"
      "note t:14:3: feature \"item\" is in no group that feeds the model: its columns are read and not used\n" },
    { "no features",
      { CONFIG_TEXT_SOUND, { "feature_config={ }" } },
      "error --set feature_config={ }: expected features in feature_config or feature_configs, found none\n"
      "error t:18:54: feature_names: \"user\" is not a feature\n"
      "error t:18:62: feature_names: \"item\" is not a feature\n" },
    { "old features win",
      { CONFIG_TEXT_SOUND, { "feature_configs=[{ input_names: 'user' }]", "feature_groups[0].feature_names=user" } },
      "note t:12:1: feature_config is not read: feature_configs wins where both are given\n" },
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
