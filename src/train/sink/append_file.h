/* A file that only grows: each write reaches the kernel at once, so a killed process loses nothing of it. */
#ifndef RK_APPEND_FILE_H
#define RK_APPEND_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "rocket/status.h"

typedef struct rk_append_file {
    char *path;
    int fd;
} rk_append_file;

/* anew: the file must not exist yet (*existed tells); otherwise it is made where it is absent. */
ROCKET_NODISCARD rocket_status rk_append_open(rk_append_file *out, const char *path, bool anew, bool *existed,
                                              rocket_error *err);
ROCKET_NODISCARD rocket_status rk_append_write(rk_append_file *file, const void *bytes, size_t n, rocket_error *err);
ROCKET_NODISCARD rocket_status rk_append_sync(rk_append_file *file, rocket_error *err);  /* survives a power failure */
ROCKET_NODISCARD rocket_status rk_append_close(rk_append_file *file, rocket_error *err); /* fine when never opened */

#endif
