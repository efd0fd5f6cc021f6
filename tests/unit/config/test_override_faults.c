/* Overrides that cannot be applied: what is said, and that it is said of the override. */
#include "config_text.h"

static const config_fault_case cases[] = {
    { "no equals", { "", { "data_config.batch_size" } }, "error --set data_config.batch_size: expected path=value\n" },
    { "empty", { "", { "" } }, "error --set : expected path=value\n" },
    { "empty path", { "", { "=5" } }, "error --set =5: expected a field name of the pipeline config in the path\n" },
    { "unknown field",
      { "", { "data_config.batchsize=3" } },
      "error --set data_config.batchsize=3: unknown field \"batchsize\" in data_config; did you mean "
      "\"batch_size\"?\n" },
    { "unknown at the root",
      { "", { "dta_config.batch_size=3" } },
      "error --set dta_config.batch_size=3: unknown field \"dta_config\" in the pipeline config; did you mean "
      "\"data_config\"?\n" },
    { "unknown without a suggestion",
      { "", { "zzzzz=3" } },
      "error --set zzzzz=3: unknown field \"zzzzz\" in the pipeline config\n" },
    { "near in a section",
      { "", { "num_stps=3" } },
      "error --set num_stps=3: unknown field \"num_stps\" in the pipeline config; did you mean "
      "\"train_config.num_steps\"?\n" },
    { "in two sections",
      { "", { "batch_size=3" } },
      "error --set batch_size=3: expected data_config.batch_size or export_config.batch_size: both have it\n" },
    { "value not an integer",
      { "", { "data_config.batch_size=many" } },
      "error --set data_config.batch_size=many: batch_size: expected an integer from 0 to 4294967295, found "
      "\"many\"\n" },
    { "value empty",
      { "", { "data_config.batch_size=" } },
      "error --set data_config.batch_size=: batch_size: expected an integer from 0 to 4294967295, found the end of the "
      "value\n" },
    { "value and more",
      { "", { "data_config.batch_size=1 2" } },
      "error --set data_config.batch_size=1 2: batch_size: expected nothing more after the value, found \"2\"\n" },
    { "bool",
      { "", { "data_config.shuffle=yes" } },
      "error --set data_config.shuffle=yes: shuffle: expected true or false, found \"yes\"\n" },
    { "enum",
      { "", { "data_config.input_type=CSVInputt" } },
      "error --set data_config.input_type=CSVInputt: input_type: unknown value \"CSVInputt\"; did you mean "
      "CSVInput?\n" },
    { "through a scalar",
      { "", { "data_config.batch_size.x=3" } },
      "error --set data_config.batch_size.x=3: batch_size holds a value, not a message with fields\n" },
    { "brackets on a scalar",
      { "", { "data_config.batch_size[0]=3" } },
      "error --set data_config.batch_size[0]=3: batch_size is not a list: it takes no [ ]\n" },
    { "bracket not closed",
      { "", { "feature_configs[0=3" } },
      "error --set feature_configs[0=3: expected path=value\n" },
    { "text behind brackets",
      { "feature_configs { }", { "feature_configs[0]x=3" } },
      "error --set feature_configs[0]x=3: expected a point or = after ] in the path\n" },
    { "index out of range",
      { "feature_configs { }", { "feature_configs[1].embedding_dim=3" } },
      "error --set feature_configs[1].embedding_dim=3: index [1] is out of range: there are 1\n" },
    { "negative index out of range",
      { "feature_configs { }", { "feature_configs[-2].embedding_dim=3" } },
      "error --set feature_configs[-2].embedding_dim=3: index [-2] is out of range: there are 1\n" },
    { "range out of range",
      { "feature_configs { }", { "feature_configs[0:2].embedding_dim=3" } },
      "error --set feature_configs[0:2].embedding_dim=3: index [0:2] is out of range: there are 1\n" },
    { "no such name",
      { "feature_configs { input_names: \"a\" }", { "feature_configs[b].embedding_dim=3" } },
      "error --set feature_configs[b].embedding_dim=3: no element of feature_configs matches [b]\n" },
    { "no match",
      { "feature_configs { input_names: \"a\" }", { "feature_configs[embedding_dim>5].embedding_dim=3" } },
      "error --set feature_configs[embedding_dim>5].embedding_dim=3: no element of feature_configs matches "
      "[embedding_dim>5]\n" },
    { "empty brackets",
      { "feature_configs { }", { "feature_configs[].embedding_dim=3" } },
      "error --set feature_configs[].embedding_dim=3: expected [i], [a:b] or [:], [name] or [field=value] after "
      "feature_configs, found []\n" },
    { "name in a list of texts",
      { "data_config { label_fields: \"a\" }", { "data_config.label_fields[a]=b" } },
      "error --set data_config.label_fields[a]=b: expected [i], [a:b] or [:] after label_fields, found [a]\n" },
    { "which of them",
      { "feature_configs { } feature_configs { }", { "feature_configs.embedding_dim=3" } },
      "error --set feature_configs.embedding_dim=3: feature_configs has 2 elements; choose with [i], [name] or [:]\n" },
    { "message value",
      { "", { "model_config={ num_clas: 2 }" } },
      "error --set model_config={ num_clas: 2 }: unknown field \"num_clas\" in model_config; did you mean "
      "\"num_class\"?\n" },
    { "message value without braces",
      { "", { "data_config=batch_size: -3" } },
      "error --set data_config=batch_size: -3: batch_size: expected an integer from 0 to 4294967295, found \"-3\"\n" },
    { "message not closed",
      { "", { "data_config={ batch_size: 3" } },
      "error --set data_config={ batch_size: 3: expected \"}\" to close data_config, opened at line 1, found the end "
      "of the value\n" },
    { "list for a singular",
      { "", { "data_config.batch_size=[3]" } },
      "error --set data_config.batch_size=[3]: batch_size: takes one value, not a list\n" },
    { "point at the end",
      { "", { "data_config.=3" } },
      "error --set data_config.=3: expected a field name of data_config in the path\n" },
    { "not UTF-8", { "", { "model_dir=\xff" } }, "error --set: an override must be valid UTF-8\n" },
    { "control characters are blanks in the place",
      { "", { "data_config.batch_size=a\nb" } },
      "error --set data_config.batch_size=a b: batch_size: expected an integer from 0 to 4294967295, found \"a\"\n" },
    { "long overrides are cut",
      { "",
        { "data_config.batch_size="
          "999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999"
          "999999999999999999999999999999999999999999" } },
      "error --set "
      "data_config.batch_size="
      "9999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999...: batch_size: "
      "expected an integer from 0 to 4294967295, found \"9999999999999999999999999999999999999999...\"\n" },
    { "two of them",
      { "", { "data_config.x=1", "train_config.y=2" } },
      "error --set data_config.x=1: unknown field \"x\" in data_config\n"
      "error --set train_config.y=2: unknown field \"y\" in train_config\n" },
    { "file and override",
      { "model_dir: 5", { "data_config.x=1" } },
      "error t:1:12: model_dir: expected a text in quotes, found \"5\"\n"
      "error --set data_config.x=1: unknown field \"x\" in data_config\n" },
};

static void faults_are_told_as_expected(void **state)
{
    (void)state;
    assert_config_faults(cases, sizeof cases / sizeof cases[0], false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_told_as_expected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
