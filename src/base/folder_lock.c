/* flock(2) on the folder itself: no file that a killed process would leave, and nothing to tell stale locks by. */
#include "folder_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/file.h>
#include <unistd.h>

#include "error.h"

rocket_status rk_folder_lock(int *out, const char *folder, rocket_error *err)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return rk_fail_errno(err, folder, "open", errno);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        *out = fd;
        return ROCKET_OK;
    }
    bool taken = errno == EWOULDBLOCK;
    close(fd);
    RK_FAIL_IF(taken, FAILED, err, "%s: another process is writing into this folder", folder);
    *out = RK_NO_LOCK;
    return ROCKET_OK;
}

void rk_folder_unlock(int lock)
{
    if (lock >= 0)
        close(lock);
}
