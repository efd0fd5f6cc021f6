/* support.def against the descriptors, and the walk along it. */
#include "config_text.h"
#include "mem.h"
#include "pipeline.pb-c.h"
#include "schema_registry.h"
#include "support.h"

enum { MAX_MESSAGES = 256 };

typedef struct message_set {
    const ProtobufCMessageDescriptor *items[MAX_MESSAGES];
    size_t n;
} message_set;

/* Every message that a pipeline can hold, those of other models apart. */
static void collect(message_set *set, const ProtobufCMessageDescriptor *descriptor)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->items[i] == descriptor)
            return;
    assert_true(set->n < MAX_MESSAGES);
    set->items[set->n++] = descriptor;
    for (unsigned i = 0; i < descriptor->n_fields; i++)
        if (descriptor->fields[i].type == PROTOBUF_C_TYPE_MESSAGE &&
            !rk_schema_is_opaque(descriptor->fields[i].descriptor))
            collect(set, descriptor->fields[i].descriptor);
}

static const char *name_of(const ProtobufCMessageDescriptor *descriptor)
{
    return descriptor->name + strlen("rocket.");
}

static size_t count_entries(const char *message, const char *field)
{
    size_t n = 0;

    for (size_t i = 0; i < rk_n_supports; i++)
        n += strcmp(rk_supports[i].message, message) == 0 &&
             (field ? rk_supports[i].field && strcmp(rk_supports[i].field, field) == 0 : !rk_supports[i].field);
    return n;
}

static void every_field_has_one_line(void **state)
{
    message_set set = { .n = 0 };
    size_t lines = 0;

    (void)state;
    collect(&set, &rocket__easy_rec_config__descriptor);
    for (size_t i = 0; i < set.n; i++) {
        const char *name = name_of(set.items[i]);
        size_t whole = count_entries(name, NULL);
        for (unsigned f = 0; f < set.items[i]->n_fields && !whole; f++)
            if (count_entries(name, set.items[i]->fields[f].name) != 1)
                fail_msg("%s.%s: expected one line in support.def", name, set.items[i]->fields[f].name);
        if (set.items[i]->n_fields == 0 && whole != 1)
            fail_msg("%s: expected RK_EMPTY or RK_INSIDE in support.def", name);
        lines += whole ? 1 : set.items[i]->n_fields;
    }
    assert_int_equal(lines, rk_n_supports); /* nothing stale */
}

/* The walk finds the fields of a message by its first line. */
static void fields_of_a_message_stand_together(void **state)
{
    (void)state;
    for (size_t i = 1; i < rk_n_supports; i++)
        for (size_t k = 0; k + 1 < i && strcmp(rk_supports[i].message, rk_supports[i - 1].message) != 0; k++)
            assert_string_not_equal(rk_supports[i].message, rk_supports[k].message);
}

/* What stands in a message that is looked at must not be RK_INSIDE: it would pass in silence. */
static void inside_messages_are_out_of_reach(void **state)
{
    message_set set = { .n = 0 };

    (void)state;
    collect(&set, &rocket__easy_rec_config__descriptor);
    for (size_t i = 0; i < rk_n_supports; i++) {
        const rk_support *s = &rk_supports[i];
        if (!s->field || s->class == RK_IS_NOTED || s->class == RK_IS_REFUSED)
            continue;
        for (size_t k = 0; k < set.n; k++) {
            const ProtobufCFieldDescriptor *field =
                protobuf_c_message_descriptor_get_field_by_name(set.items[k], s->field);
            if (strcmp(name_of(set.items[k]), s->message) != 0 || field->type != PROTOBUF_C_TYPE_MESSAGE)
                continue;
            const char *inner = name_of(field->descriptor);
            for (size_t n = 0; n < rk_n_supports; n++)
                if (strcmp(rk_supports[n].message, inner) == 0)
                    assert_int_not_equal(rk_supports[n].class, RK_IS_INSIDE);
        }
    }
}

static const config_fault_case cases[] = {
    { "notes are told once",
      { CONFIG_TEXT_SOUND, { "features[:].max_partitions=4" } },
      "note --set features[:].max_partitions=4: max_partitions changes nothing here: tables are not split; upstream "
      "gets the same numbers from any value\n" },
    { "defaults are not worth a word",
      { CONFIG_TEXT_SOUND,
        { "data_config.prefetch_size=32", "sync_replicas=true", "feature_based_distillation=false",
          "write_graph=true" } },
      "" },
    { "others are",
      { CONFIG_TEXT_SOUND,
        { "data_config.prefetch_size=64", "sync_replicas=false", "fg_json_path=fg.json", "write_graph=false" } },
      "note --set sync_replicas=false: sync_replicas changes nothing here: one process updates the weights, always in "
      "step\n"
      "note --set write_graph=false: write_graph changes nothing here: there is no TensorFlow graph\n"
      "note --set data_config.prefetch_size=64: prefetch_size changes nothing here: reading runs ahead of training by "
      "itself\n"
      "error --set fg_json_path=fg.json: fg_json_path is not supported and would change the result: write the features "
      "into feature_config\n" },
    { "what is refused is not looked into",
      { CONFIG_TEXT_SOUND, { "data_config.negative_sampler={ input_path: 'x' num_sample: 3 }" } },
      "error --set data_config.negative_sampler={ input_path: 'x' num_sample: 3 }: negative_sampler is not supported "
      "and would change the result: RocketLaunching has no negative sampling\n" },
    { "nor is what is noted",
      { CONFIG_TEXT_SOUND, { "model_config.losses={ loss_type: CIRCLE_LOSS circle_loss { margin: 1 } }" } },
      "note --set model_config.losses={ loss_type: CIRCLE_LOSS circle_loss { margin: 1 } }: losses changes nothing "
      "here: upstream ignores it for RocketLaunching, and so does rocket\n" },
    { "another model",
      { CONFIG_TEXT_SOUND, { "model_config.dssm={ }" } },
      "error --set model_config.dssm={ }: dssm is not supported and would change the result: rocket trains "
      "RocketLaunching\n" },
    { "contents of another model are not read",
      { "model_config { model_class: 'WideAndDeep' wide_and_deep { dnn { hidden_units: [1, 2] } final { } } }",
        { NULL } },
      "error t:1:43: wide_and_deep is not supported and would change the result: rocket trains RocketLaunching\n"
      "note t: there is no train_input_path to train on\n"
      "note t: there is no model_dir for checkpoints and logs\n"
      "error t: expected a data_config that describes the input, found none\n"
      "error t: expected features in feature_config or feature_configs, found none\n"
      "error t: expected train_config.num_steps or data_config.num_epochs above 0, both are 0\n" },
    { "streams",
      { CONFIG_TEXT_SOUND, { "kafka_train_input={ server: \"s\" }" } },
      "error --set kafka_train_input={ server: \"s\" }: kafka_train_input is not supported and would change the "
      "result: rocket reads files: give train_input_path and eval_input_path\n" },
    { "negative sampler",
      { CONFIG_TEXT_SOUND, { "negative_sampler={ input_path: 'x' }" } },
      "error --set negative_sampler={ input_path: 'x' }: negative_sampler is not supported and would change the "
      "result: RocketLaunching has no negative sampling\n" },
    { "sequences",
      { CONFIG_TEXT_SOUND,
        { "feature_groups[0].sequence_features={ group_name: 's' seq_att_map { key: 'item' hist_seq: 'items' } "
          "tf_summary: true }" } },
      "error --set feature_groups[0].sequence_features={ group_name: 's' seq_att_map { key: 'item' hist_seq: 'items' } "
      "tf_summary: true }: sequence_features is not supported and would change the result: sequences with attention "
      "come with the DIN model\n" },
    { "repeated fields",
      { CONFIG_TEXT_SOUND, { "losses=[{ loss_type: CLASSIFICATION }]" } },
      "note --set losses=[{ loss_type: CLASSIFICATION }]: losses changes nothing here: upstream ignores it for "
      "RocketLaunching, and so does rocket\n" },
};

static void faults_are_told_as_expected(void **state)
{
    (void)state;
    assert_config_faults(cases, sizeof cases / sizeof cases[0], true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_has_one_line),
        cmocka_unit_test(fields_of_a_message_stand_together),
        cmocka_unit_test(inside_messages_are_out_of_reach),
        cmocka_unit_test(faults_are_told_as_expected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
