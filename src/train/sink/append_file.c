/* Plain write(2) without a buffer: what a sink has told is in the kernel's hands when the call returns, so that kill -9
 * loses nothing. A write that comes back short is continued, one that fails names the file and the system's reason.
 */
#include "append_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "mem.h"

rocket_status rk_append_open(rk_append_file *out, const char *path, bool anew, bool *existed, rocket_error *err)
{
    char *copy = rk_strdup(path);
    int fd;

    RK_FAIL_IF(!copy, FAILED, err, "%s: no memory to open it", path);
    fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | (anew ? O_EXCL : 0), 0644);
    if (fd < 0) {
        rk_free(copy);
        if (existed)
            *existed = errno == EEXIST;
        return rk_fail_errno(err, path, "open", errno);
    }
    *out = (rk_append_file){ .path = copy, .fd = fd };
    return ROCKET_OK;
}

rocket_status rk_append_write(rk_append_file *file, const void *bytes, size_t n, rocket_error *err)
{
    const char *at = bytes;

    while (n > 0) {
        ssize_t written = write(file->fd, at, n);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return rk_fail_errno(err, file->path, "write", errno);
        at += written;
        n -= (size_t)written;
    }
    return ROCKET_OK;
}

rocket_status rk_append_sync(rk_append_file *file, rocket_error *err)
{
    return fsync(file->fd) == 0 ? ROCKET_OK : rk_fail_errno(err, file->path, "sync", errno);
}

rocket_status rk_append_close(rk_append_file *file, rocket_error *err)
{
    rocket_status status = ROCKET_OK;

    if (!file->path)
        return ROCKET_OK;
    if (close(file->fd) != 0)
        status = rk_fail_errno(err, file->path, "close", errno);
    rk_free(file->path);
    *file = (rk_append_file){ 0 };
    return status;
}
