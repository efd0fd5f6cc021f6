/* A new folder that is there whole or not at all: whoever polls its parent (a server that waits for versions) never
 * sees a part. Files are written where rk_atomic_folder_place says, each flushed by its writer (rk_atomic_*); commit
 * renames the place. What is left by writers that were killed is removed by the next one for the same parent. */
#ifndef RK_ATOMIC_FOLDER_H
#define RK_ATOMIC_FOLDER_H

#include "rocket/status.h"

typedef struct rk_atomic_folder rk_atomic_folder;

/* ROCKET_FAILED when path exists already, or its parent does not. */
ROCKET_NODISCARD rocket_status rk_atomic_folder_open(rk_atomic_folder **out, const char *path, rocket_error *err);
const char *rk_atomic_folder_place(const rk_atomic_folder *folder);
ROCKET_NODISCARD rocket_status rk_atomic_folder_commit(rk_atomic_folder *folder, rocket_error *err); /* frees it */
void rk_atomic_folder_abort(rk_atomic_folder *folder); /* removes the place. NULL is fine */

/* Remove a folder and the files in it; folders in it are an error. Absent is fine. */
ROCKET_NODISCARD rocket_status rk_folder_remove(const char *path, rocket_error *err);

#endif
