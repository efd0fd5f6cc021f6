/* The files that a path of the config names: a comma-separated list of names and globs. */
#ifndef RK_INPUT_FILES_H
#define RK_INPUT_FILES_H

#include "arena.h"
#include "file.h"
#include "rocket/status.h"

/* In the order of the list, each glob's matches sorted. Names that end in _SUCCESS are left out, empty items skipped.
 * ROCKET_DATA: an item that names nothing. */
ROCKET_NODISCARD rocket_status rk_input_files(rk_paths *out, rk_arena *arena, const char *paths, rocket_error *err);

#endif
