/* Faults of a config that only the data room knows: reader, columns, label, features of group "all", shared tables.
 *
 * References that lead nowhere are reported by the config room and skipped here; features outside the group do not
 * matter to the result and are not looked at.
 */
#include <string.h>

#include "arena.h"
#include "faults.h"
#include "mem.h"
#include "schema.h"
#include "schema_rules.h"

#define TYPE(name) ROCKET__DATASET_CONFIG__FIELD_TYPE__##name

bool rk_combiner_find(rk_combiner *out, const char *name)
{
    static const struct {
        const char *name;
        rk_combiner combiner;
    } combiners[] = {
        { "sum", RK_COMBINER_SUM },
        { "mean", RK_COMBINER_MEAN },
        { "sqrtn", RK_COMBINER_SQRTN },
    };

    for (size_t i = 0; i < sizeof combiners / sizeof *combiners; i++)
        if (strcmp(name, combiners[i].name) == 0) {
            *out = combiners[i].combiner;
            return true;
        }
    return false;
}

static bool same_table(const Rocket__FeatureConfig *a, const Rocket__FeatureConfig *b)
{
    return a->embedding_name[0] && strcmp(a->embedding_name, b->embedding_name) == 0;
}

bool rk_feature_shares(const rk_resolved *view, const Rocket__FeatureConfig *feature)
{
    for (size_t i = 0; feature->embedding_name[0] && i < view->n_features; i++)
        if (view->features[i].config != feature && same_table(feature, view->features[i].config))
            return true;
    return false;
}

const char *rk_feature_type_name(const Rocket__FeatureConfig *feature)
{
    return rk_enum_name(&rocket__feature_config__feature_type__descriptor, (int)feature->feature_type);
}

const char *rk_field_type_name(const Rocket__DatasetConfig__Field *field)
{
    return rk_enum_name(&rocket__dataset_config__field_type__descriptor, (int)field->input_type);
}

const char *rk_metric_field(const Rocket__EvalMetrics *metric)
{
    switch (metric->metric_case) {
    case ROCKET__EVAL_METRICS__METRIC_GAUC:
        return metric->gauc->uid_field;
    case ROCKET__EVAL_METRICS__METRIC_SESSION_AUC:
        return metric->session_auc->session_id_field;
    default:
        return NULL;
    }
}

/* What to do about an input of upstream's that is no plug-in here. */
static const char *instead_of(const char *input_type)
{
    if (strcmp(input_type, "BatchTFRecordInput") == 0)
        return "a record of it holds many rows: write a tf.Example per row, for TFRecordInput";
    if (strstr(input_type, "Parquet"))
        return "write the table as CSV or TFRecord files, for CSVInput or TFRecordInput";
    if (strcmp(input_type, "RTPInputV2") == 0)
        return "write the rows as RTPInput has them";
    if (strcmp(input_type, "DummyInput") == 0)
        return "rocket generate makes rows that mean something";
    if (strcmp(input_type, "CriteoInput") == 0)
        return "write the rows as CSV or TFRecord files, for CSVInput or TFRecordInput";
    return "rocket reads files: export the table, for CSVInput or TFRecordInput";
}

static void check_reader(const rk_config *config, rk_faults *faults)
{
    const Rocket__DatasetConfig *data = rk_config_view(config)->data;
    const rk_reader_def *reader = rk_reader_find((int)data->input_type);
    const char *name = rk_enum_name(&rocket__dataset_config__input_type__descriptor, (int)data->input_type);

    if (reader)
        reader->check(config, faults);
    else
        rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &data->base, "input_type", 0),
                      "input_type: %s is not supported: %s", name, instead_of(name));
    if (data->shuffle && data->shuffle_buffer_size < 1)
        rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &data->base, "shuffle_buffer_size", 0),
                      "shuffle_buffer_size: expected at least 1, found %d", data->shuffle_buffer_size);
}

static void check_fields(const rk_config *config, rk_faults *faults)
{
    const rk_resolved *view = rk_config_view(config);

    for (size_t i = 0; i < view->n_fields; i++) {
        const Rocket__DatasetConfig__Field *field = view->fields[i].config;
        rocket_error error = { 0 };
        rk_value value;

        if (i > 0 && field == view->fields[i - 1].config)
            continue; /* names expanded from one pattern */
        if (rk_value_default(&value, field, &error) != ROCKET_OK)
            rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &field->base, "default_val", 0),
                          "default_val of \"%s\" (%s): %s", view->fields[i].name, rk_field_type_name(field),
                          error.text);
    }
}

static void fault_at_data(const rk_config *config, rk_faults *faults, const char *name, const char *sentence,
                          const Rocket__DatasetConfig__Field *field)
{
    const Rocket__DatasetConfig *data = rk_config_view(config)->data;

    rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &data->base, name, 0), "%s: %s, found %s", name,
                  sentence, rk_field_type_name(field));
}

static void check_label(const rk_config *config, rk_faults *faults)
{
    const rk_resolved *view = rk_config_view(config);

    if (view->label != RK_NONE) {
        const Rocket__DatasetConfig__Field *field = view->fields[view->label].config;
        bool integer = field->input_type == TYPE(INT32) || field->input_type == TYPE(INT64);

        if (view->model->num_class >= 2 && !integer)
            fault_at_data(config, faults, "label_fields",
                          "expected a column of type INT32 or INT64 with num_class of 2 and more", field);
        else if (field->input_type == TYPE(BOOL))
            fault_at_data(config, faults, "label_fields", "expected a column of numbers", field);
    }
    if (view->weight != RK_NONE) {
        const Rocket__DatasetConfig__Field *field = view->fields[view->weight].config;

        if (field->input_type == TYPE(STRING) || field->input_type == TYPE(BOOL))
            fault_at_data(config, faults, "sample_weight", "expected a column of numbers", field);
    }
}

/* Initializers are equal when they are the same bytes on the wire. */
static bool same_initializer(const Rocket__Initializer *a, const Rocket__Initializer *b)
{
    rk_arena arena;

    if (!a || !b)
        return a == b;
    size_t n = rocket__initializer__get_packed_size(a);
    if (n != rocket__initializer__get_packed_size(b))
        return false;
    rk_arena_init(&arena, 0);
    uint8_t *bytes_a = rk_arena_alloc(&arena, n + 1, 1), *bytes_b = rk_arena_alloc(&arena, n + 1, 1);
    bool same = bytes_a && bytes_b && rocket__initializer__pack(a, bytes_a) == rocket__initializer__pack(b, bytes_b) &&
                memcmp(bytes_a, bytes_b, n) == 0;
    rk_arena_clear(&arena);
    return same;
}

/* A shared table is described by the first feature that names it; the others must agree. */
static void check_shared(const rk_config *config, const rk_feature_spec *spec, rk_faults *faults)
{
    const rk_resolved *view = rk_config_view(config);
    const Rocket__FeatureConfig *own = spec->config;

    for (size_t i = 0; i < view->n_features; i++) {
        const Rocket__FeatureConfig *other = view->features[i].config;

        if (!same_table(own, other))
            continue;
        const char *differs = own->embedding_dim != other->embedding_dim                ? "embedding_dim"
                              : strcmp(own->combiner, other->combiner) != 0             ? "combiner"
                              : own->max_partitions != other->max_partitions            ? "max_partitions"
                              : !same_initializer(own->initializer, other->initializer) ? "initializer"
                                                                                        : NULL;
        if (differs)
            rk_feature_fault(config, spec, faults, differs,
                             "%s: expected the same as in \"%s\", which shares table \"%s\"", differs,
                             view->features[i].key, own->embedding_name);
        return;
    }
}

/* Raw numbers that go into the net as they are have no table, nor has what metrics only pass on. */
static bool has_table(const Rocket__FeatureConfig *feature)
{
    bool buckets = feature->n_boundaries > 0 || feature->num_buckets > 1;
    bool raw = feature->feature_type == ROCKET__FEATURE_CONFIG__FEATURE_TYPE__RawFeature;
    bool expression = feature->feature_type == ROCKET__FEATURE_CONFIG__FEATURE_TYPE__ExprFeature;

    return feature->feature_type != ROCKET__FEATURE_CONFIG__FEATURE_TYPE__PassThroughFeature && !expression &&
           !(raw && !buckets && feature->embedding_dim == 0);
}

static void check_feature(const rk_config *config, const rk_feature_spec *spec, rk_faults *faults)
{
    const Rocket__FeatureConfig *feature = spec->config;
    const rk_feature_def *def = rk_feature_def_find((int)feature->feature_type);
    rk_combiner combiner;

    if (!def) {
        rk_feature_fault(config, spec, faults, "feature_type", "%s is not supported yet",
                         rk_feature_type_name(feature));
        return;
    }
    for (size_t i = 0; i < spec->n_inputs; i++)
        if (spec->inputs[i] == RK_NONE)
            return;
    if (spec->n_inputs == 0)
        return;
    if (def->check)
        def->check(config, spec, faults);
    if (!has_table(feature))
        return;
    if (!rk_combiner_find(&combiner, feature->combiner))
        rk_feature_fault(config, spec, faults, "combiner", "combiner: expected sum, mean or sqrtn, found \"%s\"",
                         feature->combiner);
    check_shared(config, spec, faults);
}

void rk_schema_check(const rk_config *config, rk_faults *faults)
{
    const rk_resolved *view = rk_config_view(config);
    bool *seen = rk_alloc(view->n_features, sizeof *seen);

    check_reader(config, faults);
    check_fields(config, faults);
    check_label(config, faults);
    faults->failed |= !seen;
    for (size_t i = 0; seen && i < view->n_group_names; i++) {
        size_t feature = view->group_names[i].feature;

        if (feature == RK_NONE || seen[feature])
            continue;
        seen[feature] = true;
        check_feature(config, &view->features[feature], faults);
    }
    rk_free(seen);
}
