/* Hints between hidden layers of the two towers (feature_based_distillation, easyrec.md 1.2).
 *
 * Light layer i is paired with the first booster layer of the same width; light layers without one are left out. Each
 * pair is a loss, similarity_0, similarity_1, ... Upstream always takes the Euclidean distance and makes it greater;
 * here the layers are drawn together by the measure that the config names, unless feature_distillation_compat.
 */
#ifndef RK_FEATURE_HINTS_H
#define RK_FEATURE_HINTS_H

#include "config.h"
#include "graph.h"

/* The hidden layers of a tower, as rk_layer_dnn gives them. */
typedef struct rk_hidden {
    const Rocket__DNN *dnn;
    const int *nodes; /* [rk_layer_dnn_depth] */
} rk_hidden;

typedef struct rk_feature_hints {
    const Rocket__RocketLaunching *config;
    rk_hidden light, booster;
    bool block; /* the booster's layers are constants to the hints */
    int weight; /* input: sample weights; -1: none */
} rk_feature_hints;

void rk_feature_hints_build(rk_graph *graph, const rk_feature_hints *hints);
void rk_feature_hints_check(const rk_config *config, rk_faults *faults);

#endif
