/* A row has one score, whichever way it goes: as a line of a file that predict reads, alone, among others, as a
 * candidate of its user, as ids, on 1 to 8 threads. Compared bit by bit; and with the training graph within TOLERANCE,
 * with weights of 8 bits within INT8_TOLERANCE.
 *
 * 20,000 rows in blocks of 4,000, one block under sanitizers; ROCKET_SCORE_ROWS=1000000 for more.
 */
#include <math.h>

#include "file.h"
#include "mem.h"
#include "number.h"
#include "rk_test.h"
#include "score_world.h"
#include "scorer.h"
#include "stream.h"

enum { BLOCK = 4000, USER_ROWS = 50, MOST_CLASSES = 3, MOST_THREADS = 8, PART_ROWS = 1000 };

/* Of logits, relative to 1 + |logit|: what adding up the first layer's sums in another order makes. */
static const double TOLERANCE = 1e-6;
static const double INT8_TOLERANCE = 0.1; /* what rounding the layers' inputs makes: a wrong sum is far off */

typedef struct block {
    const score_world *w;
    int64_t C;
    bool int8;
    uint64_t first; /* row of the data */
    rk_buf texts;
    rk_text *fields; /* [BLOCK, SCORE_WORLD_FIELDS] into texts */
    rk_batch *batch; /* the same as ids */
    float *training; /* [BLOCK, C] logits of the training graph */
    float *expected; /* [BLOCK, C] of the model in use, from one call for each PART_ROWS */
    float *found;    /* [BLOCK, C] */
    float *plain;    /* [BLOCK, C] expected without user fields */
    rocket_model *model;
    bool with_user;
    double worst;
} block;

static void must(rocket_status status, const rocket_error *err)
{
    if (status != ROCKET_OK)
        fail_msg("%s", err->text);
}

/* ---- the rows ---- */

static void make_rows(block *b)
{
    rk_buf row;
    size_t at = 0;

    rk_buf_init(&row, 0);
    rk_buf_reset(&b->texts);
    for (uint64_t r = 0; r < BLOCK; r++) {
        score_world_row(b->fields + r * SCORE_WORLD_FIELDS, &row, b->first + r);
        rk_buf_append(&b->texts, row.data, row.size);
    }
    for (size_t i = 0; i < BLOCK * SCORE_WORLD_FIELDS; i++) { /* the buffer stays where it is from now on */
        b->fields[i].data = b->texts.data + at;
        at += b->fields[i].n;
    }
    rk_buf_clear(&row);
}

static void run_training(block *b)
{
    rocket_error err = { 0 };
    int64_t ld;

    rk_batch_reset(b->batch);
    for (size_t r = 0; r < BLOCK; r++)
        must(rk_schema_append(b->w->schema, b->batch, b->fields + r * SCORE_WORLD_FIELDS, NULL, &err), &err);
    for (size_t i = 0; i < rk_schema_n_features(b->w->schema); i++)
        if (b->w->model->column_nodes[i] >= 0)
            rk_exec_feed(b->w->exec, b->w->model->column_nodes[i], &b->batch->columns[i]);
    must(rk_exec_forward(b->w->exec, BLOCK, false, 0, &err), &err);
    const float *logits = rk_exec_value(b->w->exec, b->w->model->logits[RK_LIGHT], &ld);
    for (int64_t r = 0; r < BLOCK; r++)
        memcpy(b->training + r * b->C, logits + r * ld, (size_t)b->C * sizeof *logits);
}

/* ---- ways of scoring ---- */

/* The values of a part of a row, in the model's order. */
static void take_part(const block *b, rocket_part part, size_t row, rocket_text *out)
{
    for (size_t i = 0; i < rocket_model_n_fields(b->model, part); i++) {
        rk_text text = b->fields[row * SCORE_WORLD_FIELDS + score_world_field(b->w, b->model, part, i)];

        out[i] = (rocket_text){ text.data, text.n };
    }
}

static void score_rows(const block *b, rocket_session *session, size_t begin, size_t end, float *logits)
{
    static _Thread_local rocket_text texts[PART_ROWS * SCORE_WORLD_FIELDS];
    rocket_scores out = ROCKET_SCORES_INIT;
    rocket_error err = { 0 };
    size_t n_fields = rocket_model_n_fields(b->model, ROCKET_ROW);

    for (size_t r = begin; r < end; r++)
        take_part(b, ROCKET_ROW, r, texts + (r - begin) * n_fields);
    out.logits = logits + begin * (size_t)b->C;
    must(rocket_score_rows(&out, session, texts, end - begin, &err), &err);
}

static void score_candidates(const block *b, rocket_session *session, size_t begin, size_t end, float *logits)
{
    rocket_text texts[USER_ROWS * SCORE_WORLD_FIELDS], user[SCORE_WORLD_FIELDS];
    rocket_scores out = ROCKET_SCORES_INIT;
    rocket_error err = { 0 };
    size_t n_fields = rocket_model_n_fields(b->model, ROCKET_CANDIDATE);

    take_part(b, ROCKET_USER, begin, user);
    for (size_t r = begin; r < end; r++)
        take_part(b, ROCKET_CANDIDATE, r, texts + (r - begin) * n_fields);
    out.logits = logits + begin * (size_t)b->C;
    must(rocket_score_candidates(&out, session, user, texts, end - begin, &err), &err);
}

/* Rows from begin on of a part's inputs, as the training schema made them. */
static void take_columns(const block *b, rocket_part part, size_t begin, rocket_column *out)
{
    for (size_t i = 0; i < rocket_model_n_inputs(b->model, part); i++) {
        const rocket_input *input = rocket_model_input(b->model, part, i);
        size_t c = 0;

        while (strcmp(rk_schema_feature(b->w->schema, c)->name, input->name) != 0)
            c++;
        const rk_column *column = &b->batch->columns[c];
        out[i] = (rocket_column)ROCKET_COLUMN_INIT;
        if (input->kind == ROCKET_FLOATS) {
            out[i].values = column->values + (int64_t)begin * column->width;
        } else {
            out[i].ids = column->ids;
            out[i].weights = column->weights;
            out[i].offsets = column->offsets + begin;
        }
    }
}

static void score_ids(const block *b, rocket_session *session, size_t begin, size_t end, float *logits)
{
    rocket_column columns[SCORE_WORLD_FIELDS * 2];
    rocket_scores out = ROCKET_SCORES_INIT;
    rocket_error err = { 0 };

    take_columns(b, ROCKET_ROW, begin, columns);
    out.logits = logits + begin * (size_t)b->C;
    must(rocket_score_row_ids(&out, session, columns, end - begin, &err), &err);
}

static void score_candidate_ids(const block *b, rocket_session *session, size_t begin, size_t end, float *logits)
{
    rocket_column columns[SCORE_WORLD_FIELDS * 2], user[SCORE_WORLD_FIELDS * 2];
    rocket_scores out = ROCKET_SCORES_INIT;
    rocket_error err = { 0 };

    take_columns(b, ROCKET_USER, begin, user);
    take_columns(b, ROCKET_CANDIDATE, begin, columns);
    out.logits = logits + begin * (size_t)b->C;
    must(rocket_score_candidate_ids(&out, session, user, columns, end - begin, &err), &err);
}

/* ---- comparing ---- */

typedef void score_fn(const block *b, rocket_session *session, size_t begin, size_t end, float *logits);

static void assert_found(block *b, const char *how)
{
    for (size_t i = 0; i < BLOCK * (size_t)b->C; i++)
        if (memcmp(b->found + i, b->expected + i, sizeof *b->found) != 0)
            fail_msg("%s: row %llu has %.9g, expected %.9g", how, (unsigned long long)(b->first + i / (size_t)b->C),
                     (double)b->found[i], (double)b->expected[i]);
    memset(b->found, 0xff, BLOCK * (size_t)b->C * sizeof *b->found);
}

/* All rows, so many at a time. */
static void check_way(block *b, const char *how, score_fn *score, size_t step)
{
    rocket_session *session;
    rocket_error err = { 0 };

    must(rocket_session_new(&session, b->model, NULL, &err), &err);
    for (size_t begin = 0; begin < BLOCK; begin += step)
        score(b, session, begin, begin + step < BLOCK ? begin + step : BLOCK, b->found);
    rocket_session_free(session);
    assert_found(b, how);
}

typedef struct worker {
    const block *b;
    rocket_session *session;
    size_t thread, n_threads;
} worker;

static void work(void *arg)
{
    const worker *me = arg;

    for (size_t part = me->thread; part < BLOCK / USER_ROWS; part += me->n_threads)
        score_candidates(me->b, me->session, part * USER_ROWS, (part + 1) * USER_ROWS, me->b->found);
}

static void check_threads(block *b, size_t n_threads)
{
    worker workers[MOST_THREADS];
    rk_thread *threads[MOST_THREADS];
    rocket_error err = { 0 };
    char how[32];

    for (size_t i = 0; i < n_threads; i++) {
        workers[i] = (worker){ b, NULL, i, n_threads };
        must(rocket_session_new(&workers[i].session, b->model, NULL, &err), &err);
    }
    for (size_t i = 0; i < n_threads; i++)
        assert_non_null(threads[i] = rk_thread_start(work, &workers[i]));
    for (size_t i = 0; i < n_threads; i++) {
        rk_thread_join(threads[i]);
        rocket_session_free(workers[i].session);
    }
    snprintf(how, sizeof how, "%zu threads", n_threads);
    assert_found(b, how);
}

/* What predict does, in batches of an odd size. */
static void check_predict(block *b)
{
    char path[80];
    rk_buf csv;
    rocket_error err = { 0 };
    rk_light *light;
    rk_scorer *scorer;
    rk_stream *stream;
    rk_batch *batch;
    rk_scores scores;
    int64_t row = 0;

    snprintf(path, sizeof path, "%s.csv", b->w->path);
    rk_buf_init(&csv, 0);
    for (size_t i = 0; i < BLOCK * SCORE_WORLD_FIELDS; i++) {
        rk_buf_append(&csv, b->fields[i].data, b->fields[i].n);
        rk_buf_puts(&csv, (i + 1) % SCORE_WORLD_FIELDS ? ";" : "\n");
    }
    must(rk_file_write(path, csv.data, csv.size, &err), &err);
    must(rk_light_open(&light, b->w->path, &(rk_light_options){ 0 }, &err), &err);
    must(rk_scorer_new(&scorer, light, &err), &err);
    rk_stream_options streaming = { .paths = path, .n_threads = 2, .batch_size = 777 };
    must(rk_stream_open(&stream, light->bundle->config, light->schema, &streaming, &err), &err);
    for (;;) {
        must(rk_stream_next(stream, &batch, &err), &err);
        if (!batch)
            break;
        must(rk_scorer_run(&scores, scorer, batch, &err), &err);
        memcpy(b->found + row * b->C, scores.logits, (size_t)(batch->n_rows * b->C) * sizeof *b->found);
        row += batch->n_rows;
        rk_stream_give_back(stream, batch);
    }
    assert_int_equal(row, BLOCK);
    rk_stream_close(stream);
    rk_scorer_free(scorer);
    rk_light_close(light);
    rk_buf_clear(&csv);
    remove(path);
    assert_found(b, "predict");
}

/* How far a score may be from the training graph's, relative to 1 + |logit|. */
static double tolerance(const block *b)
{
    return b->int8 ? INT8_TOLERANCE : TOLERANCE;
}

/* From one call for all rows of a part: what the other ways are compared with. */
static void expect(block *b)
{
    rocket_session *session;
    rocket_error err = { 0 };

    must(rocket_session_new(&session, b->model, NULL, &err), &err);
    for (size_t begin = 0; begin < BLOCK; begin += PART_ROWS)
        score_rows(b, session, begin, begin + PART_ROWS, b->expected);
    rocket_session_free(session);
    for (size_t i = 0; i < BLOCK * (size_t)b->C; i++) {
        double off = fabs((double)b->expected[i] - (double)b->training[i]) / (1 + fabs((double)b->training[i]));

        b->worst = off > b->worst ? off : b->worst;
        if (!(off <= tolerance(b)))
            fail_msg("row %llu has %.9g, in training %.9g", (unsigned long long)(b->first + i / (size_t)b->C),
                     (double)b->expected[i], (double)b->training[i]);
    }
    assert_true(b->expected[0] != b->expected[b->C]);
    if (!b->with_user)
        memcpy(b->plain, b->expected, BLOCK * (size_t)b->C * sizeof *b->plain);
    else if (b->int8 && memcmp(b->plain, b->expected, BLOCK * (size_t)b->C * sizeof *b->plain) != 0)
        fail_msg("8 bits: with user fields scores are other than without");
}

static void check_block(block *b, bool with_user)
{
    b->with_user = with_user;
    b->model = score_world_open(b->w, with_user);
    expect(b);
    check_way(b, "rows one by one", score_rows, 1);
    check_way(b, "rows by 67", score_rows, 67);
    check_way(b, "ids one by one", score_ids, 1);
    check_way(b, "ids at once", score_ids, BLOCK);
    check_way(b, "candidates", with_user ? score_candidates : score_rows, USER_ROWS);
    check_way(b, "candidates' ids", with_user ? score_candidate_ids : score_ids, USER_ROWS);
    check_way(b, "one candidate at a time", with_user ? score_candidates : score_rows, 1);
    if (with_user)
        for (size_t n = 1; n <= MOST_THREADS; n++)
            check_threads(b, n);
    else
        check_predict(b);
    rocket_model_close(b->model);
}

static uint64_t n_rows(void)
{
    const char *text = getenv("ROCKET_SCORE_ROWS");
    const char *sanitize = getenv("ROCKET_SANITIZE");
    uint64_t n = sanitize && *sanitize ? BLOCK : 5 * BLOCK;

    if (text)
        assert_true(rk_parse_u64(text, strlen(text), &n));
    return n;
}

static void check_model(int64_t C, bool int8)
{
    score_world w = score_world_make((int)C);
    block b = { .w = &w, .C = C, .int8 = int8 };

    if (int8)
        score_world_quantize(&w);
    rk_buf_init(&b.texts, 0);
    b.fields = rk_alloc(BLOCK * SCORE_WORLD_FIELDS, sizeof *b.fields);
    b.training = rk_alloc(BLOCK * (size_t)C, sizeof *b.training);
    b.expected = rk_alloc(BLOCK * (size_t)C, sizeof *b.expected);
    b.found = rk_alloc(BLOCK * (size_t)C, sizeof *b.found);
    b.plain = rk_alloc(BLOCK * (size_t)C, sizeof *b.plain);
    assert_non_null(b.batch = rk_batch_new(w.schema));
    for (b.first = 0; b.first < n_rows(); b.first += BLOCK) {
        make_rows(&b);
        run_training(&b);
        check_block(&b, false);
        check_block(&b, true);
    }
    print_message("%llu rows of %d classes, %s: one score each; off the training graph by at most %.2g\n",
                  (unsigned long long)b.first, (int)C, int8 ? "8 bits" : "floats", b.worst);
    rk_batch_free(b.batch);
    rk_free(b.found);
    rk_free(b.plain);
    rk_free(b.expected);
    rk_free(b.training);
    rk_free(b.fields);
    rk_buf_clear(&b.texts);
    score_world_free(&w);
}

static void every_way_has_the_same_scores(void **state)
{
    (void)state;
    check_model(1, false);
}

static void also_with_weights_of_8_bits(void **state)
{
    (void)state;
    check_model(1, true);
}

static void also_of_several_classes(void **state)
{
    (void)state;
    if (!getenv("ROCKET_SCORE_ROWS"))
        check_model(MOST_CLASSES, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_has_the_same_scores),
        cmocka_unit_test(also_with_weights_of_8_bits),
        cmocka_unit_test(also_of_several_classes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
