/* Checks of train_config and export_config: how long, when to save, what to export. Optimizers,
 * schedules and metrics check themselves. */
#include <string.h>

#include "check_parts.h"
#include "deadline.h"
#include "text.h"

static void check_length(const rk_check *check)
{
    const rk_resolved *view = check->view;

    if (view->train->num_steps == 0 && view->data->num_epochs == 0)
        rk_check_error(check, rk_at(&view->train->base, "num_steps", 0),
                       "expected train_config.num_steps or data_config.num_epochs above 0, both are 0");
    if (view->train->has_save_checkpoints_steps && view->train->has_save_checkpoints_secs)
        rk_check_error(check, rk_at(&view->train->base, "save_checkpoints_secs", 0),
                       "expected save_checkpoints_steps or save_checkpoints_secs, found both");
}

static void check_deadline(const rk_check *check)
{
    const Rocket__TrainConfig *train = check->view->train;
    time_t when;

    if (train->dead_line && train->dead_line[0] && !rk_deadline_parse(&when, train->dead_line))
        rk_check_error(check, rk_at(&train->base, "dead_line", 0),
                       "dead_line: expected a date and a time as \"20261231 23:59:59\", found \"%s\"",
                       train->dead_line);
}

static void check_export(const rk_check *check)
{
    enum { N_TYPES = 4 };
    static const char *const types[N_TYPES] = { "final", "latest", "best", "none" };
    char hint[RK_HINT_BYTES];
    const Rocket__ExportConfig *export_config = check->view->export_config;
    const char *type = export_config->exporter_type;
    bool known = false, again = strcmp(type, "latest") == 0 || strcmp(type, "best") == 0;

    for (size_t i = 0; i < N_TYPES; i++)
        known |= strcmp(type, types[i]) == 0;
    if (!known)
        rk_check_error(check, rk_at(&export_config->base, "exporter_type", 0),
                       "exporter_type: expected \"final\", \"latest\", \"best\" or \"none\", found \"%s\"%s", type,
                       rk_did_you_mean(hint, type, types, N_TYPES));
    if (again && export_config->exports_to_keep < 1)
        rk_check_error(check, rk_at(&export_config->base, "exports_to_keep", 0),
                       "exports_to_keep: expected at least 1, found %d", export_config->exports_to_keep);
    if (known && !again && export_config->has_exports_to_keep)
        rk_check_note(check, rk_at(&export_config->base, "exports_to_keep", 0),
                      "exports_to_keep changes nothing here: it belongs to exporter_type \"latest\" and \"best\"");
}

void rk_check_run(const rk_check *check)
{
    check_length(check);
    check_deadline(check);
    check_export(check);
}
