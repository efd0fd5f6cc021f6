/* What several verbs do alike: loading a config with its overrides, and printing results. */
#ifndef RK_CLI_COMMON_H
#define RK_CLI_COMMON_H

#include "config.h"
#include "evaluate.h"
#include "run.h"
#include "verb.h"

enum { RK_MAX_THREADS = 1024 }; /* of --threads */

/* Load and check the config of -c (or the first word) with every --set. All faults go to stderr, one per line. */
ROCKET_NODISCARD rocket_status rk_cli_config(rk_config **out, const rk_args *args, rocket_error *err);
ROCKET_NODISCARD rocket_status rk_cli_config_at(rk_config **out, const rk_args *args, const char *path,
                                                rocket_error *err);

/* --threads, --seed and --shard. */
ROCKET_NODISCARD rocket_status rk_cli_run_options(rk_run_options *out, const rk_args *args, rocket_error *err);

/* --shard: everything when it is not given. */
ROCKET_NODISCARD rocket_status rk_cli_shard(rk_shard *out, const rk_args *args, rocket_error *err);

/* ROCKET_USAGE if output, a file that is to be written, is the input file, or one that paths lists. NULL is fine. */
ROCKET_NODISCARD rocket_status rk_cli_spare(const char *output, const char *input, rocket_error *err);
ROCKET_NODISCARD rocket_status rk_cli_spare_listed(const char *output, const char *paths, rocket_error *err);

/* Figures to stdout: an aligned table, or with --json members of one object. */
void rk_cli_print_figures(const rk_args *args, const rk_figures *figures);
ROCKET_NODISCARD rocket_status rk_cli_print_buf(rk_buf *text, rocket_error *err); /* writes and clears */

#endif
