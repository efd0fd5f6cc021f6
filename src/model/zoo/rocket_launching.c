/* RocketLaunching: the light net and the booster over shared lower layers (Zhou et al. 2018; EasyRec's model of that
 * name).
 *
 *   x = features of group "all"      s = share_dnn(x)
 *   z = booster_output(booster_dnn(s))          l = light_output(light_dnn(block_s(s)))
 *   L = w CE(y, z) + w CE(y, l) + hint(l, block_z(z)) + hints between hidden layers (feature_hints.h) + L2 terms
 *
 * block_z is the gradient block: the booster never learns from the hint. block_s is upstream's: the light net reads the
 * shared output as a constant. Which of them are there, what the hint is and how much is shared follows from recipe and
 * options (rk_launch in resolve.h; paper.md 1.9 compares the published forms).
 *
 * The arms that a launch is compared with are the same code with one net left out: LIGHT_ALONE, BOOSTER_ALONE, and
 * KD_FROM_BOOSTER, where the hint's z is fed in from a booster that was trained before.
 */
#include <stdio.h>
#include <string.h>

#include "dnn.h"
#include "error.h"
#include "feature_hints.h"
#include "inputs.h"
#include "loss.h"
#include "model.h"
#include "offline_kd.h"
#include "resolve.h"

typedef struct builder {
    rk_model *model;
    rk_graph *graph;
    const rk_schema *schema;
    const Rocket__RocketLaunching *config;
    rk_launch launch;
    double l2, embedding_l2;
    const Rocket__VariationalDropoutLayer *dropout; /* NULL: none */
    int label, weight;
    rk_arena *scratch;
    rk_hidden hidden[RK_N_NETS]; /* of the towers */
} builder;

/* A light net without a booster beside it has nobody else to train what lies below it. */
static bool light_is_detached(const builder *b)
{
    return !b->launch.light_trains_shared && rk_arm_has_booster(b->launch.arm) &&
           b->launch.sharing != ROCKET__ROCKET_LAUNCHING__SHARING__SHARE_NOTHING;
}

/* What the light net reads, when both nets read the output of the same lower layers. */
static int light_view(const builder *b, int shared)
{
    return light_is_detached(b) ? rk_graph_unary(b->graph, "stop_gradient", shared) : shared;
}

static int build_inputs(const builder *b, const char *prefix, int64_t dim)
{
    return rk_inputs_build(b->model, b->schema,
                           &(rk_inputs_options){ .prefix = prefix,
                                                 .dim = dim,
                                                 .embedding_l2 = b->embedding_l2,
                                                 .loss_scope = prefix,
                                                 .dropout = b->dropout });
}

/* The lower layers: *booster and *light are what the two towers stand on. */
static void build_shared(const builder *b, int *booster, int *light)
{
    const Rocket__DNN *share = b->config->share_dnn;
    bool own_layers = b->launch.sharing != ROCKET__ROCKET_LAUNCHING__SHARING__SHARE_ALL;
    bool own_tables = b->launch.sharing == ROCKET__ROCKET_LAUNCHING__SHARING__SHARE_NOTHING;

    *booster = *light = -1;
    if (!rk_arm_has_light(b->launch.arm) ||
        !rk_arm_has_booster(b->launch.arm)) { /* one net: its lower layers keep upstream's names */
        bool small = rk_arm_has_light(b->launch.arm) && own_tables;
        int x = build_inputs(b, "", small ? b->launch.light_embedding_dim : 0);
        *booster = *light = rk_layer_dnn(b->graph, share, "share_dnn", x, b->l2, NULL);
        return;
    }
    int x = build_inputs(b, "", 0);
    *booster = rk_layer_dnn(b->graph, share, "share_dnn", x, b->l2, NULL);
    if (!own_layers) {
        *light = light_view(b, *booster);
        return;
    }
    int light_x = own_tables ? build_inputs(b, "light_", b->launch.light_embedding_dim) : light_view(b, x);
    *light = rk_layer_dnn(b->graph, share, "light_share_dnn", light_x, b->l2, NULL);
}

/* A tower and its head; sets the model's logits and probabilities of that net. */
static void build_net(builder *b, int net, const Rocket__DNN *tower, int input)
{
    char name[64];
    int *hidden = rk_arena_alloc(b->scratch, rk_layer_dnn_depth(tower), sizeof *hidden);
    const char *prob = b->model->n_classes > 1 ? "softmax" : "sigmoid";

    snprintf(name, sizeof name, "%s_dnn", rk_net_names[net]);
    int top = rk_layer_dnn(b->graph, tower, name, input, b->l2, hidden);
    b->hidden[net] = (rk_hidden){ tower, hidden };
    snprintf(name, sizeof name, "%s_output", rk_net_names[net]);
    int logits = rk_layer_dense(b->graph, name, top, b->model->n_classes, b->l2);
    int probs = rk_graph_unary(b->graph, prob, logits);
    b->model->logits[net] = logits;
    b->model->probs[net] = probs;
    snprintf(name, sizeof name, "logits_%s", rk_net_names[net]);
    rk_graph_output(b->graph, name, logits);
    snprintf(name, sizeof name, "probs_%s", rk_net_names[net]);
    rk_graph_output(b->graph, name, probs);
}

/* Append the sample weight, if there is one, to a loss's inputs. */
static int with_weight(const builder *b, int *inputs, int n)
{
    if (b->weight >= 0)
        inputs[n++] = b->weight;
    return n;
}

static void build_cross_entropy(const builder *b, int net)
{
    char name[64];
    int inputs[3] = { b->model->logits[net], b->label };
    rk_node_spec spec = { .inputs = inputs, .n_inputs = with_weight(b, inputs, 2), .table = -1 };

    spec.attrs[0] = (rk_attr){ "weight", (double)b->launch.ce_weight };
    snprintf(name, sizeof name, "cross_entropy_loss_%s", rk_net_names[net]);
    rk_graph_add_loss(b->graph, b->model->n_classes > 1 ? "SOFTMAX_CE" : "SIGMOID_CE", name, &spec);
}

static bool has_attr(const rk_loss_def *loss, const char *name)
{
    for (int i = 0; i < RK_MAX_ATTRS && loss->attrs[i]; i++)
        if (strcmp(loss->attrs[i], name) == 0)
            return true;
    return false;
}

/* Hint.Loss has the names of losses; each takes those options that it knows. */
static void build_hint(const builder *b, int teacher)
{
    const rk_launch *launch = &b->launch;
    const char *loss = rk_enum_name(&rocket__hint__loss__descriptor, (int)launch->hint_loss);
    const rk_attr options[] = { { "weight", (double)launch->hint_weight },
                                { "reduction", (double)launch->reduction },
                                { "temperature", (double)launch->temperature },
                                { "scale_t2", launch->scale_t2 } };
    int inputs[3] = { b->model->logits[RK_LIGHT], teacher }, n = 0;
    rk_node_spec spec = { .inputs = inputs, .n_inputs = with_weight(b, inputs, 2), .table = -1 };

    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (has_attr(rk_loss_find(loss), options[i].name))
            spec.attrs[n++] = options[i];
    rk_graph_add_loss(b->graph, loss, "hint_loss", &spec);
}

static void build_feature_hints(const builder *b)
{
    rk_feature_hints hints = { .config = b->config,
                               .light = b->hidden[RK_LIGHT],
                               .booster = b->hidden[RK_BOOSTER],
                               .block = b->launch.gradient_block,
                               .weight = b->weight };

    if (b->config->feature_based_distillation && !rk_arena_failed(b->scratch))
        rk_feature_hints_build(b->graph, &hints);
}

static void build_losses(const builder *b)
{
    for (int net = RK_N_NETS - 1; net >= 0; net--)
        if (b->model->logits[net] >= 0)
            build_cross_entropy(b, net);
    if (b->launch.arm == ROCKET__ROCKET_LAUNCHING__ARM__ROCKET) {
        int z = b->model->logits[RK_BOOSTER];
        build_hint(b, b->launch.gradient_block ? rk_graph_unary(b->graph, "stop_gradient", z) : z);
        build_feature_hints(b);
    } else if (b->launch.arm == ROCKET__ROCKET_LAUNCHING__ARM__KD_FROM_BOOSTER) {
        b->model->teacher = rk_graph_input_floats(b->graph, "@teacher_logits", b->model->n_classes);
        build_hint(b, b->model->teacher);
    }
}

static void build_graph(builder *b, const rk_config *config)
{
    int booster, light;

    build_shared(b, &booster, &light);
    if (rk_arm_has_booster(b->launch.arm))
        build_net(b, RK_BOOSTER, b->config->booster_dnn, booster);
    if (rk_arm_has_light(b->launch.arm))
        build_net(b, RK_LIGHT, b->config->light_dnn, light);
    b->label = rk_inputs_label(b->model, b->schema);
    b->weight = rk_inputs_weight(b->model, b->schema);
    if (b->label >= 0) { /* a schema for scoring has none */
        build_losses(b);
        rk_offline_kd_build(b->model, config, b->schema, b->weight);
    }
    if (rk_arena_failed(b->scratch))
        rk_graph_no_memory(b->graph);
}

static rocket_status build(rk_model *model, const rk_config *config, const rk_schema *schema, rocket_error *err)
{
    rk_arena scratch;
    const rk_resolved *view = rk_config_view(config);
    RK_FAIL_IF(view->launching == NULL, CONFIG, err, "%s: model_config has no rocket_launching",
               rk_config_name(config));
    builder b = { .model = model,
                  .graph = model->graph,
                  .schema = schema,
                  .config = view->launching,
                  .launch = rk_launch_of(view->launching, view->model->num_class),
                  .l2 = (double)view->launching->l2_regularization,
                  .embedding_l2 = (double)view->model->embedding_regularization,
                  .dropout = view->model->variational_dropout,
                  .scratch = &scratch };

    model->n_classes = (int)view->model->num_class;
    rk_arena_init(&scratch, 0);
    build_graph(&b, config);
    rk_arena_clear(&scratch);
    return rk_graph_finish(model->graph, err);
}

static void check(const rk_config *config, rk_faults *faults)
{
    const Rocket__RocketLaunching *launching = rk_config_view(config)->launching;

    if (launching == NULL) {
        rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &rk_config_view(config)->model->base, NULL, 0),
                      "model_config: expected a rocket_launching block with share_dnn, booster_dnn and light_dnn");
        return;
    }
    rk_layer_check_dnn(config, launching->share_dnn, faults);
    rk_layer_check_dnn(config, launching->booster_dnn, faults);
    rk_layer_check_dnn(config, launching->light_dnn, faults);
    rk_feature_hints_check(config, faults);
    rk_offline_kd_check(config, faults);
}

const rk_model_def rk_model_rocket_launching = {
    .name = "RocketLaunching",
    .doc = "light net and booster trained together over shared layers",
    .check = check,
    .build = build,
};
