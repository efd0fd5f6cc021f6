/* Threads of our own, and how many are worth starting.
 *
 * Signals are blocked in every thread we start, so that they are delivered to the main thread, which knows what to do.
 * The number of processors is what this process may use: its affinity mask, cut by the CPU quotas of its control groups
 * (a container that may use 2 of 64 processors would otherwise start 64 threads and be throttled).
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "pool.h"

enum { PATH_BYTES = 4096 };

struct rk_thread {
    pthread_t id;
    void (*fn)(void *arg);
    void *arg;
};

static void *thread_main(void *arg)
{
    rk_thread *thread = arg;

    thread->fn(thread->arg);
    return NULL;
}

rk_thread *rk_thread_start(void (*fn)(void *arg), void *arg)
{
    rk_thread *thread = rk_alloc(1, sizeof *thread);
    sigset_t all, before;

    if (!thread)
        return NULL;
    thread->fn = fn;
    thread->arg = arg;
    /* The mask is inherited: block around the creation, or a signal could still slip into the new thread. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&thread->id, NULL, thread_main, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) {
        rk_free(thread);
        return NULL;
    }
    return thread;
}

void rk_thread_join(rk_thread *thread)
{
    if (!thread)
        return;
    pthread_join(thread->id, NULL);
    rk_free(thread);
}

/* Two numbers of a cgroup file, 0 where there is none ("max" is no number: no quota). */
static bool read_numbers(const char *path, long *first, long *second)
{
    FILE *file = fopen(path, "re");

    *first = *second = 0;
    if (!file)
        return false;
    int n = fscanf(file, "%ld %ld", first, second);
    fclose(file);
    return n >= 1;
}

/* Processors that a quota of `quota` in `period` microseconds is worth, rounded up; no quota: n. */
static int apply_quota(int n, long quota, long period)
{
    if (quota <= 0 || period <= 0)
        return n;
    long worth = (quota + period - 1) / period;
    return worth < n ? (int)worth : n;
}

/* cgroup v2: the smallest cpu.max from our own group up to the root of what we can see. */
static int cgroup2_limit(int n)
{
    char group[PATH_BYTES] = "", path[PATH_BYTES + 64], line[PATH_BYTES];
    FILE *file = fopen("/proc/self/cgroup", "re");
    long quota, period;

    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "0::", 3) == 0)
            snprintf(group, sizeof group, "%.*s", (int)strcspn(line + 3, "\n"), line + 3);
    if (file)
        fclose(file);
    for (;;) {
        snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", group);
        if (read_numbers(path, &quota, &period))
            n = apply_quota(n, quota, period);
        char *slash = strrchr(group, '/');
        if (!slash)
            return n;
        *slash = '\0';
    }
}

static int cgroup1_limit(int n)
{
    long quota, period, unused;

    if (read_numbers("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", &quota, &unused) &&
        read_numbers("/sys/fs/cgroup/cpu/cpu.cfs_period_us", &period, &unused))
        return apply_quota(n, quota, period);
    return n;
}

int rk_cpu_count(void)
{
    cpu_set_t set;
    int n = 1;

    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        n = CPU_COUNT(&set);
    else if (sysconf(_SC_NPROCESSORS_ONLN) > 0) /* more processors than the mask holds */
        n = (int)sysconf(_SC_NPROCESSORS_ONLN);
    n = cgroup1_limit(cgroup2_limit(n));
    return n > 1 ? n : 1;
}
