/* Layers: several nodes and their parameters under one name, as upstream's layers are. */
#ifndef RK_DNN_H
#define RK_DNN_H

#include "config.h"
#include "graph.h"

/* A stack of dense layers as message DNN describes it: per layer i dense -> batch norm (use_bn) -> activation ->
 * dropout (dropout_ratio), the last hidden layer included; no hidden_units, or [0], is the identity (easyrec.md 1.1).
 *
 * scope   parameters are <scope>/dnn_<i>/{kernel,bias} and <scope>/dnn_<i>/bn/{gamma,beta,moving_mean,moving_variance}
 *         an activation with parameters has them as <scope>/dnn_<i>/act/<name>, e.g. alpha
 * l2      adds l2 / 2 * sum w^2 of every kernel to the training loss
 * hidden  [rk_layer_dnn_depth] NULL, or filled with the output node of each layer
 *
 * Returns the output node, -1 on failure (sticky in the graph: rk_graph_finish reports it). dnn NULL is the identity.
 */
int rk_layer_dnn(rk_graph *graph, const Rocket__DNN *dnn, const char *scope, int input, double l2, int *hidden);

/* How many layers it has; 0: the identity. */
size_t rk_layer_dnn_depth(const Rocket__DNN *dnn);

/* One dense layer without activation: <scope>/{kernel,bias}. */
int rk_layer_dense(rk_graph *graph, const char *scope, int input, int64_t units, double l2);

/* Faults of widths, dropout and activation. */
void rk_layer_check_dnn(const rk_config *config, const Rocket__DNN *dnn, rk_faults *faults);

#endif
