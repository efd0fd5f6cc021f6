/* Requests of values as text, through the features of training.
 *
 * The user's part is parsed once, into a batch of one row. If candidates have features that read the user's fields too,
 * these stand ready as values in the candidates' batch.
 */
#include "api.h"
#include "error.h"

/* A text of the API is the schema's. */
_Static_assert(sizeof(rocket_text) == sizeof(rk_text) && offsetof(rocket_text, data) == offsetof(rk_text, data) &&
                   offsetof(rocket_text, size) == offsetof(rk_text, n),
               "rocket_text and rk_text have one layout");

static const rk_text *texts_of(const rocket_text *texts)
{
    return (const rk_text *)(const void *)texts;
}

static rocket_status parse_user(rk_request *request, const rocket_text *user, rocket_error *err)
{
    rocket_session *session = request->session;
    const rk_schema *schema = session->model->light->schema;
    const rk_row_part *part = &session->model->parts[ROCKET_USER].rows;
    rk_row_part values = { part->fields, part->n_fields, NULL, 0 };

    RK_FAIL_IF(user == NULL && part->n_fields > 0, USAGE, err, "expected %zu values of the user, found NULL",
               part->n_fields);
    rk_batch_reset(session->user);
    rocket_status status = rk_schema_append_part(schema, session->user, part, texts_of(user), err);
    if (status == ROCKET_OK && session->model->crosses)
        status = rk_schema_append_part(schema, session->rows, &values, texts_of(user), err);
    if (status != ROCKET_OK)
        rk_error_prefix(err, "user");
    return status;
}

static rocket_status parse_rows(rk_request *request, rocket_part which, const rocket_text *rows, rocket_error *err)
{
    rocket_session *session = request->session;
    const rk_api_part *part = &session->model->parts[which];

    RK_FAIL_IF(rows == NULL && request->n > 0 && part->n_fields > 0, USAGE, err,
               "expected %zu values of each %s, found NULL", part->n_fields, part->name);
    rk_batch_reset(session->rows);
    for (size_t r = 0; r < request->n; r++) {
        rocket_status status = rk_schema_append_part(session->model->light->schema, session->rows, &part->rows,
                                                     texts_of(rows) + r * part->n_fields, err);

        if (status != ROCKET_OK) {
            rk_error_prefix(err, "%s %zu", part->name, r);
            return status;
        }
    }
    return ROCKET_OK;
}

static void bind(rk_request *request, rocket_part which, const rk_batch *batch)
{
    const rk_api_part *part = &request->session->model->parts[which];

    for (size_t i = 0; i < part->n_inputs; i++)
        request->session->columns[part->nodes[i]] = &batch->columns[part->columns[i]];
}

rocket_status rocket_score_candidates(const rocket_scores *out, rocket_session *session, const rocket_text *user,
                                      const rocket_text *candidates, size_t n, rocket_error *err)
{
    rk_request request = { session, out, n, true };

    RK_TRY(rk_request_check(&request, err));
    RK_TRY(parse_user(&request, user, err));
    RK_TRY(parse_rows(&request, ROCKET_CANDIDATE, candidates, err));
    bind(&request, ROCKET_USER, session->user);
    bind(&request, ROCKET_CANDIDATE, session->rows);
    rk_request_run(&request);
    return ROCKET_OK;
}

rocket_status rocket_score_rows(const rocket_scores *out, rocket_session *session, const rocket_text *rows, size_t n,
                                rocket_error *err)
{
    rk_request request = { session, out, n, false };

    RK_TRY(rk_request_check(&request, err));
    RK_TRY(parse_rows(&request, ROCKET_ROW, rows, err));
    bind(&request, ROCKET_ROW, session->rows);
    rk_request_run(&request);
    return ROCKET_OK;
}
