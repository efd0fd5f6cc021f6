/* Stopping: the first signal is remembered, the second one ends the process, a closed pipe does not. */
#include "rk_test.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stop.h"

/* How a child ends that installs the handlers and then raises the signals: its exit code, or minus the signal. */
static int end_of_child(int first, int second)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        rk_stop_install();
        if (rk_stop_requested() || rk_stop_signal() != 0)
            _exit(99);
        raise(first);
        if (second)
            raise(second);
        _exit(rk_stop_requested() ? rk_stop_signal() : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void the_first_signal_is_remembered(void **state)
{
    (void)state;
    assert_int_equal(end_of_child(SIGINT, 0), SIGINT);
    assert_int_equal(end_of_child(SIGTERM, 0), SIGTERM);
    assert_int_equal(end_of_child(SIGINT, SIGTERM), SIGTERM);
}

static void the_second_ends_the_process(void **state)
{
    (void)state;
    assert_int_equal(end_of_child(SIGINT, SIGINT), -SIGINT);
    assert_int_equal(end_of_child(SIGTERM, SIGTERM), -SIGTERM);
}

static void a_closed_pipe_is_no_reason_to_stop(void **state)
{
    (void)state;
    assert_int_equal(end_of_child(SIGPIPE, SIGPIPE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_signal_is_remembered),
        cmocka_unit_test(the_second_ends_the_process),
        cmocka_unit_test(a_closed_pipe_is_no_reason_to_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
