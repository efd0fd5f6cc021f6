/* Files as wholes: mapping, reading, folders, the clock.
 *
 * Errors name the path and the system's reason. A map is read-only and private; it keeps the bytes alive after the
 * file was replaced by an atomic write (the old inode lives as long as it is mapped). Writing stands in atomic_file.c.
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "mem.h"
#include "utf8.h"

enum { READ_BYTES = 64 << 10 };

static _Atomic uint64_t fail_countdown; /* 0: off */

void rk_file_fail_at(uint64_t n)
{
    atomic_store(&fail_countdown, n);
}

bool rk_file_fail_pending(void)
{
    return atomic_load(&fail_countdown) > 0;
}

/* True for the one call that a test wants to see fail. */
static bool must_fail(void)
{
    uint64_t left = atomic_load_explicit(&fail_countdown, memory_order_relaxed);

    while (left > 0)
        if (atomic_compare_exchange_weak(&fail_countdown, &left, left - 1)) {
            errno = left == 1 ? EIO : errno;
            return left == 1;
        }
    return false;
}

static rocket_status open_for_reading(int *out, const char *path, rocket_error *err)
{
    int fd = must_fail() ? -1 : open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return rk_fail_errno(err, path, "open", errno);
    *out = fd;
    return ROCKET_OK;
}

static rocket_status map_open_file(rk_map_file *out, int fd, const char *path, rocket_error *err)
{
    struct stat info;

    if (must_fail() || fstat(fd, &info) != 0)
        return rk_fail_errno(err, path, "stat", errno);
    RK_FAIL_IF(!S_ISREG(info.st_mode), FAILED, err, "%s: expected a regular file", path);
    if (info.st_size == 0) {
        *out = (rk_map_file){ NULL, 0 };
        return ROCKET_OK;
    }
    void *data = must_fail() ? MAP_FAILED : mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED)
        return rk_fail_errno(err, path, "map", errno);
    *out = (rk_map_file){ data, (size_t)info.st_size };
    return ROCKET_OK;
}

rocket_status rk_file_map(rk_map_file *out, const char *path, rocket_error *err)
{
    int fd;

    RK_TRY(open_for_reading(&fd, path, err));
    rocket_status status = map_open_file(out, fd, path, err);
    close(fd);
    return status;
}

rocket_status rk_file_load(const rk_map_file *map, const char *path, rocket_error *err)
{
    if (map->size == 0)
        return ROCKET_OK;
    bool failed = must_fail() || madvise((void *)(uintptr_t)map->data, map->size, MADV_POPULATE_READ) != 0;
    if (failed && errno != EINVAL && errno != ENOSYS) /* before Linux 5.14 */
        return rk_fail_errno(err, path, "read", errno);
    return ROCKET_OK;
}

void rk_file_unmap(rk_map_file *map)
{
    if (map->data)
        munmap((void *)(uintptr_t)map->data, map->size);
    *map = (rk_map_file){ NULL, 0 };
}

/* Devices are refused: some of them never end. */
static rocket_status read_all(rk_buf *buf, int fd, const char *path, rocket_error *err)
{
    char chunk[READ_BYTES];
    struct stat info;

    if (must_fail() || fstat(fd, &info) != 0)
        return rk_fail_errno(err, path, "stat", errno);
    RK_FAIL_IF(!S_ISREG(info.st_mode) && !S_ISFIFO(info.st_mode), FAILED, err, "%s: expected a regular file or a pipe",
               path);
    for (;;) {
        ssize_t n = must_fail() ? -1 : read(fd, chunk, sizeof chunk);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return rk_fail_errno(err, path, "read", errno);
        if (n == 0)
            return ROCKET_OK;
        rk_buf_append(buf, chunk, (size_t)n);
        if (rk_buf_failed(buf))
            return buf->max && buf->size + (size_t)n > buf->max
                       ? rk_fail(err, ROCKET_FAILED, "%s: expected at most %zu bytes, found more", path, buf->max)
                       : rk_fail(err, ROCKET_FAILED, "%s: out of memory", path);
    }
}

rocket_status rk_file_read(rk_buf *buf, const char *path, rocket_error *err)
{
    int fd;

    RK_TRY(open_for_reading(&fd, path, err));
    rocket_status status = read_all(buf, fd, path, err);
    close(fd);
    return status;
}

rocket_status rk_file_read_text(rk_buf *buf, const char *path, rocket_error *err)
{
    size_t begin = buf->size;

    RK_TRY(rk_file_read(buf, path, err));
    if (buf->size - begin < RK_UTF8_MARK_BYTES || !rk_utf8_marked(buf->data + begin, buf->size - begin))
        return ROCKET_OK;
    buf->size -= RK_UTF8_MARK_BYTES;
    memmove(buf->data + begin, buf->data + begin + RK_UTF8_MARK_BYTES, buf->size - begin + 1); /* and the NUL */
    return ROCKET_OK;
}

static rocket_status make_folder(const char *path, rocket_error *err)
{
    struct stat info;

    if (mkdir(path, 0777) == 0)
        return ROCKET_OK;
    int reason = errno;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return ROCKET_OK;
    errno = reason == EEXIST ? ENOTDIR : reason;
    return rk_fail_errno(err, path, "make folder", errno);
}

/* Each folder of the path in turn; text is cut at each slash and mended again. */
static rocket_status make_folders(char *text, rocket_error *err)
{
    for (char *c = text + 1; *c; c++) {
        if (*c != '/' || c[-1] == '/')
            continue;
        *c = '\0';
        RK_TRY(make_folder(text, err));
        *c = '/';
    }
    return make_folder(text, err);
}

rocket_status rk_mkdirs(const char *path, rocket_error *err)
{
    RK_FAIL_IF(!*path, FAILED, err, "cannot make a folder without a name");
    char *text = rk_strdup(path);
    RK_FAIL_IF(!text, FAILED, err, "%s: out of memory", path);
    rocket_status status = make_folders(text, err);
    rk_free(text);
    return status;
}

bool rk_file_exists(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0;
}

bool rk_file_is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool rk_file_is_same(const char *a, const char *b)
{
    struct stat x, y;

    return stat(a, &x) == 0 && stat(b, &y) == 0 && S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

rocket_status rk_file_remove(const char *path, rocket_error *err)
{
    if (unlink(path) != 0 && errno != ENOENT)
        return rk_fail_errno(err, path, "remove", errno);
    return ROCKET_OK;
}

double rk_now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
