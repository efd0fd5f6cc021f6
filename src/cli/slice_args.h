/* The options --slice and --top, which eval and train have. */
#ifndef RK_SLICE_ARGS_H
#define RK_SLICE_ARGS_H

#include "sliced.h"
#include "verb.h"

enum { RK_MAX_SLICES = 32 };

#define RK_SLICE_OPTIONS                                                                                               \
    { "slice", 0, "FIELD", "metrics for every value of an input field too (repeatable)" },                             \
    {                                                                                                                  \
        "top", 0, "N", "values of a slice, the most frequent (default 20); all others are one line"                    \
    }

/* Fields are borrowed from args. A name that is no input field is a usage error. */
ROCKET_NODISCARD rocket_status rk_cli_slices(rk_slice_options *out, const rk_args *args, const rk_config *config,
                                             rocket_error *err);

/* Is this, given with an option, one of the config's input fields? */
ROCKET_NODISCARD rocket_status rk_cli_input_field(const rk_config *config, const char *option, const char *name,
                                                  rocket_error *err);

#endif
