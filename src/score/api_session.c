/* Sessions of the public API: the memory of one thread, and how a request goes through the net once its columns are
 * there (api_texts.c, api_ids.c make them). */
#include <string.h>

#include "api.h"
#include "error.h"
#include "mem.h"

static rocket_status read_options(rocket_session_options *out, const rocket_session_options *options, rocket_error *err)
{
    rocket_session_options known = ROCKET_SESSION_OPTIONS_INIT;

    if (options != NULL) {
        RK_FAIL_IF(options->size < sizeof options->size, USAGE, err,
                   "rocket_session_options: expected size to be set: start from ROCKET_SESSION_OPTIONS_INIT");
        memcpy(&known, options, options->size < sizeof known ? options->size : sizeof known);
    }
    *out = known;
    return ROCKET_OK;
}

static rocket_status fill(rocket_session *session, rocket_error *err)
{
    const rk_light *light = session->model->light;
    size_t n = (size_t)rk_graph_n_nodes(light->bundle->graph);

    RK_TRY(rk_net_session_new(&session->net, light->net, err));
    session->user = rk_batch_new(light->schema);
    session->rows = rk_batch_new(light->schema);
    session->columns = rk_alloc(n, sizeof *session->columns);
    session->views = rk_alloc(n, sizeof *session->views);
    session->made = rk_alloc(n, sizeof *session->made);
    session->even = rk_alloc(n, sizeof *session->even);
    RK_FAIL_IF(!session->user || !session->rows || !session->columns || !session->views || !session->made ||
                   !session->even,
               FAILED, err, "out of memory for a session");
    return ROCKET_OK;
}

rocket_status rocket_session_new(rocket_session **out, rocket_model *model, const rocket_session_options *options,
                                 rocket_error *err)
{
    rocket_session_options known;

    RK_TRY(read_options(&known, options, err));
    rocket_session *session = rk_alloc(1, sizeof *session);
    RK_FAIL_IF(session == NULL, FAILED, err, "out of memory for a session");
    atomic_fetch_add(&model->n_refs, 1);
    session->model = model;
    session->max_rows = known.max_rows < INT32_MAX ? known.max_rows : INT32_MAX;
    rocket_status status = fill(session, err);
    if (status == ROCKET_OK)
        *out = session;
    else
        rocket_session_free(session);
    return status;
}

void rocket_session_free(rocket_session *session)
{
    if (session == NULL)
        return;
    int n = rk_graph_n_nodes(session->model->light->bundle->graph);
    for (int i = 0; session->made != NULL && i < n; i++) {
        rk_free(session->made[i].offsets);
        rk_free(session->made[i].ids);
        rk_free(session->made[i].weights);
    }
    rk_free(session->made);
    rk_free(session->even);
    rk_free(session->views);
    rk_free(session->columns);
    rk_batch_free(session->rows);
    rk_batch_free(session->user);
    rk_net_session_free(session->net);
    rk_model_unref(session->model);
    rk_free(session);
}

/* ---- requests ---- */

rocket_status rk_request_check(const rk_request *request, rocket_error *err)
{
    RK_FAIL_IF(request->out->size < sizeof *request->out, USAGE, err,
               "rocket_scores: expected size to be set: start from ROCKET_SCORES_INIT");
    RK_FAIL_IF(request->n > request->session->max_rows, USAGE, err, "expected at most %zu rows (max_rows), found %zu",
               request->session->max_rows, request->n);
    return ROCKET_OK;
}

void rk_request_run(const rk_request *request)
{
    const rk_light *light = request->session->model->light;
    rk_net_rows rows = { .columns = request->session->columns,
                         .end = (int64_t)request->n,
                         .one_user = request->one_user };
    rk_net_output outputs[2];
    int n_outputs = 0;

    if (request->out->probs != NULL)
        outputs[n_outputs++] = (rk_net_output){ light->probs, { request->out->probs, light->n_classes } };
    if (request->out->logits != NULL)
        outputs[n_outputs++] = (rk_net_output){ light->logits, { request->out->logits, light->n_classes } };
    if (n_outputs > 0 && request->n > 0)
        rk_net_run(request->session->net, rows, outputs, n_outputs);
}
