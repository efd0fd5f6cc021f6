/* Requests through the public API, from hostile callers' values.
 *
 * The first byte says which call (rows or candidates, texts or ids) and with which model, the second how many rows; the
 * rest are values: texts that end at a byte 0xff, or for ids two bytes each. What is never sent is what an API of C
 * cannot look through: arrays shorter than they are said to be.
 *
 * A request is scored or refused with a sentence and untouched outputs; what is scored has the same bits row by row.
 */
#include <math.h>
#include <unistd.h>

#include "mem.h"
#include "score_world.h"

enum { MAX_ROWS = 6, MAX_INPUTS = 16, MAX_ITEMS = 4 };

#define expect(condition) ((condition) ? (void)0 : abort())

typedef struct side {
    rocket_model *model;
    rocket_session *session;
} side;

typedef struct input {
    const uint8_t *data;
    size_t left;
} input;

enum { N_SIDES = 4 };
static side sides[N_SIDES]; /* without and with user fields; the same with weights of 8 bits */

static void open_sides(void)
{
    rocket_session_options options = ROCKET_SESSION_OPTIONS_INIT;
    rocket_error err = { 0 };
    score_world world = score_world_make(2);

    options.max_rows = MAX_ROWS - 1;
    for (int i = 0; i < N_SIDES; i++) {
        if (i == 2)
            score_world_quantize(&world);
        sides[i].model = score_world_open(&world, i % 2 > 0);
        score_world_must(rocket_session_new(&sides[i].session, sides[i].model, &options, &err), &err);
    }
    score_world_free(&world);
}

static uint8_t take(input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->data++;
}

static int64_t take_int(input *in)
{
    uint8_t high = take(in);

    return (int8_t)high * 4 + take(in) % 4; /* near the ends of small tables, on both sides */
}

/* ---- what is checked of every call ---- */

typedef struct result {
    float probs[MAX_ROWS * 2], logits[MAX_ROWS * 2];
    rocket_scores out;
    rocket_error err;
} result;

static void result_init(result *r)
{
    memset(r, 0, sizeof *r);
    memset(r->probs, 0xff, sizeof r->probs); /* a NaN that no sum makes */
    memset(r->logits, 0xff, sizeof r->logits);
    r->out = (rocket_scores){ sizeof r->out, r->probs, r->logits };
}

static bool untouched(const float *values, size_t from)
{
    for (const unsigned char *p = (const unsigned char *)(values + from);
         p < (const unsigned char *)(values + MAX_ROWS * 2); p++)
        if (*p != 0xff)
            return false;
    return true;
}

static void check(const result *r, rocket_status status, size_t n)
{
    size_t scored = status == ROCKET_OK ? n * 2 : 0;

    expect(untouched(r->probs, scored) && untouched(r->logits, scored));
    expect(scored == 0 || !untouched(r->probs, scored - 1));
    expect((status == ROCKET_OK) == (r->err.text[0] == '\0') && r->err.status == status);
    expect(status == ROCKET_OK || status == ROCKET_DATA || (status == ROCKET_USAGE && n == MAX_ROWS));
}

/* ---- texts ---- */

/* Each in memory of its own, so that a byte read behind one is seen. */
static void take_texts(input *in, rocket_text *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint8_t *end = in->left > 0 ? memchr(in->data, 0xff, in->left) : NULL;
        size_t length = end ? (size_t)(end - in->data) : in->left;
        char *copy = length > 0 ? malloc(length) : NULL;

        if (copy)
            memcpy(copy, in->data, length);
        texts[i] = (rocket_text){ copy, length };
        in->data += length + (end != NULL);
        in->left -= length + (end != NULL);
    }
}

static void free_texts(rocket_text *texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free((void *)(uintptr_t)texts[i].data);
}

static rocket_status call_texts(result *r, const side *s, bool one_user, const rocket_text *user,
                                const rocket_text *rows, size_t n)
{
    result_init(r);
    return one_user ? rocket_score_candidates(&r->out, s->session, user, rows, n, &r->err)
                    : rocket_score_rows(&r->out, s->session, rows, n, &r->err);
}

static void score_texts(input *in, const side *s, bool one_user, size_t n)
{
    rocket_text user[SCORE_WORLD_FIELDS], rows[MAX_ROWS * SCORE_WORLD_FIELDS];
    size_t n_user = rocket_model_n_fields(s->model, ROCKET_USER);
    size_t n_fields = rocket_model_n_fields(s->model, one_user ? ROCKET_CANDIDATE : ROCKET_ROW);
    result all, one;

    take_texts(in, user, n_user);
    take_texts(in, rows, n * n_fields);
    rocket_status status = call_texts(&all, s, one_user, user, rows, n);
    check(&all, status, n);
    if (n > 1 && status == ROCKET_OK) {
        expect(call_texts(&one, s, one_user, user, rows + (n - 1) * n_fields, 1) == ROCKET_OK);
        expect(memcmp(one.logits, all.logits + (n - 1) * 2, 2 * sizeof(float)) == 0);
    }
    free_texts(user, n_user);
    free_texts(rows, n * n_fields);
}

/* ---- ids ---- */

typedef struct id_columns {
    rocket_column columns[MAX_INPUTS];
    int64_t ids[MAX_INPUTS][MAX_ROWS * MAX_ITEMS], offsets[MAX_INPUTS][MAX_ROWS + 1];
    float weights[MAX_INPUTS][MAX_ROWS * MAX_ITEMS], values[MAX_INPUTS][MAX_ROWS * 3];
} id_columns;

static void take_column(input *in, id_columns *c, size_t i, const rocket_input *described, size_t n)
{
    uint8_t kind = take(in);
    size_t n_items = n * MAX_ITEMS;
    rocket_column *column = &c->columns[i];

    *column = (rocket_column)ROCKET_COLUMN_INIT;
    column->values = c->values[i];
    for (size_t k = 0; described->kind == ROCKET_FLOATS && k < n * 3; k++)
        c->values[i][k] = (float)take_int(in) / 8;
    if (described->kind == ROCKET_FLOATS)
        return;
    column->ids = c->ids[i];
    column->length = kind & 3;
    if (kind & 4)
        column->weights = c->weights[i];
    if (kind & 8)
        column->offsets = c->offsets[i];
    if (!column->offsets)
        n_items = n * column->length;
    for (size_t k = 0; k < n_items; k++)
        c->ids[i][k] = kind & 16 ? take_int(in) : 0;
    for (size_t k = 0; k < n_items && column->weights; k++)
        c->weights[i][k] = kind & 32 ? (float)take_int(in) / 4 : (float)(k % 2);
    for (size_t k = 0; k <= n && column->offsets; k++)
        c->offsets[i][k] = (int64_t)(take(in) % (n_items + 2)) - 1; /* may fall, never beyond the items */
}

static void take_columns(input *in, id_columns *c, const rocket_model *model, rocket_part part, size_t n)
{
    for (size_t i = 0; i < rocket_model_n_inputs(model, part); i++)
        take_column(in, c, i, rocket_model_input(model, part, i), n);
}

static void score_ids(input *in, const side *s, bool one_user, size_t n)
{
    static id_columns user, rows;
    result r;

    result_init(&r);
    take_columns(in, &user, s->model, ROCKET_USER, 1);
    take_columns(in, &rows, s->model, one_user ? ROCKET_CANDIDATE : ROCKET_ROW, n);
    rocket_status status = one_user
                               ? rocket_score_candidate_ids(&r.out, s->session, user.columns, rows.columns, n, &r.err)
                               : rocket_score_row_ids(&r.out, s->session, rows.columns, n, &r.err);
    check(&r, status, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size };

    if (!sides[0].model)
        open_sides();
    uint8_t how = take(&in);
    size_t n = take(&in) % (MAX_ROWS + 1);
    const side *s = &sides[(how & 1) + (how & 8 ? 2 : 0)];
    bool one_user = how & 2;

    if (how & 4)
        score_ids(&in, s, one_user, n);
    else
        score_texts(&in, s, one_user, n);
    return 0;
}
