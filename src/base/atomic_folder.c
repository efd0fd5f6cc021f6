/* See atomic_folder.h. The place is .<name>.<pid>.0.tmp beside the folder: a name that servers skip, and by which
 * rk_atomic_sweep knows what was left. rename() would replace an empty folder of the same name; any other is refused,
 * also one that has come since the start. */
#include "atomic_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "file.h"
#include "mem.h"

struct rk_atomic_folder {
    rk_arena arena; /* the paths */
    const char *path, *parent, *place;
};

static void release(rk_atomic_folder *folder)
{
    rk_arena_clear(&folder->arena);
    rk_free(folder);
}

static rocket_status prepare(rk_atomic_folder *folder, const char *path, rocket_error *err)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;

    folder->path = rk_arena_strdup(&folder->arena, path);
    folder->parent =
        slash == NULL ? "." : rk_arena_strndup(&folder->arena, path, (size_t)(slash > path ? slash - path : 1));
    folder->place = rk_arena_printf(&folder->arena, "%s/.%s.%ld.0.tmp", folder->parent, name, (long)getpid());
    RK_FAIL_IF(rk_arena_failed(&folder->arena), FAILED, err, "%s: out of memory", path);
    RK_FAIL_IF(*name == '\0', FAILED, err, "%s: expected the name of a folder", path);
    RK_FAIL_IF(rk_file_exists(path), FAILED, err, "%s: exists already", path);
    RK_TRY(rk_atomic_sweep(folder->parent, err));
    if (mkdir(folder->place, 0777) != 0)
        return rk_fail_errno(err, path, "make folder", errno);
    return ROCKET_OK;
}

rocket_status rk_atomic_folder_open(rk_atomic_folder **out, const char *path, rocket_error *err)
{
    rk_atomic_folder *folder = rk_alloc(1, sizeof *folder);

    RK_FAIL_IF(folder == NULL, FAILED, err, "%s: out of memory", path);
    rk_arena_init(&folder->arena, 0);
    rocket_status status = prepare(folder, path, err);
    if (status != ROCKET_OK)
        release(folder);
    else
        *out = folder;
    return status;
}

const char *rk_atomic_folder_place(const rk_atomic_folder *folder)
{
    return folder->place;
}

static rocket_status sync_folder(const char *path, rocket_error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int reason = fd < 0 || fsync(fd) != 0 ? errno : 0;

    if (fd >= 0)
        close(fd);
    return reason != 0 ? rk_fail_errno(err, path, "sync the folder", reason) : ROCKET_OK;
}

static rocket_status commit(const rk_atomic_folder *folder, rocket_error *err)
{
    RK_TRY(sync_folder(folder->place, err));
    if (rename(folder->place, folder->path) != 0)
        return rk_fail_errno(err, folder->path, "make folder", errno);
    return sync_folder(folder->parent, err);
}

rocket_status rk_atomic_folder_commit(rk_atomic_folder *folder, rocket_error *err)
{
    rocket_status status = commit(folder, err);

    rk_atomic_folder_abort(folder);
    return status;
}

void rk_atomic_folder_abort(rk_atomic_folder *folder)
{
    if (folder == NULL)
        return;
    rocket_status ignored = rk_folder_remove(folder->place, NULL);
    (void)ignored;
    release(folder);
}

static rocket_status remove_files(const char *path, rk_arena *arena, rocket_error *err)
{
    rk_paths files;

    RK_TRY(rk_list_dir(&files, arena, path, err));
    for (size_t i = 0; i < files.n; i++) {
        const char *file = rk_arena_printf(arena, "%s/%s", path, files.path[i]);

        RK_FAIL_IF(file == NULL, FAILED, err, "%s: out of memory", path);
        RK_TRY(rk_file_remove(file, err));
    }
    return ROCKET_OK;
}

rocket_status rk_folder_remove(const char *path, rocket_error *err)
{
    rk_arena arena;

    if (!rk_file_is_folder(path))
        return ROCKET_OK;
    rk_arena_init(&arena, 0);
    rocket_status status = remove_files(path, &arena, err);
    rk_arena_clear(&arena);
    if (status == ROCKET_OK && rmdir(path) != 0 && errno != ENOENT)
        status = rk_fail_errno(err, path, "remove", errno);
    return status;
}
