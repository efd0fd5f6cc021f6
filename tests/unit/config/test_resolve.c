/* The derived view: expansion, clones, look-ups, what is read. */
#include "config_text.h"
#include "resolve.h"

static void absent_sections_have_defaults(void **state)
{
    rk_config *config = config_text_open(&(config_text){ .text = "" });
    const rk_resolved *view = rk_config_view(config);

    (void)state;
    assert_int_equal(view->data->batch_size, 32);
    assert_int_equal(view->model->num_class, 1);
    assert_int_equal(view->train->log_step_count_steps, 10);
    assert_int_equal(view->eval->num_examples, 0);
    assert_string_equal(view->export_config->exporter_type, "final");
    assert_null(view->launching);
    assert_null(view->group);
    assert_int_equal(view->n_fields + view->n_features + view->n_group_names, 0);
    assert_true(view->label == RK_NONE && view->weight == RK_NONE);
    assert_true(rk_field_find(view, "a") == RK_NONE && rk_feature_find(view, "a") == RK_NONE);
    rk_config_free(config);
}

static const char expanding[] = "data_config { auto_expand_input_fields: true label_fields: ['y', 'a2']\n"
                                "  input_fields { input_name: 'y' input_type: INT32 }\n"
                                "  input_fields { input_name: 'a[1-3]' }\n"
                                "  input_fields { input_name: 'w' input_type: FLOAT } sample_weight: 'w' }\n"
                                "feature_configs { input_names: 'a1' shared_names: ['a2', 'x']\n"
                                "  embedding_dim: 4 vocab_list: ['p', 'q'] }\n"
                                "feature_configs { feature_name: 'b' input_names: ['a3', 'z'] }\n"
                                "feature_configs { feature_name: 'b' input_names: 'w' }\n"
                                "model_config { feature_groups { group_name: 'other' }\n"
                                "  feature_groups { group_name: 'all' feature_names: ['b', 'a[1-2]', 'nobody'] } }\n";

static void names_are_expanded_and_found(void **state)
{
    rk_config *config = config_text_open(&(config_text){ .text = expanding });
    const rk_resolved *view = rk_config_view(config);

    (void)state;
    assert_int_equal(view->n_fields, 5);
    assert_string_equal(view->fields[0].name, "y");
    assert_string_equal(view->fields[1].name, "a1");
    assert_string_equal(view->fields[3].name, "a3");
    assert_ptr_equal(view->fields[3].config, view->data->input_fields[1]);
    assert_int_equal(rk_field_find(view, "w"), 4);
    assert_int_equal(view->label, 0);
    assert_int_equal(view->weight, 4);
    assert_true(view->fields[0].label && view->fields[2].label && !view->fields[1].label);

    assert_ptr_equal(view->group, view->model->feature_groups[1]);
    assert_int_equal(view->n_group_names, 4);
    assert_string_equal(view->group_names[0].name, "b");
    assert_int_equal(view->group_names[0].feature, 1); /* the first of two */
    assert_string_equal(view->group_names[2].name, "a2");
    assert_int_equal(view->group_names[2].feature, 3);
    assert_int_equal(view->group_names[2].source, 1);
    assert_true(view->group_names[3].feature == RK_NONE);
    rk_config_free(config);
}

static void clones_follow_the_originals(void **state)
{
    rk_config *config = config_text_open(&(config_text){ .text = expanding });
    const rk_resolved *view = rk_config_view(config);
    const rk_feature_spec *clone = &view->features[3], *lost = &view->features[4];

    (void)state;
    assert_int_equal(view->n_features, 5);
    assert_string_equal(view->features[0].key, "a1");
    assert_string_equal(view->features[1].key, "b");
    assert_string_equal(clone->key, "a2");
    assert_int_equal(clone->n_inputs, 1);
    assert_int_equal(clone->inputs[0], 2);
    assert_int_equal(clone->config->embedding_dim, 4);
    assert_int_equal(clone->config->n_vocab_list, 2);
    assert_int_equal(clone->config->n_shared_names, 0);
    assert_string_equal(lost->key, "x");
    assert_true(lost->inputs[0] == RK_NONE);
    assert_int_equal(view->features[1].n_inputs, 2);
    assert_int_equal(view->features[1].inputs[0], 3);
    assert_true(view->features[1].inputs[1] == RK_NONE);
    /* the original is as it was */
    assert_int_equal(view->features[0].config->n_shared_names, 2);
    assert_string_equal(view->features[0].config->input_names[0], "a1");
    rk_config_free(config);
}

static void clones_stand_where_they_were_written(void **state)
{
    rk_config *config = config_text_open(&(config_text){ .text = expanding });
    const ProtobufCMessage *clone = &rk_config_view(config)->features[4].config->base;

    (void)state;
    assert_string_equal(rk_config_where(config, clone, "input_names", 0), "t:5:58"); /* 'x' of shared_names */
    assert_string_equal(rk_config_where(config, clone, "embedding_dim", 0), "t:6:18");
    assert_string_equal(rk_config_where(config, clone, "vocab_list", 1), "t:6:38");
    assert_string_equal(rk_config_where(config, clone, "combiner", 0), "t:5:1");
    assert_string_equal(rk_config_where(config, clone, NULL, 0), "t:5:1");
    rk_config_free(config);
}

static void fields_and_clones_expand_only_on_request(void **state)
{
    rk_config *config = config_text_open(
        &(config_text){ .text = "data_config { input_fields { input_name: 'a[1-3]' } }\n"
                                "feature_configs { input_names: 'b' shared_names: 'a[1-3]' }\n"
                                "model_config { feature_groups { group_name: 'all' feature_names: 'f[1-3]' } }" });
    const rk_resolved *view = rk_config_view(config);

    (void)state;
    assert_int_equal(view->n_fields, 1);
    assert_int_equal(view->n_features, 2);
    assert_string_equal(view->features[1].key, "a[1-3]");
    assert_int_equal(view->n_group_names, 3);
    rk_config_free(config);
}

static void old_features_win(void **state)
{
    rk_config *config = config_text_open(&(config_text){
        .text = "feature_configs { input_names: 'a' } feature_config { features { input_names: 'b' } features { } }" });
    rk_config *new_only =
        config_text_open(&(config_text){ .text = "feature_config { features { input_names: 'b' } features { } }" });

    (void)state;
    assert_int_equal(rk_config_view(config)->n_features, 1);
    assert_string_equal(rk_config_view(config)->features[0].key, "a");
    assert_int_equal(rk_config_view(new_only)->n_features, 2);
    assert_string_equal(rk_config_view(new_only)->features[1].key, "");
    rk_config_free(config);
    rk_config_free(new_only);
}

static void what_is_read_is_effective(void **state)
{
    rk_config *config = config_text_open(&(config_text){
        .text = "data_config { label_fields: 'y' sample_weight: 'w' input_fields { input_name: 'y' }\n"
                "  input_fields { input_name: 'w' } input_fields { input_name: 'a' } input_fields { input_name: 'u' }\n"
                "  input_fields { input_name: 's' } input_fields { input_name: 'unused' } }\n"
                "feature_configs { input_names: 'a' } feature_configs { feature_name: 'session' input_names: 's' }\n"
                "eval_config { metrics_set { gauc { uid_field: 'u' } }\n"
                "  metrics_set { session_auc { session_id_field: 'session' } } metrics_set { gauc { } } }" });
    const rk_resolved *view = rk_config_view(config);
    static const bool effective[] = { false, true, true, true, true, false };

    (void)state;
    assert_int_equal(view->n_fields, 6);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(view->fields[i].effective, effective[i]);
    rk_config_free(config);
}

static void the_view_sees_overrides(void **state)
{
    rk_config *config = config_text_open(
        &(config_text){ expanding, { "data_config.input_fields[1].input_name=a[1-5]", "sample_weight=a4" } });

    (void)state;
    assert_int_equal(rk_config_view(config)->n_fields, 7);
    assert_int_equal(rk_config_view(config)->weight, 4);
    rk_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent_sections_have_defaults),
        cmocka_unit_test(names_are_expanded_and_found),
        cmocka_unit_test(clones_follow_the_originals),
        cmocka_unit_test(clones_stand_where_they_were_written),
        cmocka_unit_test(fields_and_clones_expand_only_on_request),
        cmocka_unit_test(old_features_win),
        cmocka_unit_test(what_is_read_is_effective),
        cmocka_unit_test(the_view_sees_overrides),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
