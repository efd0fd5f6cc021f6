/* The derived view: see resolve.h. Every list is built in two passes, one that counts what the patterns stand for and
 * one that fills, over the same walk; names are looked up through maps that live only while building. */
#include "resolve.h"

#include <string.h>

#include "map.h"
#include "name_pattern.h"
#include "reflect.h"
#include "resolve_build.h"

typedef struct builder {
    const rk_config *config;
    const Rocket__EasyRecConfig *root;
    rk_arena *arena;
    rk_locations *locations;
    rk_faults *faults;
    rk_resolved *view;
    rk_map *fields, *features; /* name -> index */
    bool out_of_memory;
} builder;

/* ---- sections that are absent have their defaults ---- */

static void point_at_sections(rk_resolved *view, const Rocket__EasyRecConfig *root)
{
    static const Rocket__DatasetConfig data = ROCKET__DATASET_CONFIG__INIT;
    static const Rocket__EasyRecModel model = ROCKET__EASY_REC_MODEL__INIT;
    static const Rocket__TrainConfig train = ROCKET__TRAIN_CONFIG__INIT;
    static const Rocket__EvalConfig eval = ROCKET__EVAL_CONFIG__INIT;
    static const Rocket__ExportConfig export_config = ROCKET__EXPORT_CONFIG__INIT;

    view->data = root->data_config ? root->data_config : &data;
    view->model = root->model_config ? root->model_config : &model;
    view->train = root->train_config ? root->train_config : &train;
    view->eval = root->eval_config ? root->eval_config : &eval;
    view->export_config = root->export_config ? root->export_config : &export_config;
    if (view->model->model_case == ROCKET__EASY_REC_MODEL__MODEL_ROCKET_LAUNCHING)
        view->launching = view->model->rocket_launching;
}

/* ---- names ---- */

/* How many names it stands for; a pattern that cannot be expanded is a fault and stands for none. */
static size_t count_names(builder *b, const char *name, bool expand, const char *where)
{
    rk_name_pattern pattern = rk_name_pattern_of(name);

    if (!expand || !pattern.expands)
        return 1;
    if (pattern.count > 0 && pattern.count <= RK_MAX_EXPANSION)
        return (size_t)pattern.count;
    rk_faults_add(b->faults, RK_FAULT_ERROR, where, "\"%s\": expected [first-last] with at most %d numbers in order",
                  name, RK_MAX_EXPANSION);
    return 0;
}

static const char *nth_name(builder *b, const char *name, bool expand, size_t i)
{
    rk_name_pattern pattern = rk_name_pattern_of(name);
    const char *result = expand ? rk_name_pattern_at(&pattern, i, b->arena) : name;

    b->out_of_memory |= result == NULL;
    return result ? result : "";
}

/* Lists that must not be built: too long, or of names that are faulty already. */
static bool refused(builder *b, size_t n, const ProtobufCMessage *message, const char *field)
{
    if (n > RK_MAX_EXPANSION)
        rk_faults_add(b->faults, RK_FAULT_ERROR, rk_config_where(b->config, message, field, 0),
                      "%s stand for more than %d names", field, RK_MAX_EXPANSION);
    return b->faults->n_errors > 0;
}

static void *allocate(builder *b, size_t n, size_t size)
{
    void *p = rk_arena_alloc(b->arena, n, size);

    b->out_of_memory |= p == NULL;
    return p;
}

static size_t find(const rk_map *map, const char *name)
{
    int64_t i = rk_map_get(map, name, strlen(name));

    return i < 0 ? RK_NONE : (size_t)i;
}

static void put(builder *b, rk_map *map, const char *name, size_t i)
{
    bool existed;

    b->out_of_memory |= !rk_map_put(map, name, strlen(name), (int64_t)i, &existed);
}

/* ---- fields ---- */

static const char *field_name(const Rocket__DatasetConfig__Field *field)
{
    return field->input_name ? field->input_name : "";
}

static size_t count_fields(builder *b)
{
    const Rocket__DatasetConfig *data = b->view->data;
    size_t n = 0;

    for (size_t i = 0; i < data->n_input_fields && n <= RK_MAX_EXPANSION; i++) {
        const ProtobufCMessage *field = &data->input_fields[i]->base;
        n += count_names(b, field_name(data->input_fields[i]), data->auto_expand_input_fields,
                         rk_config_where(b->config, field, "input_name", 0));
    }
    return n;
}

static void build_fields(builder *b)
{
    const Rocket__DatasetConfig *data = b->view->data;
    size_t n = count_fields(b);
    rk_field_spec *fields = refused(b, n, &data->base, "input_fields") ? NULL : allocate(b, n, sizeof *fields);

    if (!fields)
        return;
    for (size_t i = 0, k = 0; i < data->n_input_fields; i++) {
        const Rocket__DatasetConfig__Field *field = data->input_fields[i];
        size_t stop = k + count_names(b, field_name(field), data->auto_expand_input_fields, "");
        for (size_t first = k; k < stop && !b->out_of_memory; k++) {
            fields[k].name = nth_name(b, field_name(field), data->auto_expand_input_fields, k - first);
            fields[k].config = field;
            put(b, b->fields, fields[k].name, k);
        }
    }
    b->view->fields = fields;
    b->view->n_fields = n;
}

/* ---- features ---- */

static const char *feature_key(const Rocket__FeatureConfig *feature)
{
    if (feature->feature_name)
        return feature->feature_name;
    return feature->n_input_names ? feature->input_names[0] : "";
}

typedef struct feature_list {
    Rocket__FeatureConfig **items;
    size_t n;
} feature_list;

static feature_list originals(const Rocket__EasyRecConfig *root)
{
    if (root->n_feature_configs)
        return (feature_list){ root->feature_configs, root->n_feature_configs };
    if (root->feature_config)
        return (feature_list){ root->feature_config->features, root->feature_config->n_features };
    return (feature_list){ 0 };
}

static size_t count_clones(builder *b, const feature_list *list)
{
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++)
        for (size_t k = 0; k < list->items[i]->n_shared_names && n <= RK_MAX_EXPANSION; k++)
            n += count_names(b, list->items[i]->shared_names[k], b->view->data->auto_expand_input_fields,
                             rk_config_where(b->config, &list->items[i]->base, "shared_names", k));
    return n;
}

static Rocket__FeatureConfig *make_clone(builder *b, const Rocket__FeatureConfig *original, size_t shared,
                                         const char *name)
{
    Rocket__FeatureConfig *clone = allocate(b, 1, sizeof *clone);
    char **names = allocate(b, 1, sizeof *names);
    rk_location place = { .message = &clone->base,
                          .where = rk_config_where(b->config, &original->base, "shared_names", shared) };

    if (b->out_of_memory)
        return NULL;
    *clone = *original;
    names[0] = rk_arena_strdup(b->arena, name);
    b->out_of_memory |= names[0] == NULL;
    clone->input_names = names;
    clone->n_input_names = 1;
    clone->n_shared_names = 0;
    clone->shared_names = NULL;
    place.field = rk_pb_find(clone->base.descriptor, "input_names", strlen("input_names"));
    b->out_of_memory |=
        !rk_locations_alias(b->locations, &clone->base, &original->base) || !rk_locations_set(b->locations, &place);
    return clone;
}

/* The clones of one feature, from features[k] on; gives the next free k. */
static size_t add_clones(builder *b, rk_feature_spec *features, size_t k, const Rocket__FeatureConfig *original)
{
    bool expand = b->view->data->auto_expand_input_fields;

    for (size_t s = 0; s < original->n_shared_names; s++) {
        size_t n = count_names(b, original->shared_names[s], expand, "");
        for (size_t i = 0; i < n && !b->out_of_memory; i++)
            features[k++].config = make_clone(b, original, s, nth_name(b, original->shared_names[s], expand, i));
    }
    return k;
}

/* Key, inputs, and the place in the map. */
static void finish_feature(builder *b, rk_feature_spec *feature, size_t index)
{
    const Rocket__FeatureConfig *config = feature->config;
    size_t *inputs = allocate(b, config->n_input_names, sizeof *inputs);

    if (!inputs)
        return;
    for (size_t i = 0; i < config->n_input_names; i++)
        inputs[i] = find(b->fields, config->input_names[i]);
    feature->key = feature_key(config);
    feature->inputs = inputs;
    feature->n_inputs = config->n_input_names;
    put(b, b->features, feature->key, index);
}

static void build_features(builder *b)
{
    feature_list list = originals(b->root);
    size_t n = list.n + count_clones(b, &list), k = list.n;
    rk_feature_spec *features;

    if (refused(b, n, &b->root->base, b->root->n_feature_configs ? "feature_configs" : "feature_config"))
        return;
    features = allocate(b, n, sizeof *features);
    if (!features)
        return;
    for (size_t i = 0; i < list.n; i++)
        features[i].config = list.items[i];
    for (size_t i = 0; i < list.n; i++)
        k = add_clones(b, features, k, list.items[i]);
    for (size_t i = 0; i < n && !b->out_of_memory; i++)
        finish_feature(b, &features[i], i);
    b->view->features = features;
    b->view->n_features = n;
}

/* ---- the group ---- */

static const Rocket__FeatureGroupConfig *find_group(const Rocket__EasyRecModel *model)
{
    for (size_t i = 0; i < model->n_feature_groups; i++) {
        const Rocket__FeatureGroupConfig *group = model->feature_groups[i];
        if (group->group_name && strcmp(group->group_name, "all") == 0)
            return group;
    }
    return NULL;
}

static void build_group(builder *b)
{
    const Rocket__FeatureGroupConfig *group = b->view->group = find_group(b->view->model);
    size_t n = 0, k = 0;
    rk_group_name *names;

    for (size_t i = 0; group && i < group->n_feature_names && n <= RK_MAX_EXPANSION; i++)
        n +=
            count_names(b, group->feature_names[i], true, rk_config_where(b->config, &group->base, "feature_names", i));
    if (!group || refused(b, n, &group->base, "feature_names"))
        return;
    names = allocate(b, n, sizeof *names);
    if (!names)
        return;
    for (size_t i = 0; i < group->n_feature_names; i++) {
        size_t stop = k + count_names(b, group->feature_names[i], true, "");
        for (size_t first = k; k < stop && !b->out_of_memory; k++) {
            const char *name = nth_name(b, group->feature_names[i], true, k - first);
            names[k] = (rk_group_name){ name, find(b->features, name), i };
        }
    }
    b->view->group_names = names;
    b->view->n_group_names = n;
}

/* ---- what is read ---- */

static void use(const rk_resolved *view, size_t field)
{
    if (field != RK_NONE)
        ((rk_field_spec *)view->fields)[field].effective = true; /* ours until the view is handed out */
}

/* A metric's field may be named by a column or by a feature (upstream knows only features). */
static void use_named(builder *b, const char *name)
{
    size_t feature = name ? find(b->features, name) : RK_NONE;

    if (!name)
        return;
    use(b->view, find(b->fields, name));
    for (size_t i = 0; feature != RK_NONE && i < b->view->features[feature].n_inputs; i++)
        use(b->view, b->view->features[feature].inputs[i]);
}

static void mark_effective(builder *b)
{
    const rk_resolved *view = b->view;

    for (size_t i = 0; i < view->n_features; i++)
        for (size_t k = 0; k < view->features[i].n_inputs; k++)
            use(view, view->features[i].inputs[k]);
    use(view, view->weight);
    for (size_t i = 0; i < view->eval->n_metrics_set; i++) {
        const Rocket__EvalMetrics *metric = view->eval->metrics_set[i];
        if (metric->metric_case == ROCKET__EVAL_METRICS__METRIC_GAUC)
            use_named(b, metric->gauc->uid_field);
        if (metric->metric_case == ROCKET__EVAL_METRICS__METRIC_SESSION_AUC)
            use_named(b, metric->session_auc->session_id_field);
    }
}

static void find_label_and_weight(builder *b)
{
    const Rocket__DatasetConfig *data = b->view->data;

    b->view->weight = data->sample_weight ? find(b->fields, data->sample_weight) : RK_NONE;
    b->view->label = data->n_label_fields ? find(b->fields, data->label_fields[0]) : RK_NONE;
    for (size_t i = 0; i < data->n_label_fields; i++) {
        size_t field = find(b->fields, data->label_fields[i]);
        if (field != RK_NONE)
            ((rk_field_spec *)b->view->fields)[field].label = true;
    }
}

static void build(builder *b)
{
    point_at_sections(b->view, b->root);
    b->fields = rk_map_new();
    b->features = rk_map_new();
    b->out_of_memory |= !b->fields || !b->features;
    if (!b->out_of_memory)
        build_fields(b);
    if (!b->out_of_memory)
        build_features(b);
    if (!b->out_of_memory)
        build_group(b);
    if (!b->out_of_memory) {
        find_label_and_weight(b);
        mark_effective(b);
    }
    rk_map_free(b->fields);
    rk_map_free(b->features);
}

const rk_resolved *rk_resolved_build(const rk_config *config, rk_arena *arena, rk_locations *locations,
                                     rk_faults *faults)
{
    builder b = { .config = config, .root = rk_config_root(config), .arena = arena, .locations = locations };

    b.faults = faults;
    b.view = rk_arena_alloc(arena, 1, sizeof *b.view);
    if (!b.view)
        return NULL;
    build(&b);
    return b.out_of_memory || rk_arena_failed(arena) ? NULL : b.view;
}

size_t rk_field_find(const rk_resolved *view, const char *name)
{
    for (size_t i = 0; i < view->n_fields; i++)
        if (strcmp(view->fields[i].name, name) == 0)
            return i;
    return RK_NONE;
}

size_t rk_feature_find(const rk_resolved *view, const char *key)
{
    for (size_t i = 0; i < view->n_features; i++)
        if (strcmp(view->features[i].key, key) == 0)
            return i;
    return RK_NONE;
}

size_t rk_field_of_metric(const rk_resolved *view, const char *name)
{
    size_t field = rk_field_find(view, name);
    size_t feature = field == RK_NONE ? rk_feature_find(view, name) : RK_NONE;

    if (feature != RK_NONE && view->features[feature].n_inputs == 1)
        field = view->features[feature].inputs[0];
    return field;
}

/* ---- labels ---- */

/* Index in label_fields, or their number. */
static size_t label_index(const rk_resolved *view, const char *name)
{
    size_t i = 0;

    while (i < view->data->n_label_fields && strcmp(view->data->label_fields[i], name) != 0)
        i++;
    return i;
}

int64_t rk_label_dim(const rk_resolved *view, const char *name)
{
    size_t i = label_index(view, name);

    return i < view->data->n_label_dim ? view->data->label_dim[i] : 1;
}

const char *rk_label_sep(const rk_resolved *view, const char *name)
{
    size_t i = label_index(view, name);

    return i < view->data->n_label_sep ? view->data->label_sep[i] : ",";
}

bool rk_kd_has_task_space(const Rocket__KD *kd)
{
    return kd->task_space_indicator_name && kd->task_space_indicator_value;
}
