/* See stop.h. The handler only stores the signal's number; SA_RESETHAND makes the second signal fatal. */
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
    struct sigaction action = {.sa_handler = handle, .sa_flags = (int)SA_RESETHAND};

    sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    action.sa_flags = 0;
    (void)sigaction(SIGPIPE, &action, NULL);
}

bool rk_stop_requested(void)
{
    return stopped_by != 0;
}

int rk_stop_signal(void)
{
    return (int)stopped_by;
}
