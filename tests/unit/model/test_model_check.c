/* Whether there is a model of model_class, and whether its options are there. */
#include "config_text.h"
#include "model.h"

typedef struct class_case {
    const char *override, *fault; /* NULL: none */
} class_case;

static const class_case cases[] = {
    { "train_config.num_steps=5", NULL },
    { "model_config={ rocket_launching { } }", "model_class: expected \"RocketLaunching\", found none" },
    { "model_class=DSSM", "model_class: expected \"RocketLaunching\", found \"DSSM\"" },
    { "model_config={ model_class: 'RocketLaunching' }",
      "model_config: expected a rocket_launching block with share_dnn, booster_dnn and light_dnn" },
};

static void assert_fault(const class_case *c)
{
    rk_config *config = config_text_open(&(config_text){ CONFIG_TEXT_SOUND, { c->override } });
    rk_faults faults;

    rk_faults_init(&faults);
    rk_model_check(config, &faults);
    assert_int_equal(faults.n_errors, c->fault ? 1 : 0);
    if (c->fault)
        assert_string_equal(faults.items[0].sentence, c->fault);
    rk_faults_clear(&faults);
    rk_config_free(config);
}

static void classes_are_looked_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_fault(&cases[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_are_looked_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
