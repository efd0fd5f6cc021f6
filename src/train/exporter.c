/* See exporter.h. Folders are named after the step: a server that watches export/ takes the greatest number, and a run
 * that was killed and resumed writes the same names again. A folder appears with its file in it.
 */
#include "exporter.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "atomic_folder.h"
#include "error.h"
#include "file.h"
#include "number.h"
#include "resolve.h"

rk_export_type rk_export_type_of(const rk_config *config)
{
    static const char *const names[] = { "final", "latest", "best", "none" }; /* by rk_export_type */
    const char *type = rk_config_view(config)->export_config->exporter_type;

    for (int i = 0; i < (int)(sizeof names / sizeof names[0]); i++)
        if (strcmp(type, names[i]) == 0)
            return (rk_export_type)i;
    return RK_EXPORT_FINAL;
}

static const char file_name[] = "/model.safetensors";

/* The light net into a folder that is there. */
static rocket_status write_into(const char *folder, const rk_run *run, uint64_t step, rocket_error *err)
{
    char file[RK_EXPORT_PATH_BYTES];
    rk_graph *cut;

    int n = snprintf(file, sizeof file, "%s%s", folder, file_name);
    RK_FAIL_IF(n < 0 || (size_t)n >= sizeof file, FAILED, err, "model_dir is too long");
    RK_TRY(rk_graph_cut(&cut, run->model->graph, rk_light_outputs, RK_N_LIGHT_OUTPUTS, err));
    rk_bundle_source source = {
        .config = run->config, .schema = run->schema, .graph = cut, .weights = run->weights, .state = { .step = step }
    };
    rk_updater_settle(run->updater);
    rocket_status status = rk_bundle_write(file, &source, err);
    rk_graph_free(cut);
    return status;
}

/* A folder that is there already is of the same run before it was killed: its file is replaced. */
static rocket_status write_folder(const char *folder, const rk_run *run, uint64_t step, rocket_error *err)
{
    rk_atomic_folder *made;

    if (rk_file_is_folder(folder)) {
        RK_TRY(rk_atomic_sweep(folder, err));
        return write_into(folder, run, step, err);
    }
    RK_TRY(rk_atomic_folder_open(&made, folder, err));
    rocket_status status = write_into(rk_atomic_folder_place(made), run, step, err);
    if (status == ROCKET_OK)
        return rk_atomic_folder_commit(made, err);
    rk_atomic_folder_abort(made);
    return status;
}

rocket_status rk_export_write(char path[RK_EXPORT_PATH_BYTES], const rk_run *run, uint64_t step, rocket_error *err)
{
    char folder[RK_EXPORT_PATH_BYTES];

    if (run->model->logits[RK_LIGHT] < 0)
        return ROCKET_OK;
    int n = snprintf(folder, sizeof folder, "%s/export", rk_run_dir(run));
    RK_FAIL_IF(n < 0 || (size_t)n + 96 > sizeof folder, FAILED, err, "model_dir is too long");
    RK_TRY(rk_mkdirs(folder, err));
    n += snprintf(folder + n, sizeof folder - (size_t)n, "/%llu", (unsigned long long)step);
    RK_TRY(write_folder(folder, run, step, err));
    memcpy(path, folder, (size_t)n);
    memcpy(path + n, file_name, sizeof file_name);
    return ROCKET_OK;
}

/* The number that an export's folder is named after; false for anything else. */
static bool folder_step(const char *name, uint64_t *step)
{
    return name[0] >= '0' && name[0] <= '9' && rk_parse_u64(name, strlen(name), step);
}

/* A folder into which something else was put stays, without the model. */
static rocket_status remove_export(const char *folder, const char *name, rk_arena *arena, rocket_error *err)
{
    const char *place = rk_arena_printf(arena, "%s/%s", folder, name);
    const char *file = rk_arena_printf(arena, "%s/%s/model.safetensors", folder, name);

    RK_FAIL_IF(rk_arena_failed(arena), FAILED, err, "out of memory");
    RK_TRY(rk_file_remove(file, err));
    int ignored = rmdir(place);
    (void)ignored;
    return ROCKET_OK;
}

static rocket_status prune(const char *folder, uint64_t keep, rk_arena *arena, rocket_error *err)
{
    rk_paths found;
    uint64_t step, other;

    RK_TRY(rk_list_dir(&found, arena, folder, err));
    for (size_t i = 0; i < found.n; i++) {
        uint64_t newer = 0;

        if (!folder_step(found.path[i], &step))
            continue;
        for (size_t j = 0; j < found.n; j++)
            newer += folder_step(found.path[j], &other) && other > step;
        if (newer >= keep)
            RK_TRY(remove_export(folder, found.path[i], arena, err));
    }
    return ROCKET_OK;
}

rocket_status rk_export_prune(const rk_run *run, uint64_t keep, rocket_error *err)
{
    rk_arena arena;

    rk_arena_init(&arena, 0);
    const char *folder = rk_arena_printf(&arena, "%s/export", rk_run_dir(run));
    rocket_status status =
        folder == NULL ? rk_fail(err, ROCKET_FAILED, "out of memory") : prune(folder, keep, &arena, err);
    rk_arena_clear(&arena);
    return status;
}
