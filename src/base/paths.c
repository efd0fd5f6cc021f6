/* Lists of paths, sorted by their bytes: the order of input files decides the order of training rows, so it may depend
 * neither on the file system nor on the locale (which is why glob's own sorting is switched off).
 */
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "file.h"
#include "mem.h"

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static rocket_status fail_memory(rocket_error *err, const char *path)
{
    return rk_fail(err, ROCKET_FAILED, "%s: out of memory", path);
}

/* Appends to a list whose array grows in the arena by doubling; *capacity is the caller's. */
static void add_path(rk_paths *paths, size_t *capacity, rk_arena *arena, const char *path)
{
    if (paths->n == *capacity) {
        size_t grown = *capacity ? 2 * *capacity : 16;
        char **list = rk_arena_alloc(arena, grown, sizeof *list);

        if (!list)
            return;
        if (paths->n > 0)
            memcpy(list, paths->path, paths->n * sizeof *list);
        paths->path = list;
        *capacity = grown;
    }
    char *copy = rk_arena_strdup(arena, path);
    if (copy)
        paths->path[paths->n++] = copy;
}

static rocket_status finish(rk_paths *out, rk_paths *paths, const rk_arena *arena, const char *what, rocket_error *err)
{
    if (rk_arena_failed(arena))
        return fail_memory(err, what);
    if (paths->n > 1)
        qsort(paths->path, paths->n, sizeof *paths->path, compare_paths);
    *out = *paths;
    return ROCKET_OK;
}

rocket_status rk_list_dir(rk_paths *out, rk_arena *arena, const char *folder, rocket_error *err)
{
    DIR *dir = opendir(folder);
    rk_paths paths = { NULL, 0 };
    size_t capacity = 0;

    if (!dir)
        return rk_fail_errno(err, folder, "list", errno);
    errno = 0;
    for (struct dirent *entry; (entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            add_path(&paths, &capacity, arena, entry->d_name);
    int failed = errno;
    closedir(dir);
    return failed ? rk_fail_errno(err, folder, "list", failed) : finish(out, &paths, arena, folder, err);
}

rocket_status rk_glob(rk_paths *out, rk_arena *arena, const char *pattern, rocket_error *err)
{
    glob_t found = { 0 };
    rk_paths paths = { NULL, 0 };
    size_t capacity = 0;
    int result = glob(pattern, GLOB_NOSORT, NULL, &found);

    for (size_t i = 0; result == 0 && i < found.gl_pathc; i++)
        add_path(&paths, &capacity, arena, found.gl_pathv[i]);
    globfree(&found);
    if (result == GLOB_NOSPACE)
        return fail_memory(err, pattern);
    RK_FAIL_IF(result != 0 && result != GLOB_NOMATCH, FAILED, err, "%s: cannot list the files that match", pattern);
    return finish(out, &paths, arena, pattern, err);
}
