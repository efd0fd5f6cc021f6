/* See checkpoint.h. The step in the name is the only record of order: file times lie after a copy. */
#include "checkpoint.h"

#include <string.h>

#include "error.h"
#include "file.h"
#include "number.h"

static const char prefix[] = "model.ckpt-", suffix[] = ".safetensors";

/* Step of a checkpoint's file name; false for any other file. */
static bool name_step(const char *path, uint64_t *step)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    size_t n = strlen(name), fixed = sizeof prefix - 1 + sizeof suffix - 1;

    return n > fixed && memcmp(name, prefix, sizeof prefix - 1) == 0 &&
           strcmp(name + n - (sizeof suffix - 1), suffix) == 0 &&
           rk_parse_u64(name + sizeof prefix - 1, n - fixed, step);
}

const char *rk_checkpoint_path(rk_arena *arena, const char *model_dir, uint64_t step)
{
    return rk_arena_printf(arena, "%s/%s%llu%s", model_dir, prefix, (unsigned long long)step, suffix);
}

rocket_status rk_checkpoint_latest(const char **path, rk_arena *arena, const char *model_dir, rocket_error *err)
{
    rk_paths files;
    uint64_t step, best = 0;

    *path = NULL;
    if (!rk_file_exists(model_dir))
        return ROCKET_OK;
    RK_TRY(rk_list_dir(&files, arena, model_dir, err));
    for (size_t i = 0; i < files.n; i++)
        if (name_step(files.path[i], &step) && (*path == NULL || step > best)) {
            best = step;
            *path = rk_checkpoint_path(arena, model_dir, step);
            RK_FAIL_IF(*path == NULL, FAILED, err, "out of memory");
        }
    return ROCKET_OK;
}

static rocket_status prune(const char *model_dir, uint64_t keep, rk_arena *arena, rocket_error *err)
{
    rk_paths files;
    uint64_t step, other, newer;

    RK_TRY(rk_list_dir(&files, arena, model_dir, err));
    for (size_t i = 0; i < files.n; i++) {
        if (!name_step(files.path[i], &step))
            continue;
        newer = 0;
        for (size_t j = 0; j < files.n; j++)
            newer += name_step(files.path[j], &other) && other > step;
        if (newer < keep)
            continue;
        const char *path = rk_checkpoint_path(arena, model_dir, step);
        RK_FAIL_IF(path == NULL, FAILED, err, "out of memory");
        RK_TRY(rk_file_remove(path, err));
    }
    return ROCKET_OK;
}

rocket_status rk_checkpoint_prune(const char *model_dir, uint64_t keep, rocket_error *err)
{
    rk_arena arena;

    if (keep == 0)
        return ROCKET_OK;
    rk_arena_init(&arena, 0);
    rocket_status status = prune(model_dir, keep, &arena, err);
    rk_arena_clear(&arena);
    return status;
}
