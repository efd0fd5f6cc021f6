/* Features of a schema as nodes of a graph: the one place where data and nn meet. */
#ifndef RK_INPUTS_H
#define RK_INPUTS_H

#include "model.h"

typedef struct rk_inputs_options {
    const char *prefix;     /* before every table's name; "" for upstream's names */
    int64_t dim;            /* embedding width instead of the features' own; 0: as configured */
    double embedding_l2;    /* adds embedding_l2 / 2 * sum over the batch of squares of each pooled vector */
    const char *loss_scope; /* before the names of those losses; "" or e.g. "light_" */
    const Rocket__VariationalDropoutLayer *dropout; /* of every feature's vector; NULL: none */
} rk_inputs_options;

/* x = the features' vectors side by side, in the order of the group (easyrec.md 3.6). A second call for the same model
 * reads the same columns through tables of its own if the prefix differs. -1 on failure (sticky in the graph). */
int rk_inputs_build(rk_model *model, const rk_schema *schema, const rk_inputs_options *options);

/* The label, and the sample weight (-1 when there is none), as inputs of the graph. */
int rk_inputs_label(rk_model *model, const rk_schema *schema);
int rk_inputs_weight(rk_model *model, const rk_schema *schema);

/* A soft label, and the row weights of a kd block with a task space (-1 when it has none). */
int rk_inputs_soft_label(rk_model *model, const rk_schema *schema, const char *field);
int rk_inputs_kd_weight(rk_model *model, const rk_schema *schema, const Rocket__KD *kd);

#endif
