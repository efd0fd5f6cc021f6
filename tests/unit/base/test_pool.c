/* The pool: every piece exactly once, for any number of threads, in thousands of jobs one behind the other; sums that
 * depend on the piece only give the same bits with any number of threads. */
#include "rk_test.h"

#include <stdatomic.h>
#include <unistd.h>

#include "mem.h"
#include "pool.h"
#include "rng.h"

enum { MAX_PIECES = 300 };

typedef struct job {
    _Atomic int runs[MAX_PIECES];
    _Atomic int bad_thread;
    int n_threads;
} job;

static void count_run(void *arg, int piece, int thread)
{
    job *j = arg;

    atomic_fetch_add(&j->runs[piece], 1);
    if (thread < 0 || thread >= j->n_threads)
        atomic_store(&j->bad_thread, 1);
}

static void run_and_check(rk_pool *pool, int n_pieces)
{
    static job j;

    for (int i = 0; i < MAX_PIECES; i++)
        atomic_store(&j.runs[i], 0);
    j.n_threads = rk_pool_threads(pool);
    rk_pool_run(pool, n_pieces, count_run, &j);
    for (int i = 0; i < MAX_PIECES; i++)
        assert_int_equal(atomic_load(&j.runs[i]), i < n_pieces);
    assert_int_equal(atomic_load(&j.bad_thread), 0);
}

/* Lengths alternate, so that a late worker with the fields of a short job meets a long one. */
static void every_piece_runs_once(void **state)
{
    static const int threads[] = { 1, 2, 3, 8 };

    (void)state;
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        rk_pool *pool = rk_pool_new(threads[t]);

        assert_non_null(pool);
        assert_int_equal(rk_pool_threads(pool), threads[t]);
        for (int i = 0; i < 3000; i++)
            run_and_check(pool, i % 3 == 0 ? i % 7 : i % MAX_PIECES);
        rk_pool_free(pool);
    }
    assert_int_equal(rk_alloc_live_bytes(), 0);
}

static void sleeping_workers_wake_up(void **state)
{
    rk_pool *pool = rk_pool_new(4);

    (void)state;
    for (int i = 0; i < 20; i++) {
        usleep(3000); /* long enough for everybody to fall asleep */
        run_and_check(pool, 2 + i);
    }
    rk_pool_free(pool);
    rk_pool_free(NULL);
}

static void slow_piece(void *arg, int piece, int thread)
{
    (void)thread;
    usleep(piece == 0 ? 5000 : 100); /* the caller has to wait, asleep, for the last one */
    atomic_fetch_add((_Atomic int *)arg, piece);
}

static void the_caller_waits_for_the_last_piece(void **state)
{
    rk_pool *pool = rk_pool_new(3);

    (void)state;
    for (int i = 0; i < 10; i++) {
        _Atomic int sum = 0;

        rk_pool_run(pool, 20, slow_piece, &sum);
        assert_int_equal(atomic_load(&sum), 190);
    }
    rk_pool_free(pool);
}

enum { N_MEETING = 4 };

typedef struct meeting {
    _Atomic int n_here;
    int threads[N_MEETING]; /* who runs piece i */
} meeting;

/* Nobody goes on before all are here, so every thread has exactly one piece. */
static void meet(void *arg, int piece, int thread)
{
    meeting *m = arg;

    m->threads[piece] = thread;
    atomic_fetch_add(&m->n_here, 1);
    while (atomic_load(&m->n_here) < N_MEETING)
        usleep(10);
}

static void threads_take_their_own_pieces_first(void **state)
{
    rk_pool *pool = rk_pool_new(N_MEETING);

    (void)state;
    for (int i = 0; i < 50; i++) {
        meeting m = { 0 };

        rk_pool_run(pool, N_MEETING, meet, &m);
        for (int piece = 0; piece < N_MEETING; piece++)
            assert_int_equal(m.threads[piece], piece);
    }
    rk_pool_free(pool);
}

static float partial[64];

static void sum_piece(void *arg, int piece, int thread)
{
    rk_rng rng = rk_rng_at(1, RK_RNG_TEST, 0, (uint64_t)piece);
    float sum = 0;

    (void)arg, (void)thread;
    for (int i = 0; i < 1000; i++)
        sum += rk_rng_float(&rng) - 0.5F;
    partial[piece] = sum;
}

static void results_do_not_depend_on_the_number_of_threads(void **state)
{
    float expected = 0;

    (void)state;
    for (int threads = 1; threads <= 8; threads++) {
        rk_pool *pool = rk_pool_new(threads);
        float sum = 0;

        rk_pool_run(pool, 64, sum_piece, NULL);
        for (int i = 0; i < 64; i++)
            sum += partial[i];
        if (threads == 1)
            expected = sum;
        assert_memory_equal(&sum, &expected, sizeof sum);
        rk_pool_free(pool);
    }
}

static rocket_status make_pool(void *arg)
{
    rk_pool *pool = rk_pool_new(4);

    (void)arg;
    if (!pool)
        return ROCKET_FAILED;
    rk_pool_free(pool);
    return ROCKET_OK;
}

static void failed_allocations(void **state)
{
    (void)state;
    assert_survives_failed_allocations(make_pool, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_piece_runs_once),
        cmocka_unit_test(sleeping_workers_wake_up),
        cmocka_unit_test(the_caller_waits_for_the_last_piece),
        cmocka_unit_test(threads_take_their_own_pieces_first),
        cmocka_unit_test(results_do_not_depend_on_the_number_of_threads),
        cmocka_unit_test(failed_allocations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
