/* The public API: what it tells of a model, what it refuses and with which words, what it allocates, and how it fails
 * without memory. That scores are right is tests/prop/score/test_same_scores.c.
 */
#include "file.h"
#include "mem.h"
#include "rk_test.h"
#include "score_world.h"

static score_world world, of_8_bits;

static int setup(void **state)
{
    (void)state;
    world = score_world_make(1);
    of_8_bits = score_world_make(1);
    score_world_quantize(&of_8_bits);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    score_world_free(&world);
    score_world_free(&of_8_bits);
    return 0;
}

static rocket_session *session_of(rocket_model *model, size_t max_rows)
{
    rocket_session_options options = ROCKET_SESSION_OPTIONS_INIT;
    rocket_session *session;
    rocket_error err = { 0 };

    options.max_rows = max_rows;
    score_world_must(rocket_session_new(&session, model, &options, &err), &err);
    return session;
}

/* ---- describing ---- */

static void fields_are_described(void **state)
{
    static const char *const names[] = { "user", "item", "age",         "tastes", "history",
                                         "city", "tags", "tag_weights", "price",  "vector" };
    rocket_model *model = score_world_open(&world, true);

    (void)state;
    assert_int_equal(rocket_model_n_fields(model, ROCKET_ROW), 10); /* neither clk nor unread */
    assert_int_equal(rocket_model_n_fields(model, ROCKET_USER), SCORE_WORLD_USER_FIELDS);
    assert_int_equal(rocket_model_n_fields(model, ROCKET_CANDIDATE), 6);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_true(rocket_model_find_field(model, ROCKET_ROW, names[i]) >= 0);
    assert_int_equal(rocket_model_find_field(model, ROCKET_ROW, "unread"), -1);
    assert_int_equal(rocket_model_find_field(model, ROCKET_USER, "item"), -1);
    const rocket_field *age = rocket_model_field(model, ROCKET_USER, 1);
    assert_string_equal(age->name, "age");
    assert_string_equal(age->type, "INT32");
    assert_string_equal(age->default_value, "30");
    assert_true(age->is_user);
    assert_string_equal(rocket_model_field(model, ROCKET_CANDIDATE, 0)->default_value, "");
    assert_null(rocket_model_field(model, ROCKET_USER, SCORE_WORLD_USER_FIELDS));
    assert_int_equal(rocket_model_n_fields(model, (rocket_part)7), 0);
    assert_int_equal(rocket_model_n_classes(model), 1);
    assert_non_null(rocket_version());
    rocket_model_close(model);
}

static const rocket_input *input_of(const rocket_model *model, rocket_part part, const char *name)
{
    for (size_t i = 0; i < rocket_model_n_inputs(model, part); i++)
        if (strcmp(rocket_model_input(model, part, i)->name, name) == 0)
            return rocket_model_input(model, part, i);
    return NULL;
}

/* What crosses fields of both is the candidate's. */
static void inputs_are_described(void **state)
{
    rocket_model *model = score_world_open(&world, true);

    (void)state;
    assert_int_equal(rocket_model_n_inputs(model, ROCKET_ROW), 13);
    assert_int_equal(rocket_model_n_inputs(model, ROCKET_USER), 4);
    assert_int_equal(rocket_model_n_inputs(model, ROCKET_CANDIDATE), 9);
    const rocket_input *history = input_of(model, ROCKET_USER, "history");
    assert_int_equal(history->kind, ROCKET_IDS);
    assert_int_equal(history->n_ids, 60);
    assert_true(history->is_weighted && history->is_user);
    assert_false(input_of(model, ROCKET_USER, "tastes")->is_weighted);
    assert_int_equal(input_of(model, ROCKET_CANDIDATE, "vector")->kind, ROCKET_FLOATS);
    assert_int_equal(input_of(model, ROCKET_CANDIDATE, "vector")->width, 3);
    assert_non_null(input_of(model, ROCKET_CANDIDATE, "seen"));
    assert_non_null(input_of(model, ROCKET_CANDIDATE, "pair"));
    assert_non_null(input_of(model, ROCKET_CANDIDATE, "ratio"));
    assert_null(rocket_model_input(model, ROCKET_USER, 4));
    rocket_model_close(model);
}

/* ---- refusing ---- */

static void open_fails(const char *path, const rocket_open_options *options, rocket_status expected, const char *words)
{
    rocket_model *model = NULL;
    rocket_error err = { 0 };

    assert_int_equal(rocket_model_open(&model, path, options, &err), expected);
    assert_null(model);
    if (!strstr(err.text, words))
        fail_msg("expected \"%s\" in \"%s\"", words, err.text);
}

static void models_that_cannot_be_opened(void **state)
{
    static const char *const unknown[] = { "user", "itme" }, *const missing[] = { NULL };
    rocket_open_options options = ROCKET_OPEN_OPTIONS_INIT, empty = { 0, NULL, 0 };

    (void)state;
    open_fails("/nonexistent/model", NULL, ROCKET_FAILED, "/nonexistent/model: cannot open");
    open_fails(world.path, &empty, ROCKET_USAGE, "start from ROCKET_OPEN_OPTIONS_INIT");
    options.n_user_fields = 1;
    open_fails(world.path, &options, ROCKET_USAGE, "expected 1 user_fields, found NULL");
    options.user_fields = missing;
    open_fails(world.path, &options, ROCKET_USAGE, "user_fields[0] is NULL");
    options = (rocket_open_options){ sizeof options, unknown, 2 };
    open_fails(world.path, &options, ROCKET_USAGE, "no field \"itme\"; did you mean \"item\"?");
}

/* A row whose fields are all empty. */
static const rocket_text nothing[5 * SCORE_WORLD_FIELDS];

static void texts_fail(rocket_session *session, const char *field, const char *value, size_t row, const char *words)
{
    const rocket_text empty = { NULL, 0 };
    rocket_text user[SCORE_WORLD_FIELDS] = { empty }, candidates[3 * SCORE_WORLD_FIELDS] = { empty };
    float probs[3] = { -1, -1, -1 };
    rocket_scores out = { sizeof out, probs, NULL };
    rocket_error err = { 0 };
    rocket_model *model = score_world_open(&world, true); /* the session's has the same order */
    ptrdiff_t of_user = rocket_model_find_field(model, ROCKET_USER, field);
    ptrdiff_t of_candidate = rocket_model_find_field(model, ROCKET_CANDIDATE, field);

    if (of_user >= 0)
        user[of_user] = (rocket_text){ value, strlen(value) };
    else
        candidates[row * rocket_model_n_fields(model, ROCKET_CANDIDATE) + (size_t)of_candidate] =
            (rocket_text){ value, strlen(value) };
    assert_int_equal(rocket_score_candidates(&out, session, user, candidates, 3, &err), ROCKET_DATA);
    assert_string_equal(err.text, words);
    assert_true(probs[0] == -1 && probs[1] == -1 && probs[2] == -1);
    assert_int_equal(rocket_score_candidates(&out, session, nothing, nothing, 3, &err), ROCKET_OK); /* it lives on */
    rocket_model_close(model);
}

static void values_that_do_not_read(void **state)
{
    rocket_model *model = score_world_open(&world, true);
    rocket_session *session = session_of(model, 10);

    (void)state;
    texts_fail(session, "price", "3,5", 2, "candidate 2: field \"price\" (FLOAT): expected a number, found \"3,5\"");
    texts_fail(session, "age", "old", 0, "user: field \"age\" (INT32): expected an integer, found \"old\"");
    texts_fail(session, "tags", "a|b", 1,
               "candidate 1: field \"tag_weights\" (STRING): expected as many weights as tags, found fewer");
    texts_fail(session, "history", "i1", 0,
               "user: field \"history\" (STRING): expected tags with one weight each, found \"i1\"");
    rocket_session_free(session);
    rocket_model_close(model);
}

static void calls_that_make_no_sense(void **state)
{
    rocket_model *model = score_world_open(&world, true);
    rocket_session *session = session_of(model, 4);
    rocket_session_options empty = { 0, 0 };
    rocket_session *none = NULL;
    float probs[5];
    rocket_scores out = { sizeof out, probs, NULL }, unset = { 0, probs, NULL };
    rocket_error err = { 0 };

    (void)state;
    assert_int_equal(rocket_score_candidates(&out, session, nothing, nothing, 5, &err), ROCKET_USAGE);
    assert_string_equal(err.text, "expected at most 4 rows (max_rows), found 5");
    assert_int_equal(rocket_score_candidates(&unset, session, nothing, nothing, 1, NULL), ROCKET_USAGE);
    assert_int_equal(rocket_score_candidates(&out, session, NULL, nothing, 1, NULL), ROCKET_USAGE);
    assert_int_equal(rocket_score_candidates(&out, session, nothing, NULL, 1, NULL), ROCKET_USAGE);
    assert_int_equal(rocket_score_rows(&out, session, NULL, 1, NULL), ROCKET_USAGE);
    assert_int_equal(rocket_score_row_ids(&out, session, NULL, 1, NULL), ROCKET_USAGE);
    assert_int_equal(rocket_score_candidate_ids(&out, session, NULL, NULL, 1, NULL), ROCKET_USAGE);
    assert_int_equal(rocket_session_new(&none, model, &empty, NULL), ROCKET_USAGE);
    assert_null(none);
    assert_int_equal(rocket_score_candidates(&out, session, nothing, NULL, 0, NULL),
                     ROCKET_OK); /* nobody is asked for */
    assert_int_equal(rocket_score_rows(&out, session, NULL, 0, NULL), ROCKET_OK);
    rocket_session_free(session);
    rocket_model_close(model);
}

/* ---- ids ---- */

enum { N_INPUTS = 13, N_ROWS = 3 };

typedef struct id_request {
    int64_t ids[N_INPUTS][2 * N_ROWS], offsets[N_ROWS + 1];
    float weights[N_INPUTS][2 * N_ROWS], values[N_INPUTS][3 * N_ROWS];
    rocket_column columns[N_INPUTS];
} id_request;

/* One id in each row, no weights. */
static id_request *ids_of(const rocket_model *model)
{
    static id_request r;

    memset(&r, 0, sizeof r);
    for (size_t i = 0; i < N_INPUTS; i++) {
        r.columns[i] = (rocket_column)ROCKET_COLUMN_INIT;
        if (rocket_model_input(model, ROCKET_ROW, i)->kind == ROCKET_IDS)
            r.columns[i].ids = r.ids[i];
        else
            r.columns[i].values = r.values[i];
        for (int64_t k = 0; k < N_ROWS; k++)
            r.ids[i][k] = k % 2;
    }
    for (int64_t k = 0; k <= N_ROWS; k++)
        r.offsets[k] = k;
    return &r;
}

static size_t place_of(const rocket_model *model, const char *name)
{
    size_t i = 0;

    while (strcmp(rocket_model_input(model, ROCKET_ROW, i)->name, name) != 0)
        i++;
    return i;
}

static void ids_fail(rocket_session *session, const id_request *r, rocket_status expected, const char *words)
{
    float probs[N_ROWS] = { -1, -1, -1 };
    rocket_scores out = { sizeof out, probs, NULL };
    rocket_error err = { 0 };

    assert_int_equal(rocket_score_row_ids(&out, session, r->columns, N_ROWS, &err), expected);
    assert_string_equal(err.text, words);
    assert_true(probs[0] == -1);
}

static void ids_that_make_no_sense(void **state)
{
    rocket_model *model = score_world_open(&world, true);
    rocket_session *session = session_of(model, 10);
    id_request *r = ids_of(model);
    size_t user = place_of(model, "user");

    (void)state;
    r->ids[user][2] = 100;
    ids_fail(session, r, ROCKET_DATA, "row 2: input \"user\": expected an id from 0 to 99, found 100");
    r->ids[user][2] = -1;
    ids_fail(session, r, ROCKET_DATA, "row 2: input \"user\": expected an id from 0 to 99, found -1");
    r = ids_of(model);
    r->columns[user].weights = r->weights[user];
    r->weights[user][1] = 0.5F;
    ids_fail(session, r, ROCKET_DATA,
             "row 1: input \"user\": expected weights of 0 and 1, as its feature has none, found 0.5");
    r = ids_of(model);
    r->columns[user].offsets = r->offsets;
    r->offsets[2] = 0;
    ids_fail(session, r, ROCKET_DATA, "row 1: input \"user\": expected offsets that do not fall, found 0 behind 1");
    r->offsets[0] = -1;
    ids_fail(session, r, ROCKET_DATA, "row 0: input \"user\": expected offsets from 0 on, found -1");
    r = ids_of(model);
    r->columns[user].ids = NULL;
    ids_fail(session, r, ROCKET_USAGE, "input \"user\": expected ids, found NULL");
    r = ids_of(model);
    r->columns[place_of(model, "vector")].values = NULL;
    ids_fail(session, r, ROCKET_USAGE, "input \"vector\": expected values, found NULL");
    r = ids_of(model);
    r->columns[user].length = SIZE_MAX;
    ids_fail(session, r, ROCKET_USAGE,
             "input \"user\": expected a length of at most 2147483647, found 18446744073709551615");
    rocket_session_free(session);
    rocket_model_close(model);
}

/* Padded lists are the same bags as lists of their lengths. */
static void padding_does_not_count(void **state)
{
    static const char *const names[] = { "tastes", "tags", "history" }; /* no weights; sum; sqrtn */
    rocket_model *model = score_world_open(&world, false);
    rocket_session *session = session_of(model, 10);
    float plain[N_ROWS], padded[N_ROWS];
    rocket_scores out = { sizeof out, plain, NULL };

    (void)state;
    id_request *r = ids_of(model);
    assert_int_equal(rocket_score_row_ids(&out, session, r->columns, N_ROWS, NULL), ROCKET_OK);
    for (size_t k = 0; k < 3; k++) {
        size_t i = place_of(model, names[k]);

        r->columns[i].length = 2;
        r->columns[i].weights = r->weights[i];
        for (int row = N_ROWS - 1; row >= 0; row--) {
            r->ids[i][2 * row] = r->ids[i][row];
            r->ids[i][2 * row + 1] = 7;
            r->weights[i][2 * row] = 1;
        }
    }
    out.probs = padded;
    assert_int_equal(rocket_score_row_ids(&out, session, r->columns, N_ROWS, NULL), ROCKET_OK);
    assert_memory_equal(plain, padded, sizeof plain);
    rocket_session_free(session);
    rocket_model_close(model);
}

/* Everything is the user's, or nothing is. */
static void parts_may_be_empty(void **state)
{
    static const char *const all[] = { "user", "item", "age",         "tastes", "history",
                                       "city", "tags", "tag_weights", "price",  "vector" };
    rocket_open_options options = { sizeof options, all, 10 };
    rocket_model *of_user, *of_nobody = score_world_open(&world, false);
    float probs[3] = { 0 }, expected[3];
    rocket_scores out = { sizeof out, probs, NULL }, rows = { sizeof rows, expected, NULL };
    rocket_error err = { 0 };

    (void)state;
    score_world_must(rocket_model_open(&of_user, world.path, &options, &err), &err);
    assert_int_equal(rocket_model_n_fields(of_user, ROCKET_CANDIDATE), 0);
    rocket_session *user = session_of(of_user, 3), *nobody = session_of(of_nobody, 3);
    score_world_must(rocket_score_rows(&rows, user, nothing, 3, &err), &err);
    score_world_must(rocket_score_candidates(&out, user, nothing, NULL, 3, &err), &err);
    assert_memory_equal(probs, expected, sizeof probs);
    score_world_must(rocket_score_rows(&rows, nobody, nothing, 3, &err), &err);
    score_world_must(rocket_score_candidates(&out, nobody, NULL, nothing, 3, &err), &err);
    assert_memory_equal(probs, expected, sizeof probs);
    rocket_session_free(user);
    rocket_session_free(nobody);
    rocket_model_close(of_user);
    rocket_model_close(of_nobody);
}

/* ---- memory ---- */

static void sessions_keep_their_model(void **state)
{
    rocket_model *model = score_world_open(&world, true);
    rocket_session *session = session_of(model, 10);
    float probs[2];
    rocket_scores out = { sizeof out, probs, NULL };

    (void)state;
    rocket_model_close(model);
    assert_int_equal(rocket_score_candidates(&out, session, nothing, nothing, 2, NULL), ROCKET_OK);
    assert_memory_equal(&probs[0], &probs[1], sizeof probs[0]);
    rocket_session_free(session);
    rocket_session_free(NULL);
    rocket_model_close(NULL);
}

enum { N_CANDIDATES = 50 };

static void take_part(const rocket_model *model, rocket_part part, const rk_text *fields, rocket_text *out)
{
    for (size_t i = 0; i < rocket_model_n_fields(model, part); i++) {
        rk_text text = fields[score_world_field(&world, model, part, i)];

        out[i] = (rocket_text){ text.data, text.n };
    }
}

/* One user and candidates, rows from `first` on of the data; and a call with ids. The number of allocations. */
static uint64_t allocations_of(rocket_session *session, const rocket_model *model, uint64_t first)
{
    rocket_text candidates[N_CANDIDATES * SCORE_WORLD_FIELDS], user[SCORE_WORLD_FIELDS];
    float probs[N_CANDIDATES];
    rocket_scores out = { sizeof out, probs, NULL };
    rk_text fields[SCORE_WORLD_FIELDS];
    rocket_error err = { 0 };
    rk_buf texts[N_CANDIDATES];

    for (size_t r = 0; r < N_CANDIDATES; r++) {
        rk_buf_init(&texts[r], 0);
        score_world_row(fields, &texts[r], first + r);
        take_part(model, ROCKET_CANDIDATE, fields, candidates + r * rocket_model_n_fields(model, ROCKET_CANDIDATE));
    }
    take_part(model, ROCKET_USER, fields, user);
    id_request *ids = ids_of(model);
    uint64_t before = rk_alloc_count();
    score_world_must(rocket_score_candidates(&out, session, user, candidates, N_CANDIDATES, &err), &err);
    score_world_must(rocket_score_row_ids(&out, session, ids->columns, N_ROWS, &err), &err);
    uint64_t n = rk_alloc_count() - before;
    for (size_t r = 0; r < N_CANDIDATES; r++)
        rk_buf_clear(&texts[r]);
    return n;
}

/* Requests that were seen before are the largest that were seen. */
static void no_request_after_the_largest_allocates(void **state)
{
    rocket_model *model = score_world_open(&world, true);
    rocket_session *session = session_of(model, 100);
    uint64_t n[2] = { 0, 0 };

    (void)state;
    for (int pass = 0; pass < 2; pass++)
        for (uint64_t first = 0; first < 1000; first += N_CANDIDATES)
            n[pass] += allocations_of(session, model, first);
    assert_true(n[0] > 0);
    assert_int_equal(n[1], 0);
    rocket_session_free(session);
    rocket_model_close(model);
}

/* A request of rows with every kind of value. */
typedef struct text_request {
    rk_buf texts[N_CANDIDATES];
    rk_text fields[N_CANDIDATES][SCORE_WORLD_FIELDS];
} text_request;

static text_request *make_texts(void)
{
    static text_request r;

    for (size_t i = 0; i < N_CANDIDATES; i++) {
        rk_buf_init(&r.texts[i], 0);
        score_world_row(r.fields[i], &r.texts[i], i);
    }
    return &r;
}

static void clear_texts(text_request *r)
{
    for (size_t i = 0; i < N_CANDIDATES; i++)
        rk_buf_clear(&r->texts[i]);
}

static rocket_status score_request(rocket_session *session, const rocket_model *model, const text_request *r)
{
    rocket_text candidates[N_CANDIDATES * SCORE_WORLD_FIELDS], user[SCORE_WORLD_FIELDS];
    float probs[N_CANDIDATES];
    rocket_scores out = { sizeof out, probs, NULL };
    size_t n_fields = rocket_model_n_fields(model, ROCKET_CANDIDATE);

    for (size_t i = 0; i < N_CANDIDATES; i++)
        take_part(model, ROCKET_CANDIDATE, r->fields[i], candidates + i * n_fields);
    take_part(model, ROCKET_USER, r->fields[0], user);
    return rocket_score_candidates(&out, session, user, candidates, N_CANDIDATES, NULL);
}

typedef struct opening {
    const score_world *w;
    const text_request *request;
    size_t n_user_fields;
} opening;

static rocket_status open_and_score(void *arg)
{
    const opening *o = arg;
    rocket_open_options options = { sizeof options, score_world_user, o->n_user_fields };
    rocket_model *model = NULL;
    rocket_session *session = NULL;

    rocket_status status = rocket_model_open(&model, o->w->path, &options, NULL);
    if (status == ROCKET_OK)
        status = rocket_session_new(&session, model, NULL, NULL);
    if (status == ROCKET_OK)
        status = score_request(session, model, o->request);
    rocket_session_free(session);
    rocket_model_close(model);
    return status;
}

static rocket_status score_ids(void *arg)
{
    rocket_model *model = arg;
    float probs[N_ROWS];
    rocket_scores out = { sizeof out, probs, NULL };
    rocket_session *session = NULL;
    id_request *r = ids_of(model);

    r->columns[place_of(model, "tags")].weights = r->weights[0];
    rocket_status status = rocket_session_new(&session, model, NULL, NULL);
    if (status == ROCKET_OK)
        status = rocket_score_row_ids(&out, session, r->columns, N_ROWS, NULL);
    rocket_session_free(session);
    return status;
}

/* Each call of the system in turn; the last round meets none. */
static void fail_every_read(const char *path)
{
    uint64_t n = 1;

    for (bool met = true; met; n++) {
        rocket_model *model = NULL;
        rocket_error err = { 0 };
        uint64_t live = rk_alloc_live_bytes();

        rk_file_fail_at(n);
        rocket_status status = rocket_model_open(&model, path, NULL, &err);
        met = !rk_file_fail_pending();
        rk_file_fail_at(0);
        assert_int_equal(status, met ? ROCKET_FAILED : ROCKET_OK);
        assert_true(!met || strstr(err.text, "Input/output error"));
        rocket_model_close(model);
        assert_int_equal(rk_alloc_live_bytes(), live);
    }
    assert_true(n > 5); /* open, stat, map, read */
}

static void every_read_may_fail(void **state)
{
    (void)state;
    fail_every_read(world.path);
    fail_every_read(of_8_bits.path);
}

static void every_allocation_may_fail(void **state)
{
    text_request *texts = make_texts();
    rocket_model *model = score_world_open(&world, false);

    (void)state;
    for (size_t n_user = 0; n_user <= SCORE_WORLD_USER_FIELDS; n_user += SCORE_WORLD_USER_FIELDS) {
        assert_survives_failed_allocations(open_and_score, &(opening){ &world, texts, n_user });
        assert_survives_failed_allocations(open_and_score, &(opening){ &of_8_bits, texts, n_user });
    }
    assert_survives_failed_allocations(score_ids, model);
    rocket_model_close(model);
    clear_texts(texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_described),         cmocka_unit_test(inputs_are_described),
        cmocka_unit_test(models_that_cannot_be_opened), cmocka_unit_test(values_that_do_not_read),
        cmocka_unit_test(calls_that_make_no_sense),     cmocka_unit_test(ids_that_make_no_sense),
        cmocka_unit_test(padding_does_not_count),       cmocka_unit_test(parts_may_be_empty),
        cmocka_unit_test(sessions_keep_their_model),    cmocka_unit_test(no_request_after_the_largest_allocates),
        cmocka_unit_test(every_read_may_fail),          cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
