/* See scorer.h. */
#include "scorer.h"

#include "error.h"
#include "mem.h"

struct rk_scorer {
    const rk_light *light;
    rk_net_session *session;
    const rk_column **columns; /* [n_nodes] of the batch at hand, for the graph's inputs */
    float *values;             /* [2, capacity, C] */
    int64_t capacity;          /* rows */
};

rocket_status rk_scorer_new(rk_scorer **out, const rk_light *light, rocket_error *err)
{
    rk_scorer *scorer = rk_alloc(1, sizeof *scorer);

    RK_FAIL_IF(scorer == NULL, FAILED, err, "out of memory");
    scorer->light = light;
    scorer->columns = rk_alloc((size_t)rk_graph_n_nodes(light->bundle->graph), sizeof *scorer->columns);
    rocket_status status = scorer->columns != NULL ? rk_net_session_new(&scorer->session, light->net, err)
                                                   : rk_fail(err, ROCKET_FAILED, "out of memory");
    if (status != ROCKET_OK) {
        rk_scorer_free(scorer);
        return status;
    }
    *out = scorer;
    return ROCKET_OK;
}

void rk_scorer_free(rk_scorer *scorer)
{
    if (scorer == NULL)
        return;
    rk_net_session_free(scorer->session);
    rk_free(scorer->columns);
    rk_free(scorer->values);
    rk_free(scorer);
}

/* Room for so many rows; what was there is lost. */
static rocket_status reserve(rk_scorer *scorer, int64_t n_rows, rocket_error *err)
{
    if (n_rows <= scorer->capacity)
        return ROCKET_OK;
    float *values = rk_alloc((size_t)(2 * n_rows * scorer->light->n_classes), sizeof *values);
    RK_FAIL_IF(values == NULL, FAILED, err, "out of memory for the scores of %lld rows", (long long)n_rows);
    rk_free(scorer->values);
    scorer->values = values;
    scorer->capacity = n_rows;
    return ROCKET_OK;
}

rocket_status rk_scorer_run(rk_scores *out, rk_scorer *scorer, const rk_batch *batch, rocket_error *err)
{
    const rk_light *light = scorer->light;
    rk_net_rows rows = { .columns = scorer->columns, .end = batch->n_rows };
    int64_t C = light->n_classes;

    for (size_t i = 0; i < light->binding.n; i++)
        scorer->columns[light->binding.node[i]] = &batch->columns[light->binding.column[i]];
    RK_TRY(rk_net_check(light->net, rows, err));
    RK_TRY(reserve(scorer, batch->n_rows, err));
    float *logits = scorer->values, *probs = logits + scorer->capacity * C;
    rk_net_output outputs[2] = { { light->logits, { logits, C } }, { light->probs, { probs, C } } };

    rk_net_run(scorer->session, rows, outputs, 2);
    *out = (rk_scores){ .logits = logits, .probs = probs, .ld_logits = C, .ld_probs = C };
    return ROCKET_OK;
}
