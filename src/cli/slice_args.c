/* See slice_args.h. */
#include "slice_args.h"

#include "error.h"
#include "mem.h"
#include "resolve.h"
#include "text.h"

enum { DEFAULT_TOP = 20 };

rocket_status rk_cli_input_field(const rk_config *config, const char *option, const char *name, rocket_error *err)
{
    const rk_resolved *view = rk_config_view(config);
    const char **known;
    char hint[RK_HINT_BYTES];

    if (rk_field_find(view, name) != RK_NONE)
        return ROCKET_OK;
    known = rk_alloc(view->n_fields, sizeof *known);
    for (size_t i = 0; known && i < view->n_fields; i++)
        known[i] = view->fields[i].name;
    rk_did_you_mean(hint, name, known, view->n_fields);
    rk_free(known);
    return rk_fail(err, ROCKET_USAGE, "--%s: expected one of data_config.input_fields, found \"%s\"%s", option, name,
                   hint);
}

rocket_status rk_cli_slices(rk_slice_options *out, const rk_args *args, const rk_config *config, rocket_error *err)
{
    rk_slice_options options;
    uint64_t top;

    options.fields = rk_args_all(args, "slice", &options.n);
    RK_FAIL_IF(options.n > RK_MAX_SLICES, USAGE, err, "--slice: expected at most %d fields, found %zu", RK_MAX_SLICES,
               options.n);
    RK_TRY(rk_args_number(&top, args, "top", (rk_number_rule){ DEFAULT_TOP, 1, 1 << 20 }, err));
    for (size_t i = 0; i < options.n; i++)
        RK_TRY(rk_cli_input_field(config, "slice", options.fields[i], err));
    options.top = (size_t)top;
    *out = options;
    return ROCKET_OK;
}
