/* Expanding lists of input files. Upstream drops a name that does not exist without a word; here every item must name
 * something, since a run on half of its data looks like any other. */
#include "input_files.h"

#include <string.h>

#include "error.h"

static bool is_marker(const char *path)
{
    static const char marker[] = "_SUCCESS";
    size_t n = strlen(path), m = sizeof marker - 1;

    return n >= m && strcmp(path + n - m, marker) == 0;
}

static rocket_status add(rk_paths *out, rk_arena *arena, char *const *more, size_t n, rocket_error *err)
{
    char **list = rk_arena_alloc(arena, out->n + n + 1, sizeof *list);

    RK_FAIL_IF(!list, FAILED, err, "out of memory");
    if (out->n > 0)
        memcpy(list, out->path, out->n * sizeof *list);
    out->path = list;
    for (size_t i = 0; i < n; i++)
        if (!is_marker(more[i]))
            out->path[out->n++] = more[i];
    return ROCKET_OK;
}

static rocket_status add_item(rk_paths *out, rk_arena *arena, char *item, rocket_error *err)
{
    rk_paths found = { NULL, 0 };
    size_t before = out->n;

    if (strcmp(item, "-") == 0 || rk_file_exists(item))
        return add(out, arena, &item, 1, err);
    RK_FAIL_IF(strstr(item, "://"), DATA, err,
               "%s: expected a file of this machine, found an address; copy it here first", item);
    RK_FAIL_IF(!strpbrk(item, "*?["), DATA, err, "%s: no such file", item);
    RK_TRY(rk_glob(&found, arena, item, err));
    RK_TRY(add(out, arena, found.path, found.n, err));
    RK_FAIL_IF(out->n == before, DATA, err, "%s: no file matches", item);
    return ROCKET_OK;
}

rocket_status rk_input_files(rk_paths *out, rk_arena *arena, const char *paths, rocket_error *err)
{
    rk_paths made = { NULL, 0 };

    for (const char *p = paths; *p;) {
        size_t n = strcspn(p, ",");
        char *item = rk_arena_strndup(arena, p, n);

        RK_FAIL_IF(!item, FAILED, err, "out of memory");
        if (n > 0)
            RK_TRY(add_item(&made, arena, item, err));
        p += n + (p[n] == ',');
    }
    RK_FAIL_IF(made.n == 0, DATA, err, "expected the name of an input file, found \"%s\"", paths);
    *out = made;
    return ROCKET_OK;
}
