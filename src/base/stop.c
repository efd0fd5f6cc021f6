/* Stopping on a signal. The handler does the one thing that is safe in it, storing the signal's number; whoever runs a
 * long loop asks, saves its state and returns ROCKET_STOPPED. SA_RESETHAND gives the second signal its usual effect, so
 * that a run that does not react can still be ended from the keyboard. Both signals share nothing else: SIGTERM after
 * SIGINT is caught too, and the number kept is the last one.
 */
#include "stop.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t stopped_by;

static void handle(int signal_number)
{
    stopped_by = signal_number;
}

void rk_stop_install(void)
{
    struct sigaction action = { .sa_handler = handle, .sa_flags = (int)SA_RESETHAND };

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL); /* fails for invalid signals only */
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    action.sa_flags = 0;
    sigaction(SIGPIPE, &action, NULL);
}

bool rk_stop_requested(void)
{
    return stopped_by != 0;
}

int rk_stop_signal(void)
{
    return (int)stopped_by;
}
