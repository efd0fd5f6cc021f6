/* Thread pool: the pieces of one job are dealt to the threads as runs of neighbours, and claimed one by one; whoever is
 * through with his own takes what is left of the others'. So a piece of the same number comes to the same thread in job
 * after job, which has in its cache what it left there, and no thread waits while there is work.
 *
 * The heart is one 64-bit ticket for each run, job number in the upper half and next piece in the lower, claimed by
 * compare and swap. A worker that comes late, with the fields of an old job in hand, fails in the swap because the job
 * number has changed, so the caller need not wait for workers that claimed nothing: a job costs no barrier over all
 * threads. (The number wraps after 2^32 jobs; a worker would have to sleep between two instructions for all of them.)
 *
 * Idle threads look at the tickets for as long as a thread takes to wake up, and then sleep on a condition variable: a
 * training step is some twenty jobs with hardly anything in between. They do not yield meanwhile, since who yields to
 * another process comes back a time slice later, but who sleeps is woken at once. With more threads than processors
 * they sleep at once.
 */
#include "pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "mem.h"

enum { SPINS = 1000 }; /* a pause takes some 50 ns (10 on old processors): 50 us in all */

typedef void piece_fn(void *arg, int piece, int thread);

typedef struct worker {
    rk_pool *pool;
    rk_thread *thread;
    int number; /* 1 ... n_threads-1; the caller is 0 */
} worker;

/* A run of pieces, and whose it is first. */
typedef struct lane {
    _Alignas(64) _Atomic uint64_t ticket; /* job << 32 | next piece */
    worker worker;
} lane;

struct rk_pool {
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
    lane lanes[]; /* [n_threads] */
};

static uint32_t job_of(uint64_t ticket)
{
    return (uint32_t)(ticket >> 32);
}

/* First piece of run i. */
static int run_begin(int n_pieces, int n_threads, int i)
{
    return (int)((int64_t)n_pieces * i / n_threads);
}

/* Claim and run pieces of run i until none is left; how many. */
static int work_on_run(rk_pool *pool, int i, int thread)
{
    _Atomic uint64_t *tickets = &pool->lanes[i].ticket;
    uint64_t ticket = atomic_load(tickets);

    for (int n = 0;;) {
        uint32_t piece = (uint32_t)ticket;
        piece_fn *fn = atomic_load(&pool->fn);
        void *arg = atomic_load(&pool->arg);
        int n_pieces = atomic_load(&pool->n_pieces);

        if (piece >= (uint32_t)run_begin(n_pieces, pool->n_threads, i + 1))
            return n;
        if (!atomic_compare_exchange_weak(tickets, &ticket, ticket + 1))
            continue;
        fn(arg, (int)piece, thread);
        ticket = atomic_load(tickets);
        n++;
    }
}

/* The current job: the thread's own run, then the others'. */
static void work_on(rk_pool *pool, int thread)
{
    int n = 0;

    for (int i = 0; i < pool->n_threads; i++)
        n += work_on_run(pool, (thread + i) % pool->n_threads, thread);
    if (n > 0 && atomic_fetch_add(&pool->n_done, n) + n == atomic_load(&pool->n_pieces) &&
        atomic_load(&pool->caller_sleeps)) {
        pthread_mutex_lock(&pool->lock);
        pthread_cond_signal(&pool->done);
        pthread_mutex_unlock(&pool->lock);
    }
}

/* The last run is opened last: whoever sees its new ticket sees all of them. */
static uint32_t newest_job(const rk_pool *pool)
{
    return job_of(atomic_load(&pool->lanes[pool->n_threads - 1].ticket));
}

static bool has_news(const rk_pool *pool, uint32_t seen)
{
    return newest_job(pool) != seen || atomic_load(&pool->stop);
}

static void wait_for_work(rk_pool *pool, uint32_t seen)
{
    for (int i = 0; i < pool->spins; i++) {
        if (has_news(pool, seen))
            return;
        __builtin_ia32_pause();
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
        seen = newest_job(self->pool);
        work_on(self->pool, self->number);
    }
}

static void wait_until_done(rk_pool *pool, int n_pieces)
{
    for (int i = 0; i < pool->spins; i++) {
        if (atomic_load(&pool->n_done) == n_pieces)
            return;
        __builtin_ia32_pause();
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

/* Let the threads have a job. The old job's tickets are closed first: else a late worker could claim a piece by the new
 * n_pieces. */
static void open_job(rk_pool *pool, int n_pieces, piece_fn *fn, void *arg)
{
    uint64_t next_job = (uint64_t)(newest_job(pool) + 1U) << 32;

    for (int i = 0; i < pool->n_threads; i++)
        atomic_fetch_or(&pool->lanes[i].ticket, UINT32_MAX);
    atomic_store(&pool->n_done, 0);
    atomic_store(&pool->fn, fn);
    atomic_store(&pool->arg, arg);
    atomic_store(&pool->n_pieces, n_pieces);
    for (int i = 0; i < pool->n_threads; i++)
        atomic_store(&pool->lanes[i].ticket, next_job | (uint32_t)run_begin(n_pieces, pool->n_threads, i));
}

void rk_pool_run(rk_pool *pool, int n_pieces, piece_fn *fn, void *arg)
{
    if (pool->n_threads == 1 || n_pieces <= 1) {
        for (int piece = 0; piece < n_pieces; piece++)
            fn(arg, piece, 0);
        return;
    }
    open_job(pool, n_pieces, fn, arg);
    wake_workers(pool, n_pieces - 1);
    work_on(pool, 0);
    wait_until_done(pool, n_pieces);
}

rk_pool *rk_pool_new(int n_threads)
{
    if (n_threads < 1)
        n_threads = 1;
    rk_pool *pool = rk_alloc(1, sizeof *pool + (size_t)n_threads * sizeof(lane));
    if (!pool)
        return NULL;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->done, NULL);
    pool->spins = n_threads <= rk_cpu_count() ? SPINS : 0;
    pool->n_threads = n_threads;
    for (int i = 1; i < n_threads; i++) {
        worker *w = &pool->lanes[i].worker;

        w->pool = pool;
        w->number = i;
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
    for (int i = 1; i < pool->n_threads; i++)
        rk_thread_join(pool->lanes[i].worker.thread);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    rk_free(pool);
}

int rk_pool_threads(const rk_pool *pool)
{
    return pool->n_threads;
}
