/* A small light net and booster, for tests of graphs and their execution: two look-ups of one shared table, one of
 * another, raw floats, a shared layer, two towers with batch norm, every loss of a pair. With n_classes 1 or more.
 */
#ifndef NN_PAIR_H
#define NN_PAIR_H

#include <stdio.h>

#include "nn_world.h"

enum { PAIR_BAG_ROWS = 9, PAIR_USER_ROWS = 200 };

typedef struct nn_pair {
    rk_graph *graph;
    int64_t n_classes;
    double dropout; /* in the booster; 0: no node */
    int labels, sample_weight;
} nn_pair;

static inline int pair_param(const nn_pair *pair, const char *scope, const char *name, rk_shape shape, const char *init)
{
    char full[64];
    rk_param param = { .name = full, .shape = shape, .init = rk_init_make(init, 0, 0.3), .trainable = true };

    snprintf(full, sizeof full, "%s/%s", scope, name);
    param.trainable = strncmp(name, "moving", 6) != 0;
    param.l2 = strcmp(name, "kernel") == 0 ? 0.01 : 0;
    return rk_graph_param(pair->graph, &param);
}

static inline int pair_node(const nn_pair *pair, const char *op, const char *scope, int input, rk_node_spec spec)
{
    char full[64];

    snprintf(full, sizeof full, "%s/%s", scope, op);
    spec.op = op;
    spec.name = full;
    spec.inputs = &input;
    spec.n_inputs = 1;
    return rk_graph_add(pair->graph, &spec);
}

static inline int pair_dense(const nn_pair *pair, const char *scope, int x, int64_t in, int64_t out)
{
    rk_node_spec spec = RK_NODE_SPEC(NULL);

    spec.n_params = 2;
    spec.params[0] = pair_param(pair, scope, "kernel", (rk_shape){ 2, { in, out } }, "glorot_uniform");
    spec.params[1] = pair_param(pair, scope, "bias", (rk_shape){ 1, { out } }, "random_normal");
    return pair_node(pair, "dense", scope, x, spec);
}

static inline int pair_layer(const nn_pair *pair, const char *scope, int x, rk_shape in_out, const char *activation)
{
    rk_node_spec spec = RK_NODE_SPEC(NULL);
    rk_shape C = { 1, { in_out.dims[1] } };

    x = pair_dense(pair, scope, x, in_out.dims[0], in_out.dims[1]);
    spec.n_params = 4;
    spec.params[0] = pair_param(pair, scope, "gamma", C, "ones");
    spec.params[1] = pair_param(pair, scope, "beta", C, "random_normal");
    spec.params[2] = pair_param(pair, scope, "moving_mean", C, "zeros");
    spec.params[3] = pair_param(pair, scope, "moving_variance", C, "ones");
    x = pair_node(pair, "batch_norm", scope, x, spec);
    return pair_node(pair, activation, scope, x, RK_NODE_SPEC(NULL));
}

static inline int pair_look_up(const nn_pair *pair, const char *name, int ids, rk_table table, rk_combiner combiner)
{
    rk_node_spec spec = RK_NODE_SPEC("embedding");

    table.init = rk_init_make("random_normal", 0, 1);
    spec.name = name;
    spec.inputs = &ids;
    spec.n_inputs = 1;
    spec.table = rk_graph_table(pair->graph, &table);
    spec.attrs[0] = (rk_attr){ "combiner", combiner };
    return rk_graph_add(pair->graph, &spec);
}

/* attr and value: one attribute apart from the weight. */
static inline void pair_loss(const nn_pair *pair, const char *loss, int a, int b, const char *attr, double value)
{
    int inputs[3] = { a, b, pair->sample_weight };
    rk_node_spec spec = RK_NODE_SPEC(NULL);
    char name[64];

    snprintf(name, sizeof name, "%s_%d", loss, rk_graph_n_losses(pair->graph));
    spec.inputs = inputs;
    spec.n_inputs = b < 0 ? 1 : 3;
    spec.attrs[0] = (rk_attr){ attr, value };
    rk_graph_add_loss(pair->graph, loss, name, &spec);
}

/* 12 values per row: the look-ups of the shared table, the users, the raw floats. */
static inline int pair_input(const nn_pair *pair)
{
    int bag = rk_graph_input_ids(pair->graph, "bag"), user = rk_graph_input_ids(pair->graph, "user");
    rk_table tags = { .name = "tags", .n_rows = PAIR_BAG_ROWS, .dim = 3 };
    rk_table users = { .name = "users", .n_rows = PAIR_USER_ROWS, .dim = 4 };
    rk_node_spec spec = RK_NODE_SPEC("concat");
    int inputs[4];

    inputs[0] = pair_look_up(pair, "tags_mean", bag, tags, RK_COMBINER_MEAN);
    inputs[1] = pair_look_up(pair, "user_sum", user, users, RK_COMBINER_SUM);
    inputs[2] = rk_graph_input_floats(pair->graph, "raw", 2);
    inputs[3] = pair_look_up(pair, "tags_sqrtn", bag, tags, RK_COMBINER_SQRTN);
    spec.name = "x";
    spec.inputs = inputs;
    spec.n_inputs = 4;
    pair_loss(pair, "EMBEDDING_L2", inputs[0], -1, "scale", 0.02);
    return rk_graph_add(pair->graph, &spec);
}

/* Not finished yet. */
static inline rk_graph *nn_pair_graph(int64_t n_classes, double dropout)
{
    nn_pair pair = { .graph = rk_graph_new(), .n_classes = n_classes, .dropout = dropout };
    const char *ce = n_classes > 1 ? "SOFTMAX_CE" : "SIGMOID_CE";
    int share, booster, light, probs;

    if (!pair.graph)
        return NULL;
    pair.labels = rk_graph_input_floats(pair.graph, "labels", 1);
    pair.sample_weight = rk_graph_input_floats(pair.graph, "sample_weight", 1);
    share = pair_layer(&pair, "share", pair_input(&pair), (rk_shape){ 2, { 12, 6 } }, "relu");
    booster = pair_layer(&pair, "booster", share, (rk_shape){ 2, { 6, 5 } }, "tanh");
    if (dropout > 0) {
        rk_node_spec spec = RK_NODE_SPEC(NULL);

        spec.attrs[0] = (rk_attr){ "ratio", dropout };
        booster = pair_node(&pair, "dropout", "booster", booster, spec);
    }
    booster = pair_dense(&pair, "booster_output", booster, 5, n_classes);
    light = rk_graph_unary(pair.graph, "stop_gradient", share);
    light = pair_layer(&pair, "light", light, (rk_shape){ 2, { 6, 4 } }, "leaky_relu");
    light = pair_dense(&pair, "light_output", light, 4, n_classes);
    probs = rk_graph_unary(pair.graph, n_classes > 1 ? "softmax" : "sigmoid", light);
    pair_loss(&pair, ce, booster, pair.labels, NULL, 0);
    pair_loss(&pair, ce, light, pair.labels, NULL, 0);
    pair_loss(&pair, "LOGIT_MSE", light, rk_graph_unary(pair.graph, "stop_gradient", booster), "weight", 0.3);
    pair_loss(&pair, "PROB_MSE", light, booster, "reduction", 1);
    pair_loss(&pair, "KD", light, booster, "temperature", 2);
    rk_graph_output(pair.graph, "logits_light", light);
    rk_graph_output(pair.graph, "probs_light", probs);
    rk_graph_output(pair.graph, "logits_booster", booster);
    return pair.graph;
}

#endif
