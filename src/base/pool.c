/* Thread pool: the pieces of one job are claimed one by one by whoever is free, the caller among them.
 *
 * The heart is one 64-bit ticket, job number in the upper half and next piece in the lower, claimed by compare and
 * swap. A worker that comes late, with the fields of an old job in hand, fails in the swap because the job number has
 * changed, so the caller need not wait for workers that claimed nothing: a job costs no barrier over all threads.
 * (The number wraps after 2^32 jobs; a worker would have to sleep between two instructions for all of them.)
 *
 * Idle threads look at the ticket a few times, yielding the processor in between, and then sleep on a condition
 * variable. With more threads than processors they sleep at once: yielding to each other would only burn time.
 */
#include "pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

#include "mem.h"

enum { SPINS = 40 }; /* a yield takes some 0.2 us: about 10 us in all */

typedef void piece_fn(void *arg, int piece, int thread);

typedef struct worker {
    rk_pool *pool;
    rk_thread *thread;
    int number; /* 1 ... n_threads-1; the caller is 0 */
} worker;

struct rk_pool {
    _Atomic uint64_t ticket; /* job << 32 | next piece */
    _Alignas(64) _Atomic int n_done;

    /* The job. Atomic because a late worker may read them while the next job is written; it then claims nothing. */
    _Alignas(64) piece_fn *_Atomic fn;
    void *_Atomic arg;
    _Atomic int n_pieces;

    pthread_mutex_t lock;
    pthread_cond_t work, done;
    _Atomic int n_sleeping; /* workers waiting on work */
    _Atomic bool caller_sleeps;
    _Atomic bool stop;
    int n_threads, spins;
    worker workers[];
};

static uint32_t job_of(uint64_t ticket)
{
    return (uint32_t)(ticket >> 32);
}

/* Claim and run pieces of the current job until none is left; the job that was seen last. */
static uint32_t work_on(rk_pool *pool, int thread)
{
    uint64_t ticket = atomic_load(&pool->ticket);

    for (;;) {
        uint32_t piece = (uint32_t)ticket;
        piece_fn *fn = atomic_load(&pool->fn);
        void *arg = atomic_load(&pool->arg);
        int n_pieces = atomic_load(&pool->n_pieces);

        if (piece >= (uint32_t)n_pieces)
            return job_of(ticket);
        if (!atomic_compare_exchange_weak(&pool->ticket, &ticket, ticket + 1))
            continue;
        fn(arg, (int)piece, thread);
        if (atomic_fetch_add(&pool->n_done, 1) + 1 == n_pieces && atomic_load(&pool->caller_sleeps)) {
            pthread_mutex_lock(&pool->lock);
            pthread_cond_signal(&pool->done);
            pthread_mutex_unlock(&pool->lock);
        }
        ticket = atomic_load(&pool->ticket);
    }
}

static bool has_news(const rk_pool *pool, uint32_t seen)
{
    return job_of(atomic_load(&pool->ticket)) != seen || atomic_load(&pool->stop);
}

static void wait_for_work(rk_pool *pool, uint32_t seen)
{
    for (int i = 0; i < pool->spins; i++) {
        if (has_news(pool, seen))
            return;
        sched_yield();
    }
    pthread_mutex_lock(&pool->lock);
    /* First announced, then looked once more: either we see the new ticket or the caller sees us sleeping. */
    atomic_fetch_add(&pool->n_sleeping, 1);
    while (!has_news(pool, seen))
        pthread_cond_wait(&pool->work, &pool->lock);
    atomic_fetch_sub(&pool->n_sleeping, 1);
    pthread_mutex_unlock(&pool->lock);
}

static void worker_main(void *arg)
{
    worker *self = arg;
    uint32_t seen = 0;

    for (;;) {
        wait_for_work(self->pool, seen);
        if (atomic_load(&self->pool->stop))
            return;
        seen = work_on(self->pool, self->number);
    }
}

static void wait_until_done(rk_pool *pool, int n_pieces)
{
    for (int i = 0; i < pool->spins; i++) {
        if (atomic_load(&pool->n_done) == n_pieces)
            return;
        sched_yield();
    }
    pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->caller_sleeps, true);
    while (atomic_load(&pool->n_done) != n_pieces)
        pthread_cond_wait(&pool->done, &pool->lock);
    atomic_store(&pool->caller_sleeps, false);
    pthread_mutex_unlock(&pool->lock);
}

static void wake_workers(rk_pool *pool, int wanted)
{
    if (atomic_load(&pool->n_sleeping) == 0)
        return;
    pthread_mutex_lock(&pool->lock);
    if (wanted >= pool->n_threads - 1)
        pthread_cond_broadcast(&pool->work);
    else
        for (int i = 0; i < wanted; i++)
            pthread_cond_signal(&pool->work);
    pthread_mutex_unlock(&pool->lock);
}

void rk_pool_run(rk_pool *pool, int n_pieces, piece_fn *fn, void *arg)
{
    if (pool->n_threads == 1 || n_pieces <= 1) {
        for (int piece = 0; piece < n_pieces; piece++)
            fn(arg, piece, 0);
        return;
    }
    /* The old job's ticket is closed first: else a late worker could claim its next piece by the new n_pieces. */
    uint64_t old_job = atomic_load(&pool->ticket);
    uint64_t next_job = (uint64_t)(job_of(old_job) + 1U) << 32;
    atomic_store(&pool->ticket, old_job | UINT32_MAX);
    atomic_store(&pool->n_done, 0);
    atomic_store(&pool->fn, fn);
    atomic_store(&pool->arg, arg);
    atomic_store(&pool->n_pieces, n_pieces);
    atomic_store(&pool->ticket, next_job);
    wake_workers(pool, n_pieces - 1);
    work_on(pool, 0);
    wait_until_done(pool, n_pieces);
}

rk_pool *rk_pool_new(int n_threads)
{
    if (n_threads < 1)
        n_threads = 1;
    rk_pool *pool = rk_alloc(1, sizeof *pool + (size_t)(n_threads - 1) * sizeof(worker));
    if (!pool)
        return NULL;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->done, NULL);
    pool->spins = n_threads <= rk_cpu_count() ? SPINS : 0;
    for (pool->n_threads = 1; pool->n_threads < n_threads; pool->n_threads++) {
        worker *w = &pool->workers[pool->n_threads - 1];

        w->pool = pool;
        w->number = pool->n_threads;
        w->thread = rk_thread_start(worker_main, w);
        if (!w->thread) {
            rk_pool_free(pool);
            return NULL;
        }
    }
    return pool;
}

void rk_pool_free(rk_pool *pool)
{
    if (!pool)
        return;
    atomic_store(&pool->stop, true);
    pthread_mutex_lock(&pool->lock);
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->n_threads - 1; i++)
        rk_thread_join(pool->workers[i].thread);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    rk_free(pool);
}

int rk_pool_threads(const rk_pool *pool)
{
    return pool->n_threads;
}
