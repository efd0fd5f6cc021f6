/* Checks of train_config and export_config. */
#include "config_text.h"

static const config_fault_case cases[] = {
    { "endless",
      { CONFIG_TEXT_SOUND, { "num_steps=0" } },
      "error --set num_steps=0: expected train_config.num_steps or data_config.num_epochs above 0, both are 0\n" },
    { "bounded by epochs", { CONFIG_TEXT_SOUND, { "num_steps=0", "num_epochs=1" } }, "" },
    { "two rhythms of checkpoints",
      { CONFIG_TEXT_SOUND, { "save_checkpoints_steps=5", "save_checkpoints_secs=5" } },
      "error --set save_checkpoints_secs=5: expected save_checkpoints_steps or save_checkpoints_secs, found both\n" },
    { "a dead line", { CONFIG_TEXT_SOUND, { "dead_line=20270228 23:59:59" } }, "" },
    { "a day that is none",
      { CONFIG_TEXT_SOUND, { "dead_line=20270229 23:59:59" } },
      "error --set dead_line=20270229 23:59:59: dead_line: expected a date and a time as \"20261231 23:59:59\", found "
      "\"20270229 23:59:59\"\n" },
    { "a date of another form",
      { CONFIG_TEXT_SOUND, { "dead_line=2027-02-28" } },
      "error --set dead_line=2027-02-28: dead_line: expected a date and a time as \"20261231 23:59:59\", found "
      "\"2027-02-28\"\n" },
    { "best exporter", { CONFIG_TEXT_SOUND, { "exporter_type=best", "exports_to_keep=2" } }, "" },
    { "latest exporter", { CONFIG_TEXT_SOUND, { "exporter_type=latest" } }, "" },
    { "no exporter", { CONFIG_TEXT_SOUND, { "exporter_type=none" } }, "" },
    { "nothing to keep",
      { CONFIG_TEXT_SOUND, { "exporter_type=latest", "exports_to_keep=0" } },
      "error --set exports_to_keep=0: exports_to_keep: expected at least 1, found 0\n" },
    { "keeping the only export",
      { CONFIG_TEXT_SOUND, { "exports_to_keep=3" } },
      "note --set exports_to_keep=3: exports_to_keep changes nothing here: it belongs to exporter_type \"latest\" and "
      "\"best\"\n" },
    { "mistyped exporter",
      { CONFIG_TEXT_SOUND, { "exporter_type=finall" } },
      "error --set exporter_type=finall: exporter_type: expected \"final\", \"latest\", \"best\" or \"none\", found "
      "\"finall\"; did you mean "
      "\"final\"?\n" },
    { "strange exporter",
      { CONFIG_TEXT_SOUND, { "exporter_type=zzz" } },
      "error --set exporter_type=zzz: exporter_type: expected \"final\", \"latest\", \"best\" or \"none\", found "
      "\"zzz\"\n" },
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
