/* A checkpoint's last way, beside training: its bytes have been handed to the kernel, a thread waits until the disk has
 * them, gives the file its name, and removes the checkpoints that are one too many.
 *
 * One at a time: who starts the next one collects the last one first. What went wrong is told by whoever collects.
 * Until the thread is through the older checkpoints are what a killed run resumes from.
 */
#ifndef RK_SAVER_H
#define RK_SAVER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "file.h"
#include "pool.h"

typedef struct rk_save {
    const char *path, *folder; /* of the file; borrowed until it is collected */
    uint64_t step, keep;       /* so many of the newest checkpoints stay in folder, 0: all */
} rk_save;

/* Starts from {0}. */
typedef struct rk_saver {
    rk_thread *thread; /* NULL: nothing to collect */
    rk_atomic_file *file;
    rk_save save;
    rocket_error error;
    atomic_bool done;
} rk_saver;

/* file is the saver's from now on, also if this fails. Nothing may be left to collect. */
ROCKET_NODISCARD rocket_status rk_saver_start(rk_saver *saver, rk_atomic_file *file, const rk_save *save,
                                              rocket_error *err);

/* Whether there is something to collect without waiting. */
bool rk_saver_done(const rk_saver *saver);

/* Wait for it. *saved: what is on the disk now; path NULL: nothing was to be collected. */
ROCKET_NODISCARD rocket_status rk_saver_collect(rk_save *saved, rk_saver *saver, rocket_error *err);

#endif
