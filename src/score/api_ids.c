/* Requests of ids, weights and numbers: what `rocket hash` prints and the exported ONNX model takes.
 *
 * Arrays are read where the caller has them. Only what the net cannot read is copied: ids beside weights of 0 (padding)
 * and what the combiner leaves out, as the features do it (rk_row_id).
 */
#include "api.h"
#include "error.h"
#include "mem.h"

/* One column of a call. */
typedef struct column_of_ids {
    rk_request *request;
    const rk_api_part *part;
    const rocket_column *given;
    size_t input; /* of the part */
    size_t n;     /* rows */
} column_of_ids;

static const char *name_of(const column_of_ids *c)
{
    return c->part->inputs[c->input].name;
}

static rk_column *made_for(const column_of_ids *c)
{
    return &c->request->session->made[c->part->nodes[c->input]];
}

static rocket_status fail_row(const column_of_ids *c, size_t row, rocket_error *err)
{
    rk_error_prefix(err, "%s %zu: input \"%s\"", c->part->name, row, name_of(c));
    return ROCKET_DATA;
}

/* ---- offsets ---- */

static rocket_status check_offsets(const column_of_ids *c, rocket_error *err)
{
    const int64_t *offsets = c->given->offsets;

    if (offsets[0] < 0) {
        rk_fail(err, ROCKET_DATA, "expected offsets from 0 on, found %lld", (long long)offsets[0]);
        return fail_row(c, 0, err);
    }
    for (size_t r = 0; r < c->n; r++)
        if (offsets[r + 1] < offsets[r]) {
            rk_fail(err, ROCKET_DATA, "expected offsets that do not fall, found %lld behind %lld",
                    (long long)offsets[r + 1], (long long)offsets[r]);
            return fail_row(c, r, err);
        }
    return ROCKET_OK;
}

static rk_even *even_of(const column_of_ids *c)
{
    return &c->request->session->even[c->part->nodes[c->input]];
}

/* Offsets of rows of one length. */
static rocket_status make_offsets(const column_of_ids *c, rocket_error *err)
{
    rk_column *made = made_for(c);
    rk_even *even = even_of(c), wanted = { (int64_t)c->given->length, c->n };

    if (even->n >= wanted.n && even->length == wanted.length)
        return ROCKET_OK;
    RK_FAIL_IF(!rk_column_reserve(made, c->n, 0), FAILED, err, "out of memory");
    for (size_t r = 0; r <= c->n; r++)
        made->offsets[r] = (int64_t)r * wanted.length;
    *even = wanted;
    return ROCKET_OK;
}

/* ---- ids ---- */

static size_t row_of(const int64_t *offsets, size_t n, int64_t item)
{
    size_t row = 0;

    while (row + 1 < n && offsets[row + 1] <= item)
        row++;
    return row;
}

/* All of them in one loop that has no way out; which of them it was is asked afterwards. */
static rocket_status check_ids(const column_of_ids *c, const int64_t *offsets, rocket_error *err)
{
    uint64_t n_ids = (uint64_t)c->part->inputs[c->input].n_ids;
    const int64_t *ids = c->given->ids;
    bool bad = false;

    for (int64_t i = offsets[0]; i < offsets[c->n]; i++)
        bad |= (uint64_t)ids[i] >= n_ids;
    for (int64_t i = offsets[0]; bad && i < offsets[c->n]; i++)
        if ((uint64_t)ids[i] >= n_ids) {
            rk_fail(err, ROCKET_DATA, "expected an id from 0 to %llu, found %lld", (unsigned long long)n_ids - 1,
                    (long long)ids[i]);
            return fail_row(c, row_of(offsets, c->n, i), err);
        }
    return ROCKET_OK;
}

/* ---- weights ---- */

static rocket_status copy_weighted(const column_of_ids *c, const int64_t *offsets, rocket_error *err)
{
    const rk_feature *feature =
        rk_schema_feature(c->request->session->model->light->schema, c->part->columns[c->input]);
    bool only_positive = feature->weighted && feature->combiner != RK_COMBINER_SUM;
    rk_column *made = made_for(c);
    int64_t n = 0, begin = offsets[0];

    for (size_t r = 0; r < c->n; r++) {
        int64_t end = offsets[r + 1];

        for (int64_t i = begin; i < end; i++) {
            float weight = c->given->weights[i];

            if (!feature->weighted && weight != 0 && weight != 1) {
                rk_fail(err, ROCKET_DATA, "expected weights of 0 and 1, as its feature has none, found %g",
                        (double)weight);
                return fail_row(c, r, err);
            }
            if (feature->weighted ? only_positive && !(weight > 0) : weight == 0)
                continue;
            made->ids[n] = c->given->ids[i];
            made->weights[n++] = weight;
        }
        begin = end;
        made->offsets[r + 1] = n;
    }
    made->offsets[0] = 0;
    return ROCKET_OK;
}

static rocket_status take_weighted(const column_of_ids *c, const int64_t *offsets, rk_column *view, rocket_error *err)
{
    rk_column *made = made_for(c);

    if (made->weights == NULL) { /* it says that weights matter, from the first reservation on */
        made->weights = rk_alloc(1, sizeof *made->weights);
        RK_FAIL_IF(made->weights == NULL, FAILED, err, "out of memory");
        made->capacity_items = 0;
    }
    RK_FAIL_IF(!rk_column_reserve(made, c->n, (size_t)(offsets[c->n] - offsets[0])), FAILED, err, "out of memory");
    even_of(c)->n = 0;
    RK_TRY(copy_weighted(c, offsets, err));
    *view = *made;
    if (!c->part->inputs[c->input].is_weighted)
        view->weights = NULL;
    return ROCKET_OK;
}

/* ---- columns ---- */

static rocket_status take_ids(const column_of_ids *c, rk_column *view, rocket_error *err)
{
    const rocket_column *given = c->given;
    const int64_t *offsets = given->offsets;

    if (offsets != NULL) {
        RK_TRY(check_offsets(c, err));
    } else {
        RK_FAIL_IF(given->length > INT32_MAX, USAGE, err, "input \"%s\": expected a length of at most %d, found %zu",
                   name_of(c), INT32_MAX, given->length);
        RK_TRY(make_offsets(c, err));
        offsets = made_for(c)->offsets;
    }
    RK_FAIL_IF(given->ids == NULL && offsets[c->n] > offsets[0], USAGE, err, "input \"%s\": expected ids, found NULL",
               name_of(c));
    RK_TRY(check_ids(c, offsets, err));
    if (given->weights != NULL)
        return take_weighted(c, offsets, view, err);
    *view = (rk_column){ .kind = RK_COLUMN_IDS,
                         .offsets = (int64_t *)(uintptr_t)offsets, /* nobody writes to a column that is read */
                         .ids = (int64_t *)(uintptr_t)given->ids };
    return ROCKET_OK;
}

static rocket_status take_floats(const column_of_ids *c, rk_column *view, rocket_error *err)
{
    RK_FAIL_IF(c->given->values == NULL && c->n > 0, USAGE, err, "input \"%s\": expected values, found NULL",
               name_of(c));
    *view = (rk_column){ .kind = RK_COLUMN_FLOATS,
                         .width = c->part->inputs[c->input].width,
                         .values = (float *)(uintptr_t)c->given->values };
    return ROCKET_OK;
}

/* n rows of every input of a part. */
static rocket_status take_part(rk_request *request, rocket_part which, const rocket_column *columns, size_t n,
                               rocket_error *err)
{
    rocket_session *session = request->session;
    const rk_api_part *part = &session->model->parts[which];

    RK_FAIL_IF(columns == NULL && n > 0 && part->n_inputs > 0, USAGE, err,
               "expected %zu columns for each %s, found NULL", part->n_inputs, part->name);
    for (size_t i = 0; n > 0 && i < part->n_inputs; i++) {
        column_of_ids c = { request, part, &columns[i], i, n };
        rk_column *view = &session->views[part->nodes[i]];

        RK_TRY(part->inputs[i].kind == ROCKET_IDS ? take_ids(&c, view, err) : take_floats(&c, view, err));
        session->columns[part->nodes[i]] = view;
    }
    return ROCKET_OK;
}

rocket_status rocket_score_candidate_ids(const rocket_scores *out, rocket_session *session, const rocket_column *user,
                                         const rocket_column *candidates, size_t n, rocket_error *err)
{
    rk_request request = { session, out, n, true };

    RK_TRY(rk_request_check(&request, err));
    RK_TRY(take_part(&request, ROCKET_USER, user, 1, err));
    RK_TRY(take_part(&request, ROCKET_CANDIDATE, candidates, n, err));
    rk_request_run(&request);
    return ROCKET_OK;
}

rocket_status rocket_score_row_ids(const rocket_scores *out, rocket_session *session, const rocket_column *rows,
                                   size_t n, rocket_error *err)
{
    rk_request request = { session, out, n, false };

    RK_TRY(rk_request_check(&request, err));
    RK_TRY(take_part(&request, ROCKET_ROW, rows, n, err));
    rk_request_run(&request);
    return ROCKET_OK;
}
