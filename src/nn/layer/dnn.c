/* Dense stacks: see dnn.h. Initial values are upstream's: kernels glorot uniform, biases and beta 0, gamma 1, moving
 * mean 0, moving variance 1. The dense bias stays although batch norm follows, as upstream's does: its variables must
 * be found again in a checkpoint.
 */
#include "dnn.h"

#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "op.h"

enum { SCOPE_BYTES = 128, LAYER_BYTES = 192, NAME_BYTES = 256 }; /* scopes are ours and short */

static int add_param(rk_graph *graph, const char *scope, const char *leaf, rk_shape shape, rk_init init)
{
    char name[NAME_BYTES];

    snprintf(name, sizeof name, "%s/%s", scope, leaf);
    return rk_graph_param(graph, &(rk_param){ .name = name, .shape = shape, .init = init, .trainable = true });
}

static int64_t node_width(const rk_graph *graph, int node)
{
    return node < 0 ? 0 : rk_shape_size(&rk_graph_node(graph, node)->shape);
}

int rk_layer_dense(rk_graph *graph, const char *scope, int input, int64_t units, double l2)
{
    rk_node_spec spec = RK_NODE_SPEC("dense");
    char name[NAME_BYTES];
    rk_shape shape = { .rank = 2, .dims = { node_width(graph, input), units } };

    if (input < 0)
        return -1;
    snprintf(name, sizeof name, "%s/kernel", scope);
    spec.params[0] = rk_graph_param(
        graph,
        &(rk_param){
            .name = name, .shape = shape, .init = rk_init_make("glorot_uniform", 0, 0), .trainable = true, .l2 = l2 });
    spec.params[1] =
        add_param(graph, scope, "bias", (rk_shape){ .rank = 1, .dims = { units } }, rk_init_make("constant", 0, 0));
    spec.n_params = 2;
    spec.name = scope;
    spec.inputs = &input;
    spec.n_inputs = 1;
    return rk_graph_add(graph, &spec);
}

/* A norm or an activation under <layer>/<part>, with the parameters that the op declares, of the input's width. */
static int add_part(rk_graph *graph, const rk_op *op, const char *layer, const char *part, int input)
{
    rk_node_spec spec = RK_NODE_SPEC(op->name);
    char scope[LAYER_BYTES], name[NAME_BYTES];

    if (input < 0)
        return -1;
    snprintf(scope, sizeof scope, "%s/%s", layer, part);
    for (int i = 0; i < op->n_params; i++) {
        const rk_op_param *param = &op->params[i];

        snprintf(name, sizeof name, "%s/%s", scope, param->name);
        spec.params[i] = rk_graph_param(graph, &(rk_param){ .name = name,
                                                            .shape = { 1, { node_width(graph, input) } },
                                                            .init = rk_init_make("constant", param->init, 0),
                                                            .trainable = param->trainable });
    }
    spec.n_params = op->n_params;
    spec.name = scope;
    spec.inputs = &input;
    spec.n_inputs = 1;
    return rk_graph_add(graph, &spec);
}

static int add_dropout(rk_graph *graph, const char *scope, int input, double ratio)
{
    rk_node_spec spec = RK_NODE_SPEC("dropout");
    char name[NAME_BYTES];

    if (input < 0 || ratio <= 0)
        return input;
    snprintf(name, sizeof name, "%s/dropout", scope);
    spec.name = name;
    spec.inputs = &input;
    spec.n_inputs = 1;
    spec.attrs[0] = (rk_attr){ "ratio", ratio };
    return rk_graph_add(graph, &spec);
}

static bool is_identity(const Rocket__DNN *dnn)
{
    return dnn == NULL || dnn->n_hidden_units == 0 || (dnn->n_hidden_units == 1 && dnn->hidden_units[0] == 0);
}

size_t rk_layer_dnn_depth(const Rocket__DNN *dnn)
{
    return is_identity(dnn) ? 0 : dnn->n_hidden_units;
}

int rk_layer_dnn(rk_graph *graph, const Rocket__DNN *dnn, const char *scope, int input, double l2, int *hidden)
{
    char layer[SCOPE_BYTES];
    int node = input;

    if (is_identity(dnn))
        return input;
    const rk_op *activation = rk_op_find_activation(dnn->activation);
    if (activation == NULL)
        return -1; /* rk_layer_check_dnn has reported it */
    for (size_t i = 0; i < dnn->n_hidden_units; i++) {
        snprintf(layer, sizeof layer, "%s/dnn_%zu", scope, i);
        node = rk_layer_dense(graph, layer, node, dnn->hidden_units[i], l2);
        if (dnn->use_bn)
            node = add_part(graph, rk_op_find("batch_norm"), layer, "bn", node);
        node = add_part(graph, activation, layer, "act", node);
        if (i < dnn->n_dropout_ratio)
            node = add_dropout(graph, layer, node, dnn->dropout_ratio[i]);
        if (hidden != NULL)
            hidden[i] = node;
    }
    return node;
}

/* As many ratios as layers or more: upstream fails on fewer, and to guess the rest would be to change the result. */
static void check_dropout(const rk_config *config, const Rocket__DNN *dnn, rk_faults *faults)
{
    if (dnn->n_dropout_ratio > 0 && dnn->n_dropout_ratio < dnn->n_hidden_units)
        rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &dnn->base, "dropout_ratio", 0),
                      "dropout_ratio: expected one for each of the %zu hidden_units, found %zu", dnn->n_hidden_units,
                      dnn->n_dropout_ratio);
    for (size_t i = 0; i < dnn->n_dropout_ratio; i++)
        if (!(dnn->dropout_ratio[i] >= 0 && dnn->dropout_ratio[i] < 1))
            rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &dnn->base, "dropout_ratio", i),
                          "dropout_ratio: expected numbers from 0 to less than 1, found %g",
                          (double)dnn->dropout_ratio[i]);
}

static void unknown_activation(const rk_config *config, const Rocket__DNN *dnn, rk_faults *faults)
{
    rk_buf known;

    rk_buf_init(&known, 4096);
    for (const rk_op *const *op = rk_ops; *op; op++)
        if ((*op)->aliases[0] && !strchr((*op)->aliases[0], '.'))
            rk_buf_printf(&known, "%s%s", known.size ? ", " : "", (*op)->aliases[0]);
    rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &dnn->base, "activation", 0),
                  "unknown activation \"%s\"; known are %s", dnn->activation,
                  rk_buf_failed(&known) ? "those of docs/ADDING.md" : known.data);
    rk_buf_clear(&known);
}

void rk_layer_check_dnn(const rk_config *config, const Rocket__DNN *dnn, rk_faults *faults)
{
    if (is_identity(dnn))
        return;
    for (size_t i = 0; i < dnn->n_hidden_units; i++)
        if (dnn->hidden_units[i] == 0)
            rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &dnn->base, "hidden_units", i),
                          "hidden_units: expected numbers from 1 on, found 0");
    check_dropout(config, dnn, faults);
    if (rk_op_find_activation(dnn->activation) == NULL)
        unknown_activation(config, dnn, faults);
}
