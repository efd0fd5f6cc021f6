/* Asking a run to stop: SIGINT and SIGTERM set a flag that long loops look at. */
#ifndef RK_STOP_H
#define RK_STOP_H

#include <stdbool.h>

/* Catch SIGINT and SIGTERM from now on; a second one ends the program at once. SIGPIPE is ignored: writes fail. */
void rk_stop_install(void);
bool rk_stop_requested(void);
int rk_stop_signal(void); /* 0: none */

#endif
