/* Threads: a pool that runs numbered pieces, and a bounded queue between stages.
 *
 * Which thread runs which piece is left to chance; results must depend on the piece's number only. Idle workers
 * spin for a few microseconds and then sleep, since a spinning barrier collapses when its core is taken away.
 */
#ifndef RK_POOL_H
#define RK_POOL_H

#include <stdbool.h>
#include <stddef.h>

typedef struct rk_pool rk_pool;

rk_pool *rk_pool_new(int n_threads); /* n_threads >= 1 counts the caller; NULL without memory or threads */
void rk_pool_free(rk_pool *pool);
int rk_pool_threads(const rk_pool *pool);

/* Run fn(arg, piece, thread) for piece = 0 ... n_pieces-1 and return when all are done. thread < rk_pool_threads().
 * The caller takes part. Not reentrant. */
void rk_pool_run(rk_pool *pool, int n_pieces, void (*fn)(void *arg, int piece, int thread), void *arg);

int rk_cpu_count(void); /* usable processors (affinity and cgroup quota respected), at least 1 */

/* Bounded queue of pointers for one or more producers and consumers: first in, first out, but for what is pushed to the
 * front. */
typedef struct rk_queue rk_queue;

rk_queue *rk_queue_new(size_t capacity);
void rk_queue_free(rk_queue *queue);
bool rk_queue_push(rk_queue *queue, void *item);       /* waits for room; false once closed */
bool rk_queue_push_front(rk_queue *queue, void *item); /* the same; the next pop takes it */
bool rk_queue_pop(rk_queue *queue, void **item);       /* waits for an item; false once closed and empty */
bool rk_queue_try_pop(rk_queue *queue, void **item);
void rk_queue_close(rk_queue *queue); /* wakes everybody */

typedef struct rk_thread rk_thread;

rk_thread *rk_thread_start(void (*fn)(void *arg), void *arg); /* NULL on failure; signals are blocked in it */
void rk_thread_join(rk_thread *thread);                       /* NULL is fine */

#endif
