/* See offline_kd.h. */
#include "offline_kd.h"

#include <stdio.h>
#include <string.h>

#include "inputs.h"
#include "resolve.h"
#include "text.h"

enum { MAX_BLOCKS = 16 /* losses that a run reports have a bound: RK_MAX_LOSSES */, NAME_BYTES = 80 };

typedef struct prediction {
    const char *name;
    int net;
    bool logits, second; /* second: of the second class alone */
} prediction;

static const prediction predictions[] = {
    { "logits_light", RK_LIGHT, true, false },      { "probs_light", RK_LIGHT, false, false },
    { "logits_booster", RK_BOOSTER, true, false },  { "probs_booster", RK_BOOSTER, false, false },
    { "logits_light_1", RK_LIGHT, true, true },     { "probs_light_1", RK_LIGHT, false, true },
    { "logits_booster_1", RK_BOOSTER, true, true }, { "probs_booster_1", RK_BOOSTER, false, true },
};

enum { N_PREDICTIONS = sizeof predictions / sizeof predictions[0] };

static const prediction *find_prediction(const char *name)
{
    for (int i = 0; i < N_PREDICTIONS; i++)
        if (name && strcmp(predictions[i].name, name) == 0)
            return &predictions[i];
    return NULL;
}

/* NULL: kd does not do this one. */
static const char *loss_of(Rocket__LossType type)
{
    switch (type) {
    case ROCKET__LOSS_TYPE__CROSS_ENTROPY_LOSS:
        return "SOFT_LABEL_CE";
    case ROCKET__LOSS_TYPE__BINARY_CROSS_ENTROPY_LOSS:
        return "SOFT_LABEL_BCE";
    case ROCKET__LOSS_TYPE__KL_DIVERGENCE_LOSS:
        return "SOFT_LABEL_KL";
    case ROCKET__LOSS_TYPE__L2_LOSS:
        return "SOFT_LABEL_L2";
    default:
        return NULL;
    }
}

/* Upstream's key; false when it is longer than it may be. */
static bool loss_name(char out[NAME_BYTES], const Rocket__KD *kd)
{
    bool given = kd->loss_name && kd->loss_name[0];
    int n = given ? snprintf(out, NAME_BYTES, "%s", kd->loss_name)
                  : snprintf(out, NAME_BYTES, "kd_loss_%s_%s", kd->pred_name, kd->soft_label_name);

    for (char *c = out; !given && *c; c++)
        if (*c == '/')
            *c = '_';
    return n > 0 && n < NAME_BYTES;
}

/* ---- building ---- */

static int prediction_node(const rk_model *model, const prediction *p)
{
    int node = p->logits ? model->logits[p->net] : model->probs[p->net];
    rk_node_spec spec = RK_NODE_SPEC("select_column");

    if (!p->second || node < 0)
        return node;
    spec.inputs = &node;
    spec.n_inputs = 1;
    spec.attrs[0] = (rk_attr){ "column", 1 };
    return rk_graph_add(model->graph, &spec);
}

static void set_attrs(rk_node_spec *spec, const Rocket__KD *kd)
{
    const rk_attr attrs[] = { { "weight", (double)kd->loss_weight },
                              { "temperature", kd->temperature > 0 ? (double)kd->temperature : 1 },
                              { "pred_is_logits", kd->pred_is_logits },
                              { "label_is_logits", kd->label_is_logits } };

    memcpy(spec->attrs, attrs, sizeof attrs);
}

static void build_block(rk_model *model, const rk_schema *schema, const Rocket__KD *kd, int weight)
{
    const prediction *p = find_prediction(kd->pred_name);
    int rows = rk_inputs_kd_weight(model, schema, kd);
    int inputs[3] = { -1, rk_inputs_soft_label(model, schema, kd->soft_label_name), rows >= 0 ? rows : weight };
    rk_node_spec spec = { .inputs = inputs, .n_inputs = inputs[2] >= 0 ? 3 : 2, .table = -1 };
    const char *loss = loss_of(kd->loss_type);
    char name[NAME_BYTES];

    if (!p || !loss || !loss_name(name, kd))
        return; /* rk_offline_kd_check has reported it */
    inputs[0] = prediction_node(model, p);
    set_attrs(&spec, kd);
    rk_graph_add_loss(model->graph, loss, name, &spec);
}

void rk_offline_kd_build(rk_model *model, const rk_config *config, const rk_schema *schema, int weight)
{
    const Rocket__EasyRecModel *m = rk_config_view(config)->model;

    for (size_t i = 0; i < m->n_kd; i++)
        build_block(model, schema, m->kd[i], weight);
}

/* ---- checks ---- */

typedef struct checking {
    const rk_config *config;
    const rk_resolved *view;
    const Rocket__KD *kd;
    rk_faults *faults;
} checking;

static const char *place(const checking *c, const char *field)
{
    return rk_config_where(c->config, &c->kd->base, field, 0);
}

static void check_prediction(const checking *c)
{
    const char *known[N_PREDICTIONS], *name = c->kd->pred_name ? c->kd->pred_name : "";
    char hint[RK_HINT_BYTES];
    const prediction *p = find_prediction(name);
    rk_launch launch = rk_launch_of(c->view->launching, c->view->model->num_class);
    bool has[] = { [RK_LIGHT] = rk_arm_has_light(launch.arm), [RK_BOOSTER] = rk_arm_has_booster(launch.arm) };

    for (int i = 0; i < N_PREDICTIONS; i++)
        known[i] = predictions[i].name;
    if (!p) {
        rk_faults_add(c->faults, RK_FAULT_ERROR, place(c, "pred_name"),
                      "pred_name: expected logits or probs of a net, as \"logits_light\", found \"%s\"%s", name,
                      rk_did_you_mean(hint, name, known, N_PREDICTIONS));
    } else if (!has[p->net]) {
        rk_faults_add(c->faults, RK_FAULT_ERROR, place(c, "pred_name"), "pred_name: this arm has no %s net for \"%s\"",
                      rk_net_names[p->net], name);
    } else if (p->second && c->view->model->num_class < 2) {
        rk_faults_add(c->faults, RK_FAULT_ERROR, place(c, "pred_name"),
                      "pred_name: \"%s\" is of the second class, and num_class is 1", name);
    } else if (c->kd->loss_type != ROCKET__LOSS_TYPE__L2_LOSS && p->logits != (bool)c->kd->pred_is_logits) {
        rk_faults_add(c->faults, RK_FAULT_ERROR, place(c, "pred_is_logits"),
                      "pred_is_logits: expected %s, as \"%s\" are %s", p->logits ? "true" : "false", name,
                      p->logits ? "logits" : "probabilities");
    }
}

static bool is_label(const rk_resolved *view, const char *name)
{
    for (size_t i = 0; i < view->data->n_label_fields; i++)
        if (strcmp(view->data->label_fields[i], name) == 0)
            return true;
    return false;
}

static void check_soft_label(const checking *c)
{
    const char *name = c->kd->soft_label_name ? c->kd->soft_label_name : "";
    const prediction *p = find_prediction(c->kd->pred_name);
    size_t field = rk_field_find(c->view, name);
    int64_t wanted = p && !p->second ? (int64_t)c->view->model->num_class : 1, dim = rk_label_dim(c->view, name);

    if (!is_label(c->view, name))
        rk_faults_add(c->faults, RK_FAULT_ERROR, place(c, "soft_label_name"),
                      "soft_label_name: expected one of data_config.label_fields, found \"%s\"", name);
    else if (field == RK_NONE || !p)
        return; /* reported elsewhere */
    else if (dim > 1 && c->view->fields[field].config->input_type != ROCKET__DATASET_CONFIG__FIELD_TYPE__STRING)
        rk_faults_add(c->faults, RK_FAULT_ERROR, place(c, "soft_label_name"),
                      "soft_label_name: \"%s\" has label_dim %lld, for which its input_type must be STRING", name,
                      (long long)dim);
    else if (dim != wanted)
        rk_faults_add(
            c->faults, RK_FAULT_ERROR, place(c, "soft_label_name"),
            "soft_label_name: expected a column of %lld number%s for \"%s\", found \"%s\" of %lld (label_dim)%s",
            (long long)wanted, wanted == 1 ? "" : "s", p->name, name, (long long)dim,
            dim == 1 ? "; for the probability of a click take \"probs_..._1\" and pred_is_logits: false" : "");
}

static void check_number(const checking *c, const char *field, float value)
{
    if (!(value >= 0 && value < 1e30F))
        rk_faults_add(c->faults, RK_FAULT_ERROR, place(c, field), "%s: expected a number from 0 on, found %g", field,
                      (double)value);
}

static void check_loss(const checking *c)
{
    const Rocket__KD *kd = c->kd;

    if (!loss_of(kd->loss_type))
        rk_faults_add(
            c->faults, RK_FAULT_ERROR, place(c, "loss_type"),
            "loss_type: expected CROSS_ENTROPY_LOSS, BINARY_CROSS_ENTROPY_LOSS, KL_DIVERGENCE_LOSS or L2_LOSS, "
            "found %s",
            rk_enum_name(&rocket__loss_type__descriptor, (int)kd->loss_type));
    else if (kd->loss_type == ROCKET__LOSS_TYPE__L2_LOSS && kd->has_temperature)
        rk_faults_add(c->faults, RK_FAULT_NOTE, place(c, "temperature"),
                      "temperature changes nothing here: L2_LOSS compares the values as they are");
    check_number(c, "temperature", kd->temperature);
    check_number(c, "loss_weight", kd->loss_weight);
    check_number(c, "in_task_space_weight", kd->in_task_space_weight);
    check_number(c, "out_task_space_weight", kd->out_task_space_weight);
}

static void check_task_space(const checking *c)
{
    const char *name = c->kd->task_space_indicator_name, *value = c->kd->task_space_indicator_value;

    if (!name != !value)
        rk_faults_add(c->faults, RK_FAULT_ERROR, place(c, NULL),
                      "kd: expected both task_space_indicator_name and task_space_indicator_value, found one");
    else if (name && rk_field_of_metric(c->view, name) == RK_NONE)
        rk_faults_add(c->faults, RK_FAULT_ERROR, place(c, "task_space_indicator_name"),
                      "task_space_indicator_name: \"%s\" is no field of data_config.input_fields, nor a feature of one",
                      name);
    else if (!name && (c->kd->has_in_task_space_weight || c->kd->has_out_task_space_weight))
        rk_faults_add(c->faults, RK_FAULT_NOTE, place(c, NULL),
                      "task-space weights change nothing here: they belong to task_space_indicator_name");
}

/* Names of losses are keys of what is logged. */
static void check_name(const checking *c, size_t i)
{
    static const char *const taken[] = { "cross_entropy_loss_light", "cross_entropy_loss_booster", "hint_loss",
                                         "regularization_loss",      "variational_dropout_loss",   "total_loss" };
    char name[NAME_BYTES], other[NAME_BYTES];
    bool again = false;

    if (!c->kd->pred_name || !c->kd->soft_label_name)
        return;
    if (!loss_name(name, c->kd)) {
        rk_faults_add(c->faults, RK_FAULT_ERROR, place(c, "loss_name"),
                      "loss_name: expected at most %d bytes, found more", NAME_BYTES - 1);
        return;
    }
    for (size_t k = 0; k < i; k++)
        again |= loss_name(other, c->view->model->kd[k]) && strcmp(name, other) == 0;
    for (size_t k = 0; k < sizeof taken / sizeof taken[0]; k++)
        again |= strcmp(name, taken[k]) == 0;
    if (again)
        rk_faults_add(c->faults, RK_FAULT_ERROR, place(c, "loss_name"),
                      "loss_name: there is a loss \"%s\" already; give each kd block one of its own", name);
}

void rk_offline_kd_check(const rk_config *config, rk_faults *faults)
{
    const rk_resolved *view = rk_config_view(config);
    const Rocket__EasyRecModel *model = view->model;

    if (model->n_kd > 0)
        rk_faults_add(faults, RK_FAULT_NOTE, rk_config_where(config, &model->base, "kd", 0),
                      "kd: soft labels are learnt, which upstream ignores for RocketLaunching");
    if (model->n_kd > MAX_BLOCKS)
        rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &model->base, "kd", MAX_BLOCKS),
                      "kd: expected at most %d blocks, found %zu", MAX_BLOCKS, model->n_kd);
    for (size_t i = 0; i < model->n_kd; i++) {
        checking c = { config, view, model->kd[i], faults };

        check_prediction(&c);
        check_soft_label(&c);
        check_loss(&c);
        check_task_space(&c);
        check_name(&c, i);
    }
}
