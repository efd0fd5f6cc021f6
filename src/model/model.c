/* The table of models, and what building any of them has in common. */
#include "model.h"

#include <string.h>

#include "buf.h"
#include "error.h"
#include "mem.h"

#define RK_MODEL(name) extern const rk_model_def rk_model_##name;
#include "models.def"
#undef RK_MODEL

const rk_model_def *const rk_models[] = {
#define RK_MODEL(name) &rk_model_##name,
#include "models.def"
#undef RK_MODEL
    NULL,
};

const char *const rk_net_names[RK_N_NETS] = { "light", "booster" };

static const rk_model_def *find(const char *name)
{
    for (const rk_model_def *const *m = rk_models; *m != NULL; m++)
        if (name != NULL && strcmp((*m)->name, name) == 0)
            return *m;
    return NULL;
}

/* The graph would refuse it too, but does not know where in the config it comes from. */
static rocket_status check_tables(const rk_config *config, const rk_schema *schema, rocket_error *err)
{
    for (size_t i = 0; i < rk_schema_n_features(schema); i++) {
        const rk_feature *feature = rk_schema_feature(schema, i);

        RK_FAIL_IF(feature->kind == RK_COLUMN_IDS && !rk_graph_table_fits(feature->n_buckets, feature->width), CONFIG,
                   err, "%s: feature \"%s\": a table of %lld rows of %lld values is too large",
                   rk_config_where(config, &feature->config->base, "embedding_dim", 0), feature->name,
                   (long long)feature->n_buckets, (long long)feature->width);
    }
    return ROCKET_OK;
}

static rocket_status build(rk_model *model, const rk_config *config, const rk_schema *schema, rocket_error *err)
{
    const char *class_name = rk_config_view(config)->model->model_class;
    const Rocket__TrainConfig *train = rk_config_view(config)->train;
    const rk_model_def *def = find(class_name);

    RK_FAIL_IF(def == NULL, CONFIG, err, "model_class \"%s\" is not known", class_name != NULL ? class_name : "");
    RK_TRY(check_tables(config, schema, err));
    model->graph = rk_graph_new();
    model->n_columns = rk_schema_n_columns(schema);
    model->column_nodes = rk_alloc(model->n_columns, sizeof *model->column_nodes);
    RK_FAIL_IF(model->graph == NULL || model->column_nodes == NULL, FAILED, err, "out of memory building the model");
    for (size_t i = 0; i < model->n_columns; i++)
        model->column_nodes[i] = -1;
    rk_graph_freeze(model->graph, (const char *const *)train->freeze_gradient, train->n_freeze_gradient);
    return def->build(model, config, schema, err);
}

rocket_status rk_model_new(rk_model **out, const rk_config *config, const rk_schema *schema, rocket_error *err)
{
    rk_model *model = rk_alloc(1, sizeof *model);

    RK_FAIL_IF(model == NULL, FAILED, err, "out of memory building the model");
    model->teacher = -1;
    for (int net = 0; net < RK_N_NETS; net++)
        model->logits[net] = model->probs[net] = -1;
    rocket_status status = build(model, config, schema, err);
    if (status != ROCKET_OK) {
        rk_model_free(model);
        return status;
    }
    *out = model;
    return ROCKET_OK;
}

void rk_model_free(rk_model *model)
{
    if (model == NULL)
        return;
    rk_graph_free(model->graph);
    rk_free(model->column_nodes);
    rk_free(model);
}

static void unknown_class(const rk_config *config, rk_faults *faults)
{
    const Rocket__EasyRecModel *model = rk_config_view(config)->model;
    const char *found = model->model_class, *quote = found != NULL ? "\"" : "";
    rk_buf known;

    rk_buf_init(&known, 0);
    for (const rk_model_def *const *m = rk_models; *m != NULL; m++)
        rk_buf_printf(&known, "%s\"%s\"", m == rk_models ? "" : " or ", (*m)->name);
    faults->failed |= rk_buf_failed(&known);
    rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &model->base, "model_class", 0),
                  "model_class: expected %s, found %s%s%s", rk_buf_failed(&known) ? "" : known.data, quote,
                  found != NULL ? found : "none", quote);
    rk_buf_clear(&known);
}

void rk_model_check(const rk_config *config, rk_faults *faults)
{
    const Rocket__EasyRecModel *model = rk_config_root(config)->model_config;
    const rk_model_def *def = model != NULL ? find(model->model_class) : NULL;

    if (model == NULL)
        return; /* which is a fault already */
    if (def == NULL)
        unknown_class(config, faults);
    else if (def->check != NULL)
        def->check(config, faults);
}
