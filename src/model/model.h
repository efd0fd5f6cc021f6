/* Models: a config becomes a graph. One file per model in zoo/ and one line in models.def.
 *
 * A model has a light net, a booster, or both (the pair); what is trained and served is known to the rest only by the
 * graph's outputs: logits_light, probs_light, logits_booster, probs_booster.
 */
#ifndef RK_MODEL_H
#define RK_MODEL_H

#include "graph.h"
#include "schema.h"

enum { RK_LIGHT, RK_BOOSTER, RK_N_NETS };
extern const char *const rk_net_names[RK_N_NETS]; /* "light", "booster" */

typedef struct rk_model {
    rk_graph *graph;   /* finished */
    int *column_nodes; /* [n_columns] the graph input that a batch column feeds; -1: none */
    size_t n_columns;
    int logits[RK_N_NETS]; /* nodes [B, C]; -1: this net is not in the model */
    int probs[RK_N_NETS];
    int teacher;   /* input [B, C] for the logits of a net trained before; -1: none */
    int n_classes; /* C */
} rk_model;

typedef struct rk_model_def {
    const char *name; /* upstream's model_class */
    const char *doc;
    void (*check)(const rk_config *config, rk_faults *faults);
    rocket_status (*build)(rk_model *model, const rk_config *config, const rk_schema *schema, rocket_error *err);
} rk_model_def;

extern const rk_model_def *const rk_models[]; /* ends with NULL */

/* Build the graph that the config describes. ROCKET_CONFIG when it cannot be built. */
ROCKET_NODISCARD rocket_status rk_model_new(rk_model **out, const rk_config *config, const rk_schema *schema,
                                            rocket_error *err);
void rk_model_free(rk_model *model);
void rk_model_check(const rk_config *config, rk_faults *faults); /* is there such a model, and what it says */

#endif
