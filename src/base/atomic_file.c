/* Atomic write: a reader of path sees the old file or the new one, never a part, even through a crash.
 *
 * The bytes go to .<name>.<pid>.<n>.tmp in the same folder (rename does not cross file systems), which is fsynced
 * before the rename, and the folder after it. A name that exists and is no regular file (/dev/null, a pipe, a folder)
 * is refused: the rename would put a file in its place. A symbolic link is replaced, not followed. What a killed
 * process leaves is removed when the same file is written again.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "atomic_folder.h"
#include "error.h"
#include "file.h"
#include "mem.h"
#include "number.h"

enum { BUFFER_BYTES = 64 << 10, MAX_ATTEMPTS = 100, LARGE = 1 << 20 /* bytes */ };

struct rk_atomic_file {
    rk_arena arena; /* the paths */
    const char *path, *folder, *temporary;
    int fd;
    int reason; /* errno of the first failure, 0: none; sticky */
    bool large; /* LARGE bytes were written at once */
    size_t used;
    char buffer[BUFFER_BYTES];
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static void release(rk_atomic_file *file)
{
    rk_arena_clear(&file->arena);
    rk_free(file);
}

/* A file nobody else has, under a name that globs skip. The mode is cut by the umask, as for any new file. */
static rocket_status open_temporary(rk_atomic_file *file, rocket_error *err)
{
    static _Atomic unsigned serial;

    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        file->temporary = rk_arena_printf(&file->arena, "%s.%s.%ld.%u.tmp", file->folder, base_name(file->path),
                                          (long)getpid(), atomic_fetch_add(&serial, 1));
        RK_FAIL_IF(!file->temporary, FAILED, err, "%s: out of memory", file->path);
        file->fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (file->fd >= 0)
            return ROCKET_OK;
        if (errno != EEXIST)
            break;
    }
    return rk_fail_errno(err, file->path, "create", errno);
}

static rocket_status check_target(const char *path, rocket_error *err)
{
    struct stat info;

    RK_FAIL_IF(!*base_name(path), FAILED, err, "%s: expected the name of a file", *path ? path : "\"\"");
    RK_FAIL_IF(stat(path, &info) == 0 && !S_ISREG(info.st_mode), FAILED, err, "%s: expected a regular file", path);
    return ROCKET_OK;
}

/* Whether a name is ".<of>.<pid>.<n>.tmp" of a process that is no more, for any <of> where that is NULL: read from its
 * end, for <of> may hold dots. */
static bool is_left_behind(const char *name, const char *of)
{
    static const char suffix[] = ".tmp";
    size_t n = strlen(name), fields[2]; /* where pid and n begin */
    uint64_t number[2];

    if (name[0] != '.' || n < sizeof suffix || strcmp(name + n - (sizeof suffix - 1), suffix) != 0)
        return false;
    size_t end = n - (sizeof suffix - 1);
    for (int i = 1; i >= 0; i--) {
        fields[i] = end;
        while (fields[i] > 0 && name[fields[i] - 1] >= '0' && name[fields[i] - 1] <= '9')
            fields[i]--;
        if (fields[i] < 2 || name[fields[i] - 1] != '.' || !rk_parse_u64(name + fields[i], end - fields[i], &number[i]))
            return false;
        end = fields[i] - 1;
    }
    if (of && (end != strlen(of) + 1 || memcmp(name + 1, of, end - 1) != 0))
        return false;
    return number[0] > 0 && number[0] <= INT_MAX && kill((pid_t)number[0], 0) != 0 && errno == ESRCH;
}

/* What killed processes left of this very file goes before its next version needs the room. As far as that can be done:
 * nothing depends on it. */
static void sweep_name(const rk_atomic_file *file)
{
    DIR *folder = opendir(*file->folder ? file->folder : ".");
    const struct dirent *entry;

    while (folder && (entry = readdir(folder)) != NULL)
        if (is_left_behind(entry->d_name, base_name(file->path)))
            (void)unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder)
        closedir(folder);
}

static rocket_status prepare(rk_atomic_file *file, const char *path, rocket_error *err)
{
    file->path = rk_arena_strdup(&file->arena, path);
    file->folder = rk_arena_strndup(&file->arena, path, (size_t)(base_name(path) - path)); /* "" or with its slash */
    RK_FAIL_IF(rk_arena_failed(&file->arena), FAILED, err, "%s: out of memory", path);
    sweep_name(file);
    return open_temporary(file, err);
}

rocket_status rk_atomic_open(rk_atomic_file **out, const char *path, rocket_error *err)
{
    RK_TRY(check_target(path, err));
    rk_atomic_file *file = rk_alloc(1, sizeof *file);
    RK_FAIL_IF(!file, FAILED, err, "%s: out of memory", path);
    rk_arena_init(&file->arena, 0);
    rocket_status status = prepare(file, path, err);
    if (status != ROCKET_OK)
        release(file);
    else
        *out = file;
    return status;
}

static void write_through(rk_atomic_file *file, const char *bytes, size_t n)
{
    while (n > 0 && file->reason == 0) {
        ssize_t written = write(file->fd, bytes, n);

        if (written < 0) {
            if (errno != EINTR)
                file->reason = errno;
            continue;
        }
        bytes += written;
        n -= (size_t)written;
    }
}

/* What was written goes to the disk now, while the rest is being copied, and its pages are free for the rest: a
 * checkpoint is seldom read soon, and would push out the training data. */
static void let_go(const rk_atomic_file *file)
{
    (void)posix_fadvise(file->fd, 0, 0, POSIX_FADV_DONTNEED);
}

static void flush(rk_atomic_file *file)
{
    write_through(file, file->buffer, file->used);
    file->used = 0;
}

void rk_atomic_write(rk_atomic_file *file, const void *bytes, size_t n)
{
    if (n > sizeof file->buffer - file->used)
        flush(file);
    if (n > sizeof file->buffer) {
        write_through(file, bytes, n);
        file->large |= n >= LARGE;
        if (file->large)
            let_go(file);
        return;
    }
    if (n > 0)
        memcpy(file->buffer + file->used, bytes, n);
    file->used += n;
}

/* A folder that cannot be opened or synced (some network file systems) does not undo the rename, but the promise that
 * the new file survives a crash would be broken: so it is an error. */
static rocket_status sync_folder(const rk_atomic_file *file, rocket_error *err)
{
    int fd = open(*file->folder ? file->folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int reason = fd < 0 || fsync(fd) != 0 ? errno : 0;

    if (fd >= 0)
        close(fd);
    return reason ? rk_fail_errno(err, file->path, "sync the folder of", reason) : ROCKET_OK;
}

rocket_status rk_atomic_commit(rk_atomic_file *file, rocket_error *err)
{
    rocket_status status = ROCKET_OK;

    flush(file);
    if (file->reason == 0 && fsync(file->fd) != 0)
        file->reason = errno;
    if (file->large)
        let_go(file);
    if (close(file->fd) != 0 && file->reason == 0)
        file->reason = errno;
    if (file->reason == 0 && rename(file->temporary, file->path) != 0)
        file->reason = errno;
    if (file->reason != 0) {
        status = rk_fail_errno(err, file->path, "write", file->reason);
        unlink(file->temporary);
    } else {
        status = sync_folder(file, err);
    }
    release(file);
    return status;
}

void rk_atomic_abort(rk_atomic_file *file)
{
    if (!file)
        return;
    close(file->fd);
    unlink(file->temporary);
    release(file);
}

static rocket_status sweep(const char *folder, rk_arena *arena, rocket_error *err)
{
    rk_paths files;

    RK_TRY(rk_list_dir(&files, arena, folder, err));
    for (size_t i = 0; i < files.n; i++) {
        if (!is_left_behind(base_name(files.path[i]), NULL))
            continue;
        const char *path = rk_arena_printf(arena, "%s/%s", folder, base_name(files.path[i]));
        RK_FAIL_IF(!path, FAILED, err, "%s: out of memory", folder);
        RK_TRY(rk_file_is_folder(path) ? rk_folder_remove(path, err) : rk_file_remove(path, err));
    }
    return ROCKET_OK;
}

rocket_status rk_atomic_sweep(const char *folder, rocket_error *err)
{
    rk_arena arena;

    rk_arena_init(&arena, 0);
    rocket_status status = sweep(folder, &arena, err);
    rk_arena_clear(&arena);
    return status;
}

rocket_status rk_file_write(const char *path, const void *bytes, size_t n, rocket_error *err)
{
    rk_atomic_file *file;

    RK_TRY(rk_atomic_open(&file, path, err));
    rk_atomic_write(file, bytes, n);
    return rk_atomic_commit(file, err);
}
