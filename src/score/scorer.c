/* See scorer.h. A batch is dealt out in pieces of rows, each with the session of the thread that takes it. */
#include "scorer.h"

#include "binding.h"
#include "error.h"
#include "mem.h"
#include "net.h"

struct rk_scorer {
    rk_bundle *bundle;
    rk_schema *schema;
    rk_binding binding;
    rk_pool *pool; /* NULL: the calling thread only */
    rk_net *net;
    rk_net_session **sessions; /* [n_threads] */
    int n_threads;
    const rk_column **columns; /* [n_nodes] of the batch at hand, for the graph's inputs */
    int logits, probs;
    float *values;    /* [2, capacity, C] */
    int64_t capacity; /* rows */
};

static rocket_status open_sessions(rk_scorer *scorer, rk_pool *pool, rocket_error *err)
{
    scorer->pool = pool;
    scorer->n_threads = pool != NULL ? rk_pool_threads(pool) : 1;
    scorer->sessions = rk_alloc((size_t)scorer->n_threads, sizeof *scorer->sessions);
    RK_FAIL_IF(scorer->sessions == NULL, FAILED, err, "out of memory");
    for (int i = 0; i < scorer->n_threads; i++)
        RK_TRY(rk_net_session_new(&scorer->sessions[i], scorer->net, err));
    return ROCKET_OK;
}

static rocket_status open_scorer(rk_scorer *scorer, const char *path, const rk_scorer_options *options,
                                 rocket_error *err)
{
    static const char *const outputs[] = { "logits_light", "probs_light" };
    RK_TRY(rk_bundle_open(&scorer->bundle, path, outputs, 2, err));
    rk_schema_options columns = { .reserved = options->reserved,
                                  .n_reserved = options->n_reserved,
                                  .given = &scorer->bundle->vocabularies };
    scorer->logits = rk_graph_find_output(scorer->bundle->graph, outputs[0]);
    scorer->probs = rk_graph_find_output(scorer->bundle->graph, outputs[1]);
    RK_TRY(rk_schema_new(&scorer->schema, scorer->bundle->config, &columns, err));
    RK_TRY(rk_binding_new(&scorer->binding, scorer->bundle->graph, scorer->schema, err));
    RK_TRY(rk_net_new(&scorer->net, scorer->bundle->graph, scorer->bundle->weights, NULL, err));
    scorer->columns = rk_alloc((size_t)rk_graph_n_nodes(scorer->bundle->graph), sizeof *scorer->columns);
    RK_FAIL_IF(scorer->columns == NULL, FAILED, err, "out of memory");
    return open_sessions(scorer, options->pool, err);
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
    for (int i = 0; scorer->sessions != NULL && i < scorer->n_threads; i++)
        rk_net_session_free(scorer->sessions[i]);
    rk_free(scorer->sessions);
    rk_net_free(scorer->net);
    rk_free(scorer->columns);
    rk_free(scorer->values);
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

/* Room for so many rows; what was there is lost. */
static rocket_status reserve(rk_scorer *scorer, int64_t n_rows, rocket_error *err)
{
    if (n_rows <= scorer->capacity)
        return ROCKET_OK;
    float *values = rk_alloc((size_t)(2 * n_rows * rk_scorer_n_classes(scorer)), sizeof *values);
    RK_FAIL_IF(values == NULL, FAILED, err, "out of memory for the scores of %lld rows", (long long)n_rows);
    rk_free(scorer->values);
    scorer->values = values;
    scorer->capacity = n_rows;
    return ROCKET_OK;
}

typedef struct scoring {
    rk_scorer *scorer;
    int64_t n_rows;
    rk_net_output outputs[2];
} scoring;

static void score_piece(void *arg, int piece, int thread)
{
    const scoring *s = arg;
    int64_t begin = (int64_t)piece * RK_NET_PIECE, left = s->n_rows - begin;
    rk_net_rows rows = { s->scorer->columns, begin, begin + (left < RK_NET_PIECE ? left : RK_NET_PIECE), false };

    rk_net_run(s->scorer->sessions[thread], rows, s->outputs, 2);
}

static void score(scoring *s)
{
    int n_pieces = (int)((s->n_rows + RK_NET_PIECE - 1) / RK_NET_PIECE);

    if (s->scorer->pool != NULL && n_pieces > 1) {
        rk_pool_run(s->scorer->pool, n_pieces, score_piece, s);
        return;
    }
    for (int piece = 0; piece < n_pieces; piece++)
        score_piece(s, piece, 0);
}

rocket_status rk_scorer_run(rk_scores *out, rk_scorer *scorer, const rk_batch *batch, rocket_error *err)
{
    int64_t C = rk_scorer_n_classes(scorer);

    for (size_t i = 0; i < scorer->binding.n; i++)
        scorer->columns[scorer->binding.node[i]] = &batch->columns[scorer->binding.column[i]];
    RK_TRY(rk_net_check(scorer->net, (rk_net_rows){ scorer->columns, 0, batch->n_rows, false }, err));
    RK_TRY(reserve(scorer, batch->n_rows, err));
    float *logits = scorer->values, *probs = logits + scorer->capacity * C;
    scoring s = { scorer, batch->n_rows, { { scorer->logits, { logits, C } }, { scorer->probs, { probs, C } } } };

    score(&s);
    *out = (rk_scores){ .logits = logits, .probs = probs, .ld_logits = C, .ld_probs = C };
    return ROCKET_OK;
}
