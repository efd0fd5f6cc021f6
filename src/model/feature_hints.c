/* See feature_hints.h. */
#include "feature_hints.h"

#include <stdio.h>

#include "dnn.h"
#include "resolve.h"

enum { MAX_PAIRS = 32 }; /* losses that a run reports have a bound: RK_MAX_LOSSES */

/* The booster's layer that light layer i is drawn to; depth of the booster: none. */
static size_t partner(const Rocket__DNN *light, size_t i, const Rocket__DNN *booster)
{
    size_t j = 0, depth = rk_layer_dnn_depth(booster);

    while (j < depth && booster->hidden_units[j] != light->hidden_units[i])
        j++;
    return j;
}

static int count_pairs(const Rocket__DNN *light, const Rocket__DNN *booster)
{
    int n = 0;

    for (size_t i = 0; i < rk_layer_dnn_depth(light); i++)
        n += partner(light, i, booster) < rk_layer_dnn_depth(booster);
    return n;
}

static const char *loss_of(const Rocket__RocketLaunching *config)
{
    if (config->feature_distillation_compat)
        return "UPSTREAM_EUCLID";
    switch (config->feature_distillation_function) {
    case ROCKET__SIMILARITY__INNER_PRODUCT:
        return "FEATURE_INNER_PRODUCT";
    case ROCKET__SIMILARITY__EUCLID:
        return "FEATURE_EUCLID";
    default:
        return "FEATURE_COSINE";
    }
}

static void add_pair(rk_graph *graph, const rk_feature_hints *hints, int light, int booster, int number)
{
    char name[64];
    int inputs[3] = { light, hints->block ? rk_graph_unary(graph, "stop_gradient", booster) : booster, hints->weight };
    rk_node_spec spec = { .inputs = inputs, .n_inputs = hints->weight >= 0 ? 3 : 2, .table = -1 };

    spec.attrs[0] = (rk_attr){ "weight", (double)hints->config->feature_distillation_weight };
    snprintf(name, sizeof name, "similarity_%d", number);
    rk_graph_add_loss(graph, loss_of(hints->config), name, &spec);
}

void rk_feature_hints_build(rk_graph *graph, const rk_feature_hints *hints)
{
    const rk_hidden *light = &hints->light, *booster = &hints->booster;
    int number = 0;

    for (size_t i = 0; i < rk_layer_dnn_depth(light->dnn); i++) {
        size_t j = partner(light->dnn, i, booster->dnn);

        if (j < rk_layer_dnn_depth(booster->dnn))
            add_pair(graph, hints, light->nodes[i], booster->nodes[j], number++);
    }
}

typedef struct checking {
    const rk_config *config;
    const Rocket__RocketLaunching *launching;
    rk_faults *faults;
} checking;

static const char *place(const checking *c, const char *field)
{
    return rk_config_where(c->config, &c->launching->base, field, 0);
}

static void note_unused(const checking *c, bool given, const char *field)
{
    if (given)
        rk_faults_add(c->faults, RK_FAULT_NOTE, place(c, field),
                      "%s changes nothing here: it belongs to feature_based_distillation", field);
}

static void note_meaning(const checking *c)
{
    static const char *const measures[] = { "cosine", "inner product", "Euclidean distance" }; /* by Similarity */

    if (c->launching->feature_distillation_compat)
        rk_faults_add(c->faults, RK_FAULT_NOTE, place(c, "feature_distillation_compat"),
                      "as upstream: the Euclidean distance of hidden layers over the whole batch, made greater, "
                      "whatever feature_distillation_function says");
    else
        rk_faults_add(c->faults, RK_FAULT_NOTE, place(c, "feature_based_distillation"),
                      "hidden layers are drawn together by %s; upstream pushes them apart by Euclidean distance, "
                      "which feature_distillation_compat: true reproduces",
                      measures[c->launching->feature_distillation_function]);
}

static void check_pairs(const checking *c)
{
    int n = count_pairs(c->launching->light_dnn, c->launching->booster_dnn);

    if (n == 0)
        rk_faults_add(c->faults, RK_FAULT_NOTE, place(c, "feature_based_distillation"),
                      "feature_based_distillation changes nothing here: no layer of light_dnn is as wide as one of "
                      "booster_dnn");
    else if (n > MAX_PAIRS)
        rk_faults_add(c->faults, RK_FAULT_ERROR, place(c, "feature_based_distillation"),
                      "feature_based_distillation: expected at most %d layers of light_dnn with a partner, found %d",
                      MAX_PAIRS, n);
    else
        note_meaning(c);
}

void rk_feature_hints_check(const rk_config *config, rk_faults *faults)
{
    const Rocket__RocketLaunching *launching = rk_config_view(config)->launching;
    const checking c = { config, launching, faults };

    if (!launching->feature_based_distillation) {
        note_unused(&c, launching->has_feature_distillation_function, "feature_distillation_function");
        note_unused(&c, launching->has_feature_distillation_weight, "feature_distillation_weight");
        note_unused(&c, launching->has_feature_distillation_compat, "feature_distillation_compat");
    } else if (launching->arm != ROCKET__ROCKET_LAUNCHING__ARM__ROCKET) {
        rk_faults_add(faults, RK_FAULT_NOTE, place(&c, "feature_based_distillation"),
                      "feature_based_distillation changes nothing here: it belongs to arm: ROCKET");
    } else {
        check_pairs(&c);
    }
}
