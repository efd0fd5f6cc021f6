/* Asking a run to stop: SIGINT and SIGTERM set a flag that long loops look at. */
#ifndef RK_STOP_H
#define RK_STOP_H

#include <stdbool.h>

void rk_stop_install(void);      /* catch SIGINT and SIGTERM; a second one ends the program at once; SIGPIPE is ignored */
bool rk_stop_requested(void);
int rk_stop_signal(void);        /* 0: none */

#endif
