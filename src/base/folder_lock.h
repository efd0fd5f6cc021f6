/* A lock on a folder: one process at a time writes into it. */
#ifndef RK_FOLDER_LOCK_H
#define RK_FOLDER_LOCK_H

#include "rocket/status.h"

enum { RK_NO_LOCK = -1 };

/* ROCKET_FAILED: somebody has it. *out: the lock, or RK_NO_LOCK on a file system that knows none. It is freed at the
 * end of the process at the latest, however that comes, and leaves nothing behind. */
ROCKET_NODISCARD rocket_status rk_folder_lock(int *out, const char *folder, rocket_error *err);
void rk_folder_unlock(int lock); /* RK_NO_LOCK is fine */

#endif
