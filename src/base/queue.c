/* Bounded queue between stages: a ring under one lock. Stages hand over whole batches, a few hundred times a second, so
 * a lock-free queue would buy nothing here.
 *
 * Closing means "nothing more will come": pushes are refused at once, pops still drain what is there.
 */
#include <pthread.h>

#include "mem.h"
#include "pool.h"

struct rk_queue {
    pthread_mutex_t lock;
    pthread_cond_t not_full, not_empty;
    size_t capacity, first, size;
    bool closed;
    void *items[];
};

rk_queue *rk_queue_new(size_t capacity)
{
    size_t bytes;

    if (capacity == 0)
        capacity = 1;
    if (__builtin_mul_overflow(capacity, sizeof(void *), &bytes) ||
        __builtin_add_overflow(bytes, sizeof(rk_queue), &bytes))
        return NULL;
    rk_queue *queue = rk_alloc(1, bytes);
    if (!queue)
        return NULL;
    pthread_mutex_init(&queue->lock, NULL); /* default attributes: cannot fail here */
    pthread_cond_init(&queue->not_full, NULL);
    pthread_cond_init(&queue->not_empty, NULL);
    queue->capacity = capacity;
    return queue;
}

void rk_queue_free(rk_queue *queue)
{
    if (!queue)
        return;
    pthread_cond_destroy(&queue->not_empty);
    pthread_cond_destroy(&queue->not_full);
    pthread_mutex_destroy(&queue->lock);
    rk_free(queue);
}

static bool push(rk_queue *queue, void *item, bool front)
{
    pthread_mutex_lock(&queue->lock);
    while (queue->size == queue->capacity && !queue->closed)
        pthread_cond_wait(&queue->not_full, &queue->lock);
    bool open = !queue->closed;
    if (open) {
        if (front)
            queue->first = (queue->first + queue->capacity - 1) % queue->capacity;
        queue->items[(queue->first + (front ? 0 : queue->size)) % queue->capacity] = item;
        queue->size++;
        pthread_cond_signal(&queue->not_empty);
    }
    pthread_mutex_unlock(&queue->lock);
    return open;
}

bool rk_queue_push(rk_queue *queue, void *item)
{
    return push(queue, item, false);
}

bool rk_queue_push_front(rk_queue *queue, void *item)
{
    return push(queue, item, true);
}

/* With the lock held: the first item, if there is one. */
static bool take(rk_queue *queue, void **item)
{
    if (queue->size == 0)
        return false;
    *item = queue->items[queue->first];
    queue->first = (queue->first + 1) % queue->capacity;
    queue->size--;
    pthread_cond_signal(&queue->not_full);
    return true;
}

bool rk_queue_pop(rk_queue *queue, void **item)
{
    pthread_mutex_lock(&queue->lock);
    while (queue->size == 0 && !queue->closed)
        pthread_cond_wait(&queue->not_empty, &queue->lock);
    bool taken = take(queue, item);
    pthread_mutex_unlock(&queue->lock);
    return taken;
}

bool rk_queue_try_pop(rk_queue *queue, void **item)
{
    pthread_mutex_lock(&queue->lock);
    bool taken = take(queue, item);
    pthread_mutex_unlock(&queue->lock);
    return taken;
}

void rk_queue_close(rk_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->not_full);
    pthread_cond_broadcast(&queue->not_empty);
    pthread_mutex_unlock(&queue->lock);
}
