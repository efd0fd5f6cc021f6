/* The queue: order, bound, closing, several producers and consumers. */
#include "rk_test.h"

#include <stdatomic.h>
#include <unistd.h>

#include "mem.h"
#include "pool.h"

static void items_come_out_in_order(void **state)
{
    rk_queue *queue = rk_queue_new(3);
    int values[10];
    void *item;

    (void)state;
    assert_false(rk_queue_try_pop(queue, &item));
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 3; i++)
            assert_true(rk_queue_push(queue, &values[i]));
        for (int i = 0; i < 3; i++) {
            assert_true(i % 2 ? rk_queue_pop(queue, &item) : rk_queue_try_pop(queue, &item));
            assert_ptr_equal(item, &values[i]);
        }
        rk_queue_push(queue, &values[9]); /* moves the ring on by one */
        rk_queue_pop(queue, &item);
    }
    rk_queue_free(queue);
    rk_queue_free(NULL);
}

static void what_is_pushed_to_the_front_comes_first(void **state)
{
    rk_queue *queue = rk_queue_new(3);
    int values[3];
    void *item;

    (void)state;
    for (int round = 0; round < 4; round++) { /* from every place of the ring */
        assert_true(rk_queue_push(queue, &values[1]));
        assert_true(rk_queue_push_front(queue, &values[0]));
        assert_true(rk_queue_push(queue, &values[2]));
        for (int i = 0; i < 3; i++) {
            assert_true(rk_queue_pop(queue, &item));
            assert_ptr_equal(item, &values[i]);
        }
        rk_queue_push(queue, &values[0]); /* moves the ring on by one */
        rk_queue_pop(queue, &item);
    }
    rk_queue_close(queue);
    assert_false(rk_queue_push_front(queue, &values[0]));
    rk_queue_free(queue);
}

static void a_closed_queue_drains(void **state)
{
    rk_queue *queue = rk_queue_new(2);
    int a;
    void *item = NULL;

    (void)state;
    assert_true(rk_queue_push(queue, &a));
    rk_queue_close(queue);
    assert_false(rk_queue_push(queue, &a));
    assert_true(rk_queue_pop(queue, &item));
    assert_ptr_equal(item, &a);
    item = NULL;
    assert_false(rk_queue_pop(queue, &item));
    assert_false(rk_queue_try_pop(queue, &item));
    assert_null(item);
    rk_queue_free(queue);
}

enum { N_ITEMS = 20000 };

typedef struct traffic {
    rk_queue *queue;
    _Atomic int pushed, popped, most_waiting;
    _Atomic long sum;
} traffic;

static void produce(void *arg)
{
    traffic *t = arg;

    for (int i; (i = atomic_fetch_add(&t->pushed, 1)) < N_ITEMS;)
        if (!rk_queue_push(t->queue, (void *)(uintptr_t)(i + 1)))
            return;
}

static void consume(void *arg)
{
    traffic *t = arg;
    void *item;

    while (rk_queue_pop(t->queue, &item)) {
        atomic_fetch_add(&t->sum, (long)(uintptr_t)item);
        atomic_fetch_add(&t->popped, 1);
    }
}

static void many_threads_lose_nothing(void **state)
{
    traffic t = { .queue = rk_queue_new(5) };
    rk_thread *producers[3], *consumers[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        producers[i] = rk_thread_start(produce, &t);
        consumers[i] = rk_thread_start(consume, &t);
    }
    for (int i = 0; i < 3; i++)
        rk_thread_join(producers[i]);
    rk_queue_close(t.queue);
    for (int i = 0; i < 3; i++)
        rk_thread_join(consumers[i]);
    assert_int_equal(atomic_load(&t.popped), N_ITEMS);
    assert_int_equal(atomic_load(&t.sum), (long)N_ITEMS * (N_ITEMS + 1) / 2);
    rk_queue_free(t.queue);
}

static void push_until_closed(void *arg)
{
    traffic *t = arg;

    while (rk_queue_push(t->queue, t))
        atomic_fetch_add(&t->pushed, 1);
}

static void closing_wakes_a_waiting_producer(void **state)
{
    traffic t = { .queue = rk_queue_new(4) };
    rk_thread *producer = rk_thread_start(push_until_closed, &t);

    (void)state;
    for (int i = 0; i < 1000 && atomic_load(&t.pushed) < 4; i++)
        usleep(1000);
    usleep(5000);
    assert_int_equal(atomic_load(&t.pushed), 4); /* full: it waits */
    rk_queue_close(t.queue);
    rk_thread_join(producer);
    assert_int_equal(atomic_load(&t.pushed), 4);
    rk_queue_free(t.queue);
}

static void no_memory_no_queue(void **state)
{
    (void)state;
    assert_null(rk_queue_new(SIZE_MAX / 4));
    rk_alloc_fail_at(1);
    assert_null(rk_queue_new(1));
    assert_int_equal(rk_alloc_live_bytes(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_come_out_in_order),
        cmocka_unit_test(what_is_pushed_to_the_front_comes_first),
        cmocka_unit_test(a_closed_queue_drains),
        cmocka_unit_test(many_threads_lose_nothing),
        cmocka_unit_test(closing_wakes_a_waiting_producer),
        cmocka_unit_test(no_memory_no_queue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
