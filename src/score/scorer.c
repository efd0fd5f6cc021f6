/* See scorer.h. The cut is run by the training executor in inference mode: the same kernels, so the same bits. */
#include "scorer.h"

#include "binding.h"
#include "error.h"
#include "mem.h"

struct rk_scorer {
    rk_bundle *bundle;
    rk_schema *schema;
    rk_binding binding;
    rk_exec *exec;
    int logits, probs;
};

static rocket_status open_scorer(rk_scorer *scorer, const char *path, const rk_scorer_options *options,
                                 rocket_error *err)
{
    static const char *const outputs[] = { "logits_light", "probs_light" };
    rk_exec_options exec = { .pool = options->pool };

    RK_TRY(rk_bundle_open(&scorer->bundle, path, outputs, 2, err));
    rk_schema_options columns = { .reserved = options->reserved,
                                  .n_reserved = options->n_reserved,
                                  .given = &scorer->bundle->vocabularies };
    scorer->logits = rk_graph_find_output(scorer->bundle->graph, outputs[0]);
    scorer->probs = rk_graph_find_output(scorer->bundle->graph, outputs[1]);
    RK_TRY(rk_schema_new(&scorer->schema, scorer->bundle->config, &columns, err));
    RK_TRY(rk_binding_new(&scorer->binding, scorer->bundle->graph, scorer->schema, err));
    return rk_exec_new(&scorer->exec, scorer->bundle->graph, scorer->bundle->weights, &exec, err);
}

rocket_status rk_scorer_open(rk_scorer **out, const char *path, const rk_scorer_options *options, rocket_error *err)
{
    rk_scorer *scorer = rk_alloc(1, sizeof *scorer);

    RK_FAIL_IF(scorer == NULL, FAILED, err, "out of memory");
    rocket_status status = open_scorer(scorer, path, options, err);
    if (status != ROCKET_OK) {
        rk_scorer_close(scorer);
        return status;
    }
    *out = scorer;
    return ROCKET_OK;
}

void rk_scorer_close(rk_scorer *scorer)
{
    if (scorer == NULL)
        return;
    rk_exec_free(scorer->exec);
    rk_binding_clear(&scorer->binding);
    rk_schema_free(scorer->schema);
    rk_bundle_close(scorer->bundle);
    rk_free(scorer);
}

const rk_config *rk_scorer_config(const rk_scorer *scorer)
{
    return scorer->bundle->config;
}

const rk_schema *rk_scorer_schema(const rk_scorer *scorer)
{
    return scorer->schema;
}

const rk_graph *rk_scorer_graph(const rk_scorer *scorer)
{
    return scorer->bundle->graph;
}

int rk_scorer_n_classes(const rk_scorer *scorer)
{
    return (int)rk_shape_size(&rk_graph_node(scorer->bundle->graph, scorer->logits)->shape);
}

rocket_status rk_scorer_run(rk_scores *out, rk_scorer *scorer, const rk_batch *batch, rocket_error *err)
{
    rk_scores scores;

    rk_binding_feed(&scorer->binding, scorer->exec, batch);
    RK_TRY(rk_exec_forward(scorer->exec, batch->n_rows, false, 0, err));
    scores.logits = rk_exec_value(scorer->exec, scorer->logits, &scores.ld_logits);
    scores.probs = rk_exec_value(scorer->exec, scorer->probs, &scores.ld_probs);
    *out = scores;
    return ROCKET_OK;
}
