/* One input file as a sequence of bytes: plain or compressed, a path or standard input ("-"). */
#ifndef RK_SOURCE_H
#define RK_SOURCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "rocket/status.h"

typedef struct rk_source rk_source;

/* ROCKET_DATA: absent, a folder, or not what its extension says; ROCKET_FAILED: memory. path is borrowed, and so is
 * stopping (NULL: none): once it is set, or a signal asks the program to stop, waiting for the bytes of a pipe ends
 * with ROCKET_STOPPED. */
ROCKET_NODISCARD rocket_status rk_source_open(rk_source **out, const char *path, const atomic_bool *stopping,
                                              rocket_error *err);
void rk_source_close(rk_source *source); /* NULL is fine */

/* Before the first read: the bytes are text. A mark of UTF-8 in front is left out, UTF-16 is ROCKET_DATA. */
void rk_source_is_text(rk_source *source);

bool rk_source_is_pipe(const char *path); /* standard input, or a file that can be read only once */

/* Up to n bytes; *got is less than n only at the end of the file. ROCKET_DATA: damaged or cut short, with the byte of
 * the file where reading stopped. */
ROCKET_NODISCARD rocket_status rk_source_read(rk_source *source, char *to, size_t n, size_t *got, rocket_error *err);

#endif
