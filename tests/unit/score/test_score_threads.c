/* Eight threads on one model, each with a session of its own, some of which outlive the caller's handle: what the
 * thread sanitizer (preset tsan) and valgrind are run over. Every thread must find the scores that one alone finds.
 */
#include "pool.h"
#include "rk_test.h"
#include "score_world.h"

enum { N_THREADS = 8, N_REQUESTS = 12, N_CANDIDATES = 20 };

typedef struct request {
    rk_buf texts[N_CANDIDATES];
    rocket_text user[SCORE_WORLD_FIELDS], candidates[N_CANDIDATES * SCORE_WORLD_FIELDS];
    float expected[N_CANDIDATES];
} request;

typedef struct shared {
    score_world world;
    rocket_model *model;
    request requests[N_REQUESTS];
} shared;

typedef struct worker {
    shared *s;
    int number;
    bool failed;
} worker;

static rocket_session *session_of(shared *s)
{
    rocket_session *session;
    rocket_error err = { 0 };

    score_world_must(rocket_session_new(&session, s->model, NULL, &err), &err);
    return session;
}

static void score(shared *s, rocket_session *session, int i, float *probs)
{
    rocket_scores out = { sizeof out, probs, NULL };
    rocket_error err = { 0 };
    request *r = &s->requests[i];

    score_world_must(rocket_score_candidates(&out, session, r->user, r->candidates, N_CANDIDATES, &err), &err);
}

static void take_part(const shared *s, rocket_part part, const rk_text *fields, rocket_text *out)
{
    for (size_t i = 0; i < rocket_model_n_fields(s->model, part); i++) {
        rk_text text = fields[score_world_field(&s->world, s->model, part, i)];

        out[i] = (rocket_text){ text.data, text.n };
    }
}

static void make_request(shared *s, int i)
{
    rk_text fields[SCORE_WORLD_FIELDS];
    size_t n_fields = rocket_model_n_fields(s->model, ROCKET_CANDIDATE);

    for (size_t r = 0; r < N_CANDIDATES; r++) {
        rk_buf_init(&s->requests[i].texts[r], 0);
        score_world_row(fields, &s->requests[i].texts[r], (uint64_t)i * 50 + r);
        take_part(s, ROCKET_CANDIDATE, fields, s->requests[i].candidates + r * n_fields);
    }
    take_part(s, ROCKET_USER, fields, s->requests[i].user);
}

/* Each thread in another order. */
static void work(void *arg)
{
    worker *me = arg;
    float found[N_CANDIDATES];
    rocket_session *session = session_of(me->s);

    for (int k = 0; k < N_REQUESTS; k++) {
        int i = (k * 5 + me->number) % N_REQUESTS;

        score(me->s, session, i, found);
        me->failed |= memcmp(found, me->s->requests[i].expected, sizeof found) != 0;
        if (k == N_REQUESTS / 2) {
            rocket_session_free(session);
            session = session_of(me->s);
        }
    }
    rocket_session_free(session);
}

static void eight_threads_on_one_model(void **state)
{
    static shared s;
    worker workers[N_THREADS];
    rk_thread *threads[N_THREADS];

    (void)state;
    s.world = score_world_make(1);
    s.model = score_world_open(&s.world, true);
    rocket_session *session = session_of(&s);
    for (int i = 0; i < N_REQUESTS; i++) {
        make_request(&s, i);
        score(&s, session, i, s.requests[i].expected);
    }
    for (int i = 0; i < N_THREADS; i++) {
        workers[i] = (worker){ &s, i, false };
        assert_non_null(threads[i] = rk_thread_start(work, &workers[i]));
    }
    for (int i = 0; i < N_THREADS; i++) {
        rk_thread_join(threads[i]);
        assert_false(workers[i].failed);
    }
    rocket_model_close(s.model); /* the session of this thread has it still */
    float found[N_CANDIDATES];
    score(&s, session, 0, found);
    assert_memory_equal(found, s.requests[0].expected, sizeof found);
    rocket_session_free(session);
    for (int i = 0; i < N_REQUESTS; i++)
        for (size_t r = 0; r < N_CANDIDATES; r++)
            rk_buf_clear(&s.requests[i].texts[r]);
    score_world_free(&s.world);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(eight_threads_on_one_model) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
