/* Threads and the number of usable processors. */
#include "rk_test.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include "mem.h"
#include "pool.h"

static void look_at_signals(void *arg)
{
    sigset_t blocked;

    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    *(bool *)arg = sigismember(&blocked, SIGTERM) == 1 && sigismember(&blocked, SIGINT) == 1;
}

static void signals_are_blocked_in_threads_only(void **state)
{
    bool blocked = false;
    sigset_t ours;
    rk_thread *thread = rk_thread_start(look_at_signals, &blocked);

    (void)state;
    assert_non_null(thread);
    rk_thread_join(thread);
    assert_true(blocked);
    pthread_sigmask(SIG_SETMASK, NULL, &ours);
    assert_int_equal(sigismember(&ours, SIGTERM), 0);
    rk_thread_join(NULL);
    rk_alloc_fail_at(1);
    assert_null(rk_thread_start(look_at_signals, &blocked));
}

static void affinity_is_respected(void **state)
{
    cpu_set_t before, one;
    int n = rk_cpu_count();

    (void)state;
    assert_true(n >= 1);
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    assert_true(n <= CPU_COUNT(&before));
    CPU_ZERO(&one);
    for (size_t i = 0; CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &before))
            CPU_SET(i, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    assert_int_equal(rk_cpu_count(), 1);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    assert_int_equal(rk_cpu_count(), n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_are_blocked_in_threads_only),
        cmocka_unit_test(affinity_is_respected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
