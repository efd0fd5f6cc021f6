/* Checks of features and of the group that feeds the model: names that lead somewhere, tables of one size
 * where they are shared (easyrec.md 3.6). What a feature type needs is checked by the type. */
#include <string.h>

#include "check_parts.h"
#include "mem.h"

/* ---- one feature ---- */

static void check_inputs(const rk_check *check, const rk_feature_spec *feature)
{
    const Rocket__FeatureConfig *config = feature->config;

    if (feature->n_inputs == 0)
        rk_check_error(check, rk_at(&config->base, "input_names", 0),
                       "feature \"%s\": expected input_names, found none", feature->key);
    for (size_t i = 0; i < feature->n_inputs; i++) {
        rk_spot spot = rk_at(&config->base, "input_names", i);
        if (feature->inputs[i] == RK_NONE) {
            rk_check_unknown_field(check, spot, config->input_names[i]);
        } else if (check->view->fields[feature->inputs[i]].label) {
            rk_check_note(check, spot, "feature \"%s\" reads the label \"%s\": the model will see the answer",
                          feature->key, config->input_names[i]);
        }
    }
}

static void check_initializer(const rk_check *check, const rk_feature_spec *feature)
{
    const Rocket__Initializer *initializer = feature->config->initializer;

    if (!initializer)
        return;
    if (initializer->initializer_oneof_case == ROCKET__INITIALIZER__INITIALIZER_ONEOF__NOT_SET)
        rk_check_error(check, rk_at(&initializer->base, NULL, 0),
                       "feature \"%s\": expected one of the initializers in initializer, found none", feature->key);
    if (initializer->initializer_oneof_case == ROCKET__INITIALIZER__INITIALIZER_ONEOF_CONSTANT_INITIALIZER &&
        initializer->constant_initializer->n_consts != 1)
        rk_check_error(check, rk_at(&initializer->constant_initializer->base, "consts", 0),
                       "feature \"%s\": constant_initializer: expected one number in consts, found %zu", feature->key,
                       initializer->constant_initializer->n_consts);
}

static void check_keys(const rk_check *check)
{
    const rk_resolved *view = check->view;
    rk_map *seen = rk_check_map(check);

    for (size_t i = 0; seen && i < view->n_features; i++) {
        const rk_feature_spec *feature = &view->features[i];
        const char *named_by = feature->config->feature_name ? "feature_name" : "input_names";
        if (feature->key[0] && rk_check_seen(check, seen, feature->key, i))
            rk_check_error(check, rk_at(&feature->config->base, named_by, 0),
                           "there is a feature \"%s\" already; give this one a feature_name of its own", feature->key);
    }
    rk_map_free(seen);
}

/* ---- shared tables ---- */

/* Rows of the table where the config tells them; 0 where a file does. */
static uint64_t table_rows(const Rocket__FeatureConfig *config)
{
    if (config->feature_type == ROCKET__FEATURE_CONFIG__FEATURE_TYPE__RawFeature) {
        uint64_t per_value = config->n_boundaries                                           ? config->n_boundaries + 1
                             : config->num_buckets > 1 && config->max_val > config->min_val ? config->num_buckets + 1
                                                                                            : 1;
        return per_value * config->raw_input_dim;
    }
    if (config->hash_bucket_size)
        return config->hash_bucket_size;
    if (config->n_vocab_list)
        return config->n_vocab_list;
    return config->vocab_file ? 0 : config->num_buckets;
}

static bool shares_table(const rk_feature_spec *feature)
{
    return feature->config->embedding_name && feature->config->embedding_name[0];
}

static void check_pair(const rk_check *check, const rk_feature_spec *first, const rk_feature_spec *feature)
{
    uint64_t rows = table_rows(first->config), own_rows = table_rows(feature->config);

    if (rows && own_rows && rows != own_rows)
        rk_check_error(
            check, rk_at(&feature->config->base, "embedding_name", 0),
            "features \"%s\" and \"%s\" share the table \"%s\": expected as many buckets in both, found %llu "
            "and %llu",
            first->key, feature->key, feature->config->embedding_name, (unsigned long long)rows,
            (unsigned long long)own_rows);
}

/* Each feature with the first one of the same table. */
static void check_tables(const rk_check *check)
{
    const rk_resolved *view = check->view;
    rk_map *first = rk_check_map(check);

    for (size_t i = 0; first && i < view->n_features; i++) {
        const char *table = view->features[i].config->embedding_name;
        if (!shares_table(&view->features[i]))
            continue;
        if (rk_check_seen(check, first, table, i))
            check_pair(check, &view->features[rk_map_get(first, table, strlen(table))], &view->features[i]);
    }
    rk_map_free(first);
}

/* ---- the group ---- */

static void missing_group(const rk_check *check)
{
    const Rocket__EasyRecModel *model = check->view->model;
    const char *found = model->n_feature_groups ? model->feature_groups[0]->group_name : NULL;

    rk_check_error(check,
                   model->n_feature_groups ? rk_at(&model->feature_groups[0]->base, "group_name", 0)
                                           : rk_at(&model->base, NULL, 0),
                   "expected a feature group with group_name \"all\", found %s%s%s", found ? "\"" : "",
                   found ? found : "none", found ? "\"" : "");
}

static void check_other_groups(const rk_check *check)
{
    const rk_resolved *view = check->view;

    for (size_t i = 0; i < view->model->n_feature_groups; i++) {
        const Rocket__FeatureGroupConfig *group = view->model->feature_groups[i];
        const char *name = group->group_name ? group->group_name : "";
        if (group == view->group)
            continue;
        if (strcmp(name, "all") == 0)
            rk_check_error(check, rk_at(&group->base, "group_name", 0), "there are two feature groups named \"all\"");
        else
            rk_check_note(check, rk_at(&group->base, "group_name", 0),
                          "feature group \"%s\" feeds nothing: RocketLaunching reads the group \"all\"", name);
    }
}

static void check_group_names(const rk_check *check, bool *used)
{
    const rk_resolved *view = check->view;

    for (size_t i = 0; i < view->n_group_names; i++) {
        const rk_group_name *name = &view->group_names[i];
        rk_spot spot = rk_at(&view->group->base, "feature_names", name->source);
        if (name->feature == RK_NONE) {
            rk_check_unknown_feature(check, spot, name->name);
        } else if (used[name->feature]) {
            rk_check_error(check, spot, "feature_names: \"%s\" stands in the group twice", name->name);
        } else {
            used[name->feature] = true;
        }
    }
}

static void check_group(const rk_check *check)
{
    const rk_resolved *view = check->view;
    bool *used = rk_check_alloc(check, view->n_features, sizeof *used);

    if (!used)
        return;
    check_group_names(check, used);
    if (view->n_group_names == 0)
        rk_check_error(check, rk_at(&view->group->base, "feature_names", 0),
                       "feature group \"all\": expected feature_names, found none");
    if (view->group->wide_deep == ROCKET__WIDE_OR_DEEP__WIDE)
        rk_check_error(check, rk_at(&view->group->base, "wide_deep", 0),
                       "wide_deep: expected DEEP, as the group feeds dense layers, found WIDE");
    for (size_t i = 0; i < view->n_features; i++)
        if (!used[i])
            rk_check_note(check, rk_at(&view->features[i].config->base, NULL, 0),
                          "feature \"%s\" is in no group that feeds the model: its columns are read and not used",
                          view->features[i].key);
    rk_free(used);
}

void rk_check_features(const rk_check *check)
{
    const Rocket__EasyRecConfig *root = rk_config_root(check->config);
    const rk_resolved *view = check->view;

    if (root->n_feature_configs && root->feature_config)
        rk_check_note(check, rk_at(&root->base, "feature_config", 0),
                      "feature_config is not read: feature_configs wins where both are given");
    if (view->n_features == 0)
        rk_check_error(check, rk_at(&root->base, "feature_config", 0),
                       "expected features in feature_config or feature_configs, found none");
    for (size_t i = 0; i < view->n_features; i++) {
        check_inputs(check, &view->features[i]);
        check_initializer(check, &view->features[i]);
    }
    check_keys(check);
    check_tables(check);
    if (!view->launching) /* another model's groups are its own affair */
        return;
    check_other_groups(check);
    if (view->group)
        check_group(check);
    else
        missing_group(check);
}
