/* See saver.h. */
#include "saver.h"

#include "checkpoint.h"
#include "error.h"

static void commit(void *arg)
{
    rk_saver *saver = arg;
    rocket_status status = rk_atomic_commit(saver->file, &saver->error);

    if (status == ROCKET_OK)
        status = rk_checkpoint_prune(saver->save.folder, saver->save.keep, &saver->error);
    saver->error.status = status;
    atomic_store(&saver->done, true);
}

rocket_status rk_saver_start(rk_saver *saver, rk_atomic_file *file, const rk_save *save, rocket_error *err)
{
    *saver = (rk_saver){ .file = file, .save = *save };
    saver->thread = rk_thread_start(commit, saver);
    if (saver->thread != NULL)
        return ROCKET_OK;
    rk_atomic_abort(file);
    return rk_fail(err, ROCKET_FAILED, "%s: cannot start a thread to write it", save->path);
}

bool rk_saver_done(const rk_saver *saver)
{
    return saver->thread != NULL && atomic_load(&saver->done);
}

rocket_status rk_saver_collect(rk_save *saved, rk_saver *saver, rocket_error *err)
{
    *saved = (rk_save){ 0 };
    if (saver->thread == NULL)
        return ROCKET_OK;
    rk_thread_join(saver->thread);
    saver->thread = NULL;
    RK_FAIL_IF(saver->error.status != ROCKET_OK, FAILED, err, "%s", saver->error.text);
    *saved = saver->save;
    return ROCKET_OK;
}
