/* See scorer.h. A batch is dealt out in pieces of rows, each with the session of the thread that takes it. */
#include "scorer.h"

#include "error.h"
#include "mem.h"

struct rk_scorer {
    rk_light *light;
    rk_pool *pool;             /* NULL: the calling thread only */
    rk_net_session **sessions; /* [n_threads] */
    int n_threads;
    const rk_column **columns; /* [n_nodes] of the batch at hand, for the graph's inputs */
    float *values;             /* [2, capacity, C] */
    int64_t capacity;          /* rows */
};

static rocket_status open_sessions(rk_scorer *scorer, rk_pool *pool, rocket_error *err)
{
    scorer->pool = pool;
    scorer->n_threads = pool != NULL ? rk_pool_threads(pool) : 1;
    scorer->sessions = rk_alloc((size_t)scorer->n_threads, sizeof *scorer->sessions);
    RK_FAIL_IF(scorer->sessions == NULL, FAILED, err, "out of memory");
    for (int i = 0; i < scorer->n_threads; i++)
        RK_TRY(rk_net_session_new(&scorer->sessions[i], scorer->light->net, err));
    return ROCKET_OK;
}

static rocket_status open_scorer(rk_scorer *scorer, const char *path, const rk_scorer_options *options,
                                 rocket_error *err)
{
    RK_TRY(rk_light_open(&scorer->light, path, &options->light, err));
    scorer->columns = rk_alloc((size_t)rk_graph_n_nodes(scorer->light->bundle->graph), sizeof *scorer->columns);
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
    rk_free(scorer->columns);
    rk_free(scorer->values);
    rk_light_close(scorer->light);
    rk_free(scorer);
}

const rk_light *rk_scorer_light(const rk_scorer *scorer)
{
    return scorer->light;
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

typedef struct scoring {
    rk_scorer *scorer;
    int64_t n_rows;
    rk_net_output outputs[2];
} scoring;

static void score_piece(void *arg, int piece, int thread)
{
    const scoring *s = arg;
    int64_t begin = (int64_t)piece * RK_NET_PIECE, left = s->n_rows - begin;
    rk_net_rows rows = { .columns = s->scorer->columns,
                         .begin = begin,
                         .end = begin + (left < RK_NET_PIECE ? left : RK_NET_PIECE) };

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
    const rk_light *light = scorer->light;
    int64_t C = light->n_classes;

    for (size_t i = 0; i < light->binding.n; i++)
        scorer->columns[light->binding.node[i]] = &batch->columns[light->binding.column[i]];
    RK_TRY(rk_net_check(light->net, (rk_net_rows){ scorer->columns, 0, batch->n_rows, false }, err));
    RK_TRY(reserve(scorer, batch->n_rows, err));
    float *logits = scorer->values, *probs = logits + scorer->capacity * C;
    scoring s = { scorer, batch->n_rows, { { light->logits, { logits, C } }, { light->probs, { probs, C } } } };

    score(&s);
    *out = (rk_scores){ .logits = logits, .probs = probs, .ld_logits = C, .ld_probs = C };
    return ROCKET_OK;
}
