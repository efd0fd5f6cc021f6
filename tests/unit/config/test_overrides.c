/* Overrides that can be applied: what they change, and that it is told where it came from. */
#include "config_text.h"

static const char base[] = "train_config { optimizer_config { adam_optimizer { beta1: 0.8 } } }\n"
                           "data_config { label_fields: ['a', 'b'] batch_size: 1\n"
                           "  input_fields { input_name: 'a' input_type: INT32 } input_fields { input_name: 'b' } }\n"
                           "feature_configs { input_names: 'a' embedding_dim: 1 }\n"
                           "feature_configs { input_names: 'b' embedding_dim: 2 feature_name: 'c' }\n"
                           "feature_configs { input_names: 'd' embedding_dim: 3 feature_type: TagFeature }\n"
                           "model_config { feature_groups { group_name: 'all' } feature_groups { group_name: 'x' } }\n";

typedef struct setting {
    const char *name, *override, *text; /* text: the same change written by hand, read after base */
} setting;

/* Each leaves the config that base and text give. */
static const setting settings[] = {
    { "number", "data_config.batch_size=0x10", "data_config { batch_size: 16 }" },
    { "blanks around the value", "data_config.batch_size= 16 ", "data_config { batch_size: 16 }" },
    { "text without quotes", "model_dir=a b", "model_dir: 'a b'" },
    { "text with quotes", "model_dir='a' \"b\"", "model_dir: 'ab'" },
    { "text with backslash", "model_dir=a\\001", "model_dir: 'a\\\\001'" },
    { "text with backslash in quotes", "data_config.separator='\\001'", "data_config { separator: '\\001' }" },
    { "empty text", "model_dir=", "model_dir: ''" },
    { "text with = and brackets", "model_dir=a[0]=b", "model_dir: 'a[0]=b'" },
    { "enum", "data_config.input_type=RTPInput", "data_config { input_type: RTPInput }" },
    { "message that is absent", "eval_config.num_examples=5", "eval_config { num_examples: 5 }" },
    { "first element made", "eval_config.metrics_set.auc.num_thresholds=10",
      "eval_config { metrics_set { auc { num_thresholds: 10 } } }" },
    { "without its section", "num_steps=7", "train_config { num_steps: 7 }" },
    { "launch without its sections", "light_dnn.hidden_units=[8, 4]",
      "model_config { rocket_launching { light_dnn { hidden_units: [8, 4] } } }" },
    { "list by one value", "light_dnn.hidden_units=8",
      "model_config { rocket_launching { light_dnn { hidden_units: 8 } } }" },
};

static void assert_same(const char *name, const rk_config *a, const rk_config *b)
{
    rk_buf text_a, text_b;

    rk_buf_init(&text_a, 0);
    rk_buf_init(&text_b, 0);
    rk_config_print(a, &text_a);
    rk_config_print(b, &text_b);
    if (strcmp(text_a.data, text_b.data) != 0)
        fail_msg("%s: found\n%sexpected\n%s", name, text_a.data, text_b.data);
    rk_buf_clear(&text_a);
    rk_buf_clear(&text_b);
}

static void check_setting(const setting *s)
{
    char text[2048];
    config_text by_hand = { .text = text }, by_override = { base, { s->override } };

    snprintf(text, sizeof text, "%s%s", base, s->text);
    rk_config *a = config_text_open(&by_override), *b = config_text_open(&by_hand);
    assert_same(s->name, a, b);
    rk_config_free(a);
    rk_config_free(b);
}

static void settings_change_what_they_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        check_setting(&settings[i]);
}

/* The embedding_dims that an override of them leaves: bit i is set when feature i got it. */
static unsigned touched(const char *selector)
{
    char override[200];
    unsigned bits = 0;

    snprintf(override, sizeof override, "feature_configs%s.embedding_dim=77", selector);
    rk_config *config = config_text_open(&(config_text){ base, { override } });
    for (size_t i = 0; i < 3; i++)
        bits |= (unsigned)(rk_config_root(config)->feature_configs[i]->embedding_dim == 77) << i;
    rk_config_free(config);
    return bits;
}

static void selectors_select(void **state)
{
    (void)state;
    assert_int_equal(touched("[0]"), 1);
    assert_int_equal(touched("[2]"), 4);
    assert_int_equal(touched("[-1]"), 4);
    assert_int_equal(touched("[-3]"), 1);
    assert_int_equal(touched("[:]"), 7);
    assert_int_equal(touched("[1:]"), 6);
    assert_int_equal(touched("[:2]"), 3);
    assert_int_equal(touched("[0:-1]"), 3);
    assert_int_equal(touched("[1:2]"), 2);
    assert_int_equal(touched("[2:2]"), 0);
    assert_int_equal(touched("[a]"), 1);
    assert_int_equal(touched("[b]"), 2); /* by input name */
    assert_int_equal(touched("[c]"), 2); /* by feature name */
    assert_int_equal(touched("[input_names=d]"), 4);
    assert_int_equal(touched("[embedding_dim>1]"), 6);
    assert_int_equal(touched("[embedding_dim>=2]"), 6);
    assert_int_equal(touched("[embedding_dim<2]"), 1);
    assert_int_equal(touched("[embedding_dim<=2]"), 3);
    assert_int_equal(touched("[embedding_dim!=2]"), 5);
    assert_int_equal(touched("[embedding_dim=2]"), 2);
    assert_int_equal(touched("[feature_type=TagFeature]"), 4);
    assert_int_equal(touched("[feature_type=IdFeature]"), 3); /* the default counts */
}

static void elements_are_replaced(void **state)
{
    rk_config *config = config_text_open(
        &(config_text){ base,
                        { "data_config.label_fields[1]=z", "feature_configs[1]={ input_names: 'n' }",
                          "model_config.feature_groups[x].group_name=y", "data_config.input_fields[b].input_type=FLOAT",
                          "train_config.optimizer_config[adam_optimizer].adam_optimizer.beta2=0.5" } });
    const Rocket__EasyRecConfig *root = rk_config_root(config);

    (void)state;
    assert_int_equal(root->data_config->n_label_fields, 2);
    assert_string_equal(root->data_config->label_fields[0], "a");
    assert_string_equal(root->data_config->label_fields[1], "z");
    assert_int_equal(root->n_feature_configs, 3);
    assert_string_equal(root->feature_configs[1]->input_names[0], "n");
    assert_int_equal(root->feature_configs[1]->embedding_dim, 0); /* cleared, not merged */
    assert_string_equal(root->model_config->feature_groups[1]->group_name, "y");
    assert_int_equal(root->data_config->input_fields[0]->input_type, ROCKET__DATASET_CONFIG__FIELD_TYPE__INT32);
    assert_int_equal(root->data_config->input_fields[1]->input_type, ROCKET__DATASET_CONFIG__FIELD_TYPE__FLOAT);
    assert_float_equal(root->train_config->optimizer_config[0]->adam_optimizer->beta1, 0.8F, 0);
    assert_float_equal(root->train_config->optimizer_config[0]->adam_optimizer->beta2, 0.5F, 0);
    rk_config_free(config);
}

static void whole_lists_and_messages_are_replaced(void **state)
{
    rk_config *config = config_text_open(
        &(config_text){ base,
                        { "data_config.label_fields=['x']", "train_config=num_steps: 3",
                          "model_config.feature_groups=[]", "feature_configs={ input_names: 'q' }" } });
    const Rocket__EasyRecConfig *root = rk_config_root(config);

    (void)state;
    assert_int_equal(root->data_config->n_label_fields, 1);
    assert_string_equal(root->data_config->label_fields[0], "x");
    assert_int_equal(root->train_config->n_optimizer_config, 0);
    assert_int_equal(root->train_config->num_steps, 3);
    assert_int_equal(root->model_config->n_feature_groups, 0);
    assert_int_equal(root->n_feature_configs, 1);
    rk_config_free(config);
}

static void rivals_in_a_oneof_give_way(void **state)
{
    rk_config *config =
        config_text_open(&(config_text){ base, { "optimizer_config.adagrad_optimizer.initial_accumulator_value=1" } });
    const Rocket__Optimizer *optimizer = rk_config_root(config)->train_config->optimizer_config[0];

    (void)state;
    assert_int_equal(rk_config_root(config)->train_config->n_optimizer_config, 1);
    assert_string_equal(rk_oneof_name(&optimizer->base, NULL), "adagrad_optimizer");
    assert_float_equal(optimizer->adagrad_optimizer->initial_accumulator_value, 1, 0);
    rk_config_free(config);
}

static void later_overrides_win(void **state)
{
    rk_config *config = config_text_open(&(config_text){ base, { "num_steps=3", "train_config.num_steps=4" } });

    (void)state;
    assert_int_equal(rk_config_root(config)->train_config->num_steps, 4);
    rk_config_free(config);
}

static void places_name_the_override(void **state)
{
    rk_config *config = config_text_open(
        &(config_text){ base, { "data_config.batch_size=3", "eval_config.num_examples=5", "feature_configs[0]={ }" } });
    const Rocket__EasyRecConfig *root = rk_config_root(config);

    (void)state;
    assert_string_equal(rk_config_where(config, &root->data_config->base, "batch_size", 0),
                        "--set data_config.batch_size=3");
    assert_string_equal(rk_config_where(config, &root->data_config->base, "label_fields", 0), "t:2:30");
    assert_string_equal(rk_config_where(config, &root->eval_config->base, NULL, 0), "--set eval_config.num_examples=5");
    assert_string_equal(rk_config_where(config, &root->base, "feature_configs", 0), "--set feature_configs[0]={ }");
    assert_string_equal(rk_config_where(config, &root->feature_configs[0]->base, "embedding_dim", 0),
                        "--set feature_configs[0]={ }");
    rk_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_change_what_they_name), cmocka_unit_test(selectors_select),
        cmocka_unit_test(elements_are_replaced),          cmocka_unit_test(whole_lists_and_messages_are_replaced),
        cmocka_unit_test(rivals_in_a_oneof_give_way),     cmocka_unit_test(later_overrides_win),
        cmocka_unit_test(places_name_the_override),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
